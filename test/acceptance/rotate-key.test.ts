import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RotationRecord } from '../../src/lib/rotation/record.ts';
import { cgdiego } from '../support/cli.ts';
import { createDatabase, PASSPHRASES, query, type Dump } from '../support/database.ts';
import {
  contentsOf,
  keysJson,
  labelsOf,
  NOVEMBER,
  OCTOBER,
  plaintextsOf,
  rotateKey,
  storedLabel,
} from '../support/rotation.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cgdiego-rotate-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Where every row version lies and who wrote it: equal before and after when nothing was written. */
async function versionsOf(url: string): Promise<unknown[]> {
  const tables = ['desired_lrps', 'actual_lrps', 'tasks', 'configurations'];
  return Promise.all(
    tables.map((table) => query(url, `SELECT ctid::text, xmin::text FROM public.${table} ORDER BY ctid`)),
  );
}

const SECRETS = Object.values(PASSPHRASES);

describe('from every store that a real BBS left', () => {
  const cases: { dump: Dump; to: string; corrupt: number; before: string }[] = [
    { dump: 'diego-key-2026-10', to: NOVEMBER, corrupt: 0, before: OCTOBER },
    { dump: 'diego-key-2026-11', to: OCTOBER, corrupt: 0, before: NOVEMBER },
    { dump: 'diego-after-bbs-panic-mixed', to: NOVEMBER, corrupt: 0, before: OCTOBER },
    { dump: 'diego-after-bbs-panic-mixed', to: OCTOBER, corrupt: 0, before: OCTOBER },
    { dump: 'diego-after-bbs-rotation-leftovers', to: NOVEMBER, corrupt: 2, before: NOVEMBER },
  ];

  test.each(cases)('$dump to $to', async ({ dump, to, corrupt, before }) => {
    const url = await createDatabase(dump);
    const contents = await contentsOf(url);
    const corruptBefore = [...contents].filter(([, { plaintext }]) => plaintext === 'not-authentic');
    expect(corruptBefore.length).toBe(corrupt);

    const { code, record, stderr } = await rotateKey(url, { to });

    const after = await contentsOf(url);
    expect(plaintextsOf(after)).toEqual(plaintextsOf(contents));
    const others = [...after].filter(([, { label }]) => label !== to && label !== 'NULL');
    expect(others).toEqual(corruptBefore);
    expect(code).toBe(corrupt === 0 ? 0 : 3);
    expect(await storedLabel(url)).toBe(corrupt === 0 ? to : before);
    expect(record).toMatchObject({
      outcome: corrupt === 0 ? 'rotated' : 'leftovers',
      target_label: to,
      stored_label_before: before,
      stored_label_after: corrupt === 0 ? to : before,
      undecryptable: corrupt,
    });
    expect(
      record!.leftovers.map(({ table, key, column }) => [table, ...Object.values(key), column].join('/')),
    ).toEqual(corruptBefore.map(([name]) => name).sort());
    for (const secret of SECRETS) expect(stderr + JSON.stringify(record)).not.toContain(secret);
  });

  test('what had to be left behind is reported by the next run again, which is no wrong passphrase', async () => {
    const url = await createDatabase('diego-after-bbs-rotation-leftovers');
    await rotateKey(url);
    const before = await versionsOf(url);
    const { code, record } = await rotateKey(url);
    expect(code).toBe(3);
    expect(record).toMatchObject({ outcome: 'leftovers', undecryptable: 2, rows_rewritten: 0 });
    expect(record!.leftovers.map(({ column }) => column)).toEqual(['run_info', 'run_info']);
    expect(await versionsOf(url)).toEqual(before);
  });

  test('damaged blobs that carry the label of the target already are none that a rotation has to do with', async () => {
    const url = await createDatabase('diego-after-bbs-rotation-leftovers');
    const before = await contentsOf(url);
    const { code } = await rotateKey(url, { to: OCTOBER });
    const after = await contentsOf(url);
    expect(code).toBe(0);
    expect(plaintextsOf(after)).toEqual(plaintextsOf(before));
    expect(labelsOf(after)[NOVEMBER]).toBeUndefined();
    const verify = await cgdiego(['keys', 'audit', '--verify', '--keys', '-', '-o', 'json'], {
      env: { CGDIEGO_DATABASE_URL: url },
      stdin: keysJson(),
    });
    expect(verify.code, 'keys audit --verify finds them').toBe(3);
  });

  test('only the columns that change are written, and each gets a nonce of its own', async () => {
    const url = await createDatabase('diego-after-bbs-panic-mixed');
    const before = await contentsOf(url);
    await rotateKey(url);
    const after = await contentsOf(url);
    for (const [name, { text, label }] of before) {
      if (label === NOVEMBER || label === 'NULL') expect(after.get(name)!.text).toBe(text);
      else expect(after.get(name)!.text).not.toBe(text);
    }
    const nonces = Array.from(after.values())
      .filter(({ text }) => text !== null)
      .map(({ text }) => Buffer.from(text!.slice(2), 'base64').subarray(12, 24).toString('hex'));
    expect(new Set(nonces).size).toBe(nonces.length);
  });
});

