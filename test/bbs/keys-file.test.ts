import { chmod, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { parseKeys, readKeysFile } from '../../src/lib/bbs/keys-file.ts';
import { UsageError } from '../../src/lib/errors.ts';

const SECRET = 'correct horse battery staple';

describe('a keys file', () => {
  test.each([
    ['bbs.json', JSON.stringify({ active_key_label: 'b', encryption_keys: { a: SECRET, b: '' } })],
    [
      'a list',
      `active_key_label: b\nencryption_keys:\n- label: a\n  passphrase: ${SECRET}\n- {label: b, passphrase: ""}\n`,
    ],
    [
      'a deployed manifest',
      `properties: {diego: {bbs: {active_key_label: b, encryption_keys: [{label: a, passphrase: ${SECRET}}, {label: b, passphrase: ''}]}}}`,
    ],
    [
      'spiff secrets',
      `property_overrides:\n  bbs:\n    active_key_label: b\n    encryption_keys:\n    - {passphrase: ${SECRET}, label: a}\n    - {passphrase: '', label: b}\n`,
    ],
  ])('is read as %s', async (_name, text) => {
    const keys = await parseKeys(text, 'keys');
    expect([...keys.passphrases]).toEqual([
      ['a', SECRET],
      ['b', ''],
    ]);
    expect(keys.activeLabel).toBe('b');
  });

  test.each([
    ['no keys at all', 'a: 1', /no encryption keys/],
    ['neither JSON nor YAML', `encryption_keys: [${SECRET}`, /neither JSON nor YAML/],
    [
      'a label twice',
      `encryption_keys: [{label: a, passphrase: ${SECRET}}, {label: a, passphrase: y}]`,
      /twice/,
    ],
    ['an empty label', `encryption_keys: [{label: '', passphrase: ${SECRET}}]`, /not valid/],
    ['a number as a label', `encryption_keys: [{label: 2026, passphrase: ${SECRET}}]`, /cannot be read/],
    ['a number as a passphrase', `encryption_keys: [{label: a, passphrase: 12345}]`, /cannot be read/],
    ['a passphrase that is missing', `encryption_keys: [{label: a}]`, /cannot be read/],
    ['a reference', `encryption_keys: [{label: a, passphrase: ((diego_bbs_key))}]`, /cannot be read/],
    ['text instead of a list', `encryption_keys: ${SECRET}`, /cannot be read/],
  ])('with %s is refused, without quoting it', async (_name, text, message) => {
    const error = await parseKeys(text, 'keys.yml').then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(UsageError);
    const { message: what, why = '', next = '' } = error as UsageError;
    expect(what).toMatch(message);
    expect(what + why + next).not.toContain(SECRET);
  });

  test('that others can read is warned about; standard input is not', async () => {
    const path = join(await mkdtemp(join(tmpdir(), 'cgdiego-keys-')), 'keys.yml');
    await writeFile(path, 'encryption_keys: {a: x}', { mode: 0o600 });
    expect((await readKeysFile(path, Readable.from([]))).warnings).toEqual([]);
    await chmod(path, 0o640);
    expect((await readKeysFile(path, Readable.from([]))).warnings[0]).toContain(`chmod 600 ${path}`);
    const { config, warnings } = await readKeysFile('-', Readable.from(['encryption_keys: {a: ', 'x}']));
    expect([...config.passphrases]).toEqual([['a', 'x']]);
    expect(warnings).toEqual([]);
  });
});
