import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  defaultLabel,
  dateOfLabel,
  generatePassphrase,
  keyFileName,
} from '../../src/lib/manifest/generate.ts';
import { MASK, maskedLines } from '../../src/lib/manifest/mask.ts';
import { scalarText } from '../../src/lib/manifest/scalars.ts';
import { parseSource } from '../../src/lib/manifest/source.ts';
import { unifiedDiff } from '../../src/lib/manifest/text-diff.ts';
import { parse } from 'yaml';
import { fixture } from './fixtures.ts';

function diff(before: string, after: string): string {
  return unifiedDiff(
    'f',
    { text: before, shown: before.split('\n') },
    { text: after, shown: after.split('\n') },
  );
}

function hasPatch(): boolean {
  try {
    execFileSync('patch', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('unifiedDiff', () => {
  it('is what diff -u prints', () => {
    const before = Array.from({ length: 20 }, (_, index) => `line ${index + 1}\n`).join('');
    const after = before.replace('line 3\n', '').replace('line 15\n', 'line 15\nnew\n');
    expect(diff(before, after)).toBe(
      '--- f\n+++ f\n@@ -1,6 +1,5 @@\n line 1\n line 2\n-line 3\n line 4\n line 5\n line 6\n' +
        '@@ -13,6 +12,7 @@\n line 13\n line 14\n line 15\n+new\n line 16\n line 17\n line 18\n',
    );
    expect(diff('a', 'a\n')).toBe('--- f\n+++ f\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n');
    expect(diff('', 'a\n')).toBe('--- f\n+++ f\n@@ -0,0 +1 @@\n+a\n');
    expect(diff('a\n', 'a\n')).toBe('');
  });

  it.runIf(hasPatch())('turns the old text into the new one when patch applies it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'cgdiego-diff-'));
    const lines = fc
      .array(fc.constantFrom('a\n', 'b\n', 'c\n', 'd\n'), { maxLength: 25 })
      .map((parts) => parts.join(''));
    const ending = fc.boolean();
    try {
      fc.assert(
        fc.property(lines, lines, ending, ending, (one, other, cutOne, cutOther) => {
          const before = cutOne ? one.replace(/\n$/, '') : one;
          const after = cutOther ? other.replace(/\n$/, '') : other;
          fc.pre(before !== after && before !== '' && after !== '');
          const file = join(folder, 'f');
          writeFileSync(file, before);
          execFileSync('patch', ['-s', file], { input: diff(before, after) });
          expect(readFileSync(file, 'utf8')).toBe(after);
        }),
        { numRuns: 60 },
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('maskedLines', () => {
  it('hides what is secret and shows the rest', () => {
    const text = [
      'encryption_keys:',
      '- label: key-1 # its passphrase is hunter22',
      '  passphrase: hunter22',
      '- {label: key-2, passphrase: "((ref))"}',
      'server_key: |',
      '  -----BEGIN RSA PRIVATE KEY-----',
      '  abc',
      '',
      'ca_cert: |',
      '  -----BEGIN CERTIFICATE-----',
      'db_password: >-',
      '  two',
      '  lines',
      'empty_password: ""',
      'uaa_secret: 12345',
      'consul: {encrypt_keys: [one, two]}',
      '',
    ].join('\n');
    expect(maskedLines(parseSource('m.yml', text))).toEqual([
      'encryption_keys:',
      `- label: key-1 # its passphrase is ${MASK}`,
      `  passphrase: ${MASK}`,
      '- {label: key-2, passphrase: "((ref))"}',
      'server_key: |',
      `  ${MASK}`,
      `  ${MASK}`,
      '',
      'ca_cert: |',
      '  -----BEGIN CERTIFICATE-----',
      'db_password: >-',
      `  ${MASK}`,
      `  ${MASK}`,
      'empty_password: ""',
      `uaa_secret: ${MASK}`,
      `consul: {encrypt_keys: [${MASK}, ${MASK}]}`,
      '',
    ]);
  });

  it('hides passphrases by label, connection strings, and values of operations on secrets', () => {
    const json = maskedLines(parseSource('bbs.json', fixture('bbs.json'))).join('\n');
    expect(json).not.toMatch(/correct horse|p@ss/);
    expect(json).toContain('"key-2025-10": ********');
    const ops = '- type: replace\n  path: /a/db_password?\n  value: hunter22\n';
    expect(maskedLines(parseSource('o.yml', ops)).join('\n')).not.toContain('hunter22');
  });
});

describe('scalarText', () => {
  it('is read back as the same text, in every quoting', () => {
    const text = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: 'binary' }),
      fc.constantFrom('yes', '1e3', '~', '', '2026-10-01', '\u0085\u2028\ufeff'),
    );
    fc.assert(
      fc.property(text, fc.constantFrom('plain', 'single', 'double', 'json'), (value, quoting) => {
        const written = scalarText(value, quoting);
        expect(written).not.toContain('\n');
        if (quoting === 'json') expect(JSON.parse(written)).toBe(value);
        else {
          expect(parse(`{a: ${written}}`)).toEqual({ a: value });
          expect(parse(`a: ${written}`, { version: '1.1' })).toEqual({ a: value });
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('new keys', () => {
  it('have passphrases of more than 256 bits that nothing needs to quote', () => {
    const made = new Set(Array.from({ length: 200 }, generatePassphrase));
    expect(made.size).toBe(200);
    for (const passphrase of made) {
      expect(passphrase).toMatch(/^[A-Za-z][A-Za-z0-9]+$/);
      expect(Math.log2(52) + (passphrase.length - 1) * Math.log2(62)).toBeGreaterThan(256);
    }
    // Every character is used: 200 times 44 draws from 62.
    expect(new Set([...made].join('')).size).toBe(62);
  });

  it('get a label of the month that is not taken', () => {
    const now = new Date('2026-11-22T00:00:00Z');
    expect(defaultLabel(now, () => false)).toBe('key-2026-11');
    expect(defaultLabel(now, (label) => ['key-2026-11', 'key-2026-11-2'].includes(label))).toBe(
      'key-2026-11-3',
    );
    expect(keyFileName('a/../b c')).toBe('a_.._b_c.yml');
    expect(keyFileName('.hidden')).toBe('_hidden.yml');
  });

  it.each([
    ['key-2026-10', '2026-10-01'],
    ['key-2026-10-15', '2026-10-15'],
    ['bbs_20261015', '2026-10-15'],
    ['key-2026-11-2', '2026-11-01'],
    ['key-2026-13', undefined],
    ['primary', undefined],
  ])('the date of %s', (label, date) => {
    expect(dateOfLabel(label)?.toISOString().slice(0, 10)).toBe(date);
  });
});