describe('run again', () => {
  test('finds nothing to do, writes nothing and says so', async () => {
    const url = await createDatabase('diego-key-2026-11');
    const before = await versionsOf(url);
    const { code, record } = await rotateKey(url, { isUnproven: true });
    expect(code).toBe(0);
    expect(record).toMatchObject({ outcome: 'nothing-to-do', rows_rewritten: 0 });
    expect(await versionsOf(url)).toEqual(before);
    const people = await cgdiego(['rotate-key', '--keys', '-', '--yes'], {
      env: { CGDIEGO_DATABASE_URL: url },
      stdin: keysJson(),
    });
    expect(people.code).toBe(0);
    expect(people.stdout).toContain('Nothing to do');
  });

  test('rolls back by rotating to the old label', async () => {
    const url = await createDatabase('diego-key-2026-10');
    const before = plaintextsOf(await contentsOf(url));
    expect((await rotateKey(url)).code).toBe(0);
    expect((await rotateKey(url, { to: OCTOBER })).code).toBe(0);
    const after = await contentsOf(url);
    expect(labelsOf(after)).toEqual({ [OCTOBER]: after.size });
    expect(plaintextsOf(after)).toEqual(before);
    expect(await storedLabel(url)).toBe(OCTOBER);
  });
});

describe('the record', () => {
  test('is a new file that only its owner reads, with the evidence and no secret', async () => {
    const url = await createDatabase('diego-key-2026-10');
    const path = join(folder, 'record.json');
    const { code, record } = await rotateKey(url, { args: ['--record', path] });
    expect(code).toBe(0);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const text = await readFile(path, 'utf8');
    const written = JSON.parse(text) as RotationRecord;
    expect(written).toEqual(record);
    const blobs = (await contentsOf(url)).size;
    expect(written).toMatchObject({
      outcome: 'rotated',
      evidence: { kind: 'operator' },
      rows_rewritten: 220 + 585 + 22,
      blobs_rewritten: blobs,
      tables: { desired_lrps: { rows: 220 }, actual_lrps: { rows: 585 }, tasks: { rows: 22 } },
      removable_labels: [OCTOBER],
      error: null,
    });
    expect(written.operator.user).not.toBe('');
    expect(Date.parse(written.finished_at)).toBeGreaterThanOrEqual(Date.parse(written.started_at));
    for (const secret of SECRETS) expect(text).not.toContain(secret);
  });

  test('never overwrites a file, and then nothing is written to the store either', async () => {
    const url = await createDatabase('diego-key-2026-10');
    const before = await versionsOf(url);
    const path = join(folder, 'precious.json');
    await writeFile(path, 'precious');
    const { code, stderr } = await rotateKey(url, { args: ['--record', path] });
    expect(code).toBe(2);
    expect(stderr).toContain(path);
    expect(await readFile(path, 'utf8')).toBe('precious');
    expect(await versionsOf(url)).toEqual(before);
  });
});

describe('refuses before the first write', () => {
  const refuse = async (
    options: Parameters<typeof rotateKey>[1],
    expected: { code: number; words: (string | RegExp)[]; dump?: Dump; locket?: boolean },
  ) => {
    const dumps: Dump[] = [
      expected.dump ?? 'diego-key-2026-10',
      ...(expected.locket ? ['locket' as const] : []),
    ];
    const url = await createDatabase(...dumps);
    const before = await versionsOf(url);
    const result = await rotateKey(url, options);
    expect(result.stderr).toMatch(/Why: .+/);
    expect(result.stderr).toMatch(/Next: .+/);
    for (const word of expected.words) expect(result.stderr).toMatch(word);
    expect(result.code).toBe(expected.code);
    expect(await versionsOf(url)).toEqual(before);
    for (const secret of SECRETS) expect(result.stdout + result.stderr).not.toContain(secret);
    return result;
  };

  test('a label in use without a key, and names rows', () =>
    refuse(
      { keys: keysJson({ [NOVEMBER]: PASSPHRASES[NOVEMBER] }) },
      { code: 1, words: [OCTOBER, /desired_lrps\/[0-9a-f]{8}-/] },
    ));

  test('a wrong passphrase of the old key', () =>
    refuse(
      { keys: keysJson({ ...PASSPHRASES, [OCTOBER]: 'my octobre passphrase' }) },
      { code: 1, words: [OCTOBER, /passphrase/] },
    ));

  test('a wrong passphrase of the target, when rows are under it already', () =>
    refuse(
      { keys: keysJson({ ...PASSPHRASES, [NOVEMBER]: 'my novembre passphrase' }) },
      { code: 1, words: [NOVEMBER, /passphrase/], dump: 'diego-after-bbs-panic-mixed' },
    ));

  test('a target that is not among the keys', () =>
    refuse({ to: 'key-2027-01' }, { code: 2, words: ['key-2027-01'] }));

  test('a target with a label that no BBS would take', () =>
    refuse(
      { to: 'key:2027', keys: keysJson({ ...PASSPHRASES, 'key:2027': 'x' }) },
      { code: 2, words: ['key:2027', /colon/] },
    ));

  test('a BBS that holds its lock and does not prove that it has the key', () =>
    refuse({ isUnproven: true }, { code: 1, words: [/bbs-1/, /--assume-deployed/], locket: true }));

  test('nobody to confirm: no terminal and no --yes', async () => {
    const url = await createDatabase('diego-key-2026-10');
    const before = await versionsOf(url);
    const result = await cgdiego(['rotate-key', '--keys', '-', '--assume-deployed'], {
      env: { CGDIEGO_DATABASE_URL: url },
      stdin: keysJson(),
    });
    expect(result.code).toBe(2);
    expect(result.stderr).toContain('--yes');
    expect(await versionsOf(url)).toEqual(before);
  });

  test('a role that may not update, and names what it lacks', async () => {
    const url = await createDatabase('diego-key-2026-10');
    const role = `reader_${process.pid}`;
    await query(
      url,
      `CREATE ROLE ${role} LOGIN; GRANT USAGE ON SCHEMA public TO ${role}; GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${role};
       GRANT UPDATE (run_info, volume_placement, routes) ON desired_lrps TO ${role}; GRANT UPDATE ON tasks TO ${role}`,
    );
    try {
      const before = await versionsOf(url);
      const { code, stderr } = await rotateKey(url.replace('postgres@', `${role}@`));
      expect(code).toBe(1);
      expect(stderr).toMatch('UPDATE (metric_tags) ON desired_lrps');
      expect(stderr).toMatch('UPDATE (net_info) ON actual_lrps');
      expect(stderr).toMatch('UPDATE (value) ON configurations');
      expect(stderr).not.toMatch('ON tasks');
      expect(await versionsOf(url)).toEqual(before);
    } finally {
      await query(url, `DROP OWNED BY ${role}; DROP ROLE ${role}`);
    }
  });

  test('with --dry-run, which shows the plan', async () => {
    const url = await createDatabase('diego-key-2026-10');
    const before = await versionsOf(url);
    const { code, record } = await rotateKey(url, { args: ['--dry-run'] });
    expect(code).toBe(0);
    expect(record).toMatchObject({ outcome: 'planned', dry_run: true, planned_rows: 827, rows_rewritten: 0 });
    expect(await versionsOf(url)).toEqual(before);
  });
});

describe('with --allow-undecryptable', () => {
  test('goes on without the rows whose key is missing, and exits with 3', async () => {
    const url = await createDatabase('diego-after-bbs-panic-mixed');
    const before = await contentsOf(url);
    const keys = keysJson({ [NOVEMBER]: PASSPHRASES[NOVEMBER], 'key-2026-12': 'my december passphrase' });
    const { code, record } = await rotateKey(url, {
      to: 'key-2026-12',
      keys,
      args: ['--allow-undecryptable'],
    });
    expect(code).toBe(3);
    expect(record!.outcome).toBe('leftovers');
    const after = await contentsOf(url);
    for (const [name, content] of before) {
      if (content.label === NOVEMBER) expect(after.get(name)!.label).toBe('key-2026-12');
      else expect(after.get(name)).toEqual(content);
    }
    expect(record!.undecryptable).toBe(labelsOf(before)[OCTOBER]);
    expect(await storedLabel(url)).toBe(OCTOBER);
  });
});
