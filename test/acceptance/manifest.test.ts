import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cgdiego, type CliResult } from '../support/cli.ts';
import { createDatabase } from '../support/database.ts';
import { fixture, replaceOnce } from '../manifest/fixtures.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cgdiego-manifest-'));
  for (const name of ['diego-secrets.yml', 'diego-deployed.yml', 'cf.yml'] as const) {
    await writeFile(join(folder, name), fixture(name));
  }
});
afterEach(() => rm(folder, { recursive: true }));

async function run(...args: string[]): Promise<CliResult> {
  return cgdiego(args, { cwd: folder });
}

describe('keys', () => {
  it('generate: a file of mode 0600 that is never overwritten, or standard output when asked for', async () => {
    const first = await run('keys', 'generate', '--label', 'key-x');
    expect(first).toMatchObject({ code: 0, stdout: 'key-x.yml\n' });
    const text = await readFile(join(folder, 'key-x.yml'), 'utf8');
    expect(first.stderr).not.toContain(/passphrase: (\S+)/.exec(text)![1]!);
    const second = await run('keys', 'generate', '--label', 'key-x');
    expect(second).toMatchObject({ code: 1, stdout: '' });
    expect(await readFile(join(folder, 'key-x.yml'), 'utf8')).toBe(text);
    const shown = await run('keys', 'generate', '--stdout', '-o', 'json');
    const key = JSON.parse(shown.stdout) as { label: string; passphrase: string };
    expect(key.label).toMatch(/^key-\d{4}-\d\d$/);
    expect(key.passphrase).toMatch(/^\w{44}$/);
    expect((await run('keys', 'generate', '--label', 'a:b')).code).toBe(2);
    expect(
      (await run('keys', 'generate', '--label', 'key-2025-10', '--manifest', 'diego-secrets.yml')).code,
    ).toBe(2);
  });

  it('asks, and without a terminal and --yes writes nothing', async () => {
    const result = await run('keys', 'add', '--manifest', 'diego-secrets.yml');
    expect(result.code).toBe(2);
    expect(result.stderr).toContain('--yes');
    expect(await readFile(join(folder, 'diego-secrets.yml'), 'utf8')).toBe(fixture('diego-secrets.yml'));
    expect((await readdir(folder)).sort()).toEqual(['cf.yml', 'diego-deployed.yml', 'diego-secrets.yml']);
  });

  it('says in JSON what it would do', async () => {
    const result = await run(
      'keys',
      'add',
      '-m',
      'diego-secrets.yml',
      '--label',
      'key-2026-10',
      '--dry-run',
      '-o',
      'json',
    );
    expect(result.code).toBe(0);
    expect(JSON.parse(result.stdout)).toMatchObject({
      label: 'key-2026-10',
      written: false,
      changes: [{ file: 'diego-secrets.yml', action: 'edit' }],
    });
  });

  it('does not lose a passphrase that nothing would keep', async () => {
    const result = await run('keys', 'add', '-m', 'cf.yml', '--yes');
    expect(result.code).toBe(2);
    expect(result.stderr).toContain('would be lost');
    expect(await readFile(join(folder, 'cf.yml'), 'utf8')).toBe(fixture('cf.yml'));
  });

  it('names file, line and column of malformed YAML and does not quote it', async () => {
    await writeFile(join(folder, 'bad.yml'), 'encryption_keys:\n- label: a\n  passphrase: "hunter22\n');
    for (const args of [
      ['keys', 'add', '-m', 'bad.yml', '--yes'],
      ['manifest', 'check', 'bad.yml'],
    ]) {
      const result = await run(...args);
      expect(result).toMatchObject({ code: 2, stdout: '' });
      expect(result.stderr).toMatch(/bad\.yml:4:1: a quote, bracket/);
      expect(result.stderr).not.toContain('hunter22');
    }
  });

  it('age: exit 3 when the key is past the policy', async () => {
    const old = await run('keys', 'age', '-m', 'diego-secrets.yml', '--max-age', '30d', '-o', 'json');
    expect(old.code).toBe(3);
    expect(JSON.parse(old.stdout)).toMatchObject({ label: 'key-2025-10', max_age_days: 30, verdict: 'due' });
    expect((await run('keys', 'age', '-m', 'diego-secrets.yml', '--max-age', '36500d')).code).toBe(0);
    expect((await run('keys', 'age')).code).toBe(2);
  });
});

describe('manifest check', { timeout: 120_000 }, () => {
  it('exits 0 on what is clean, 3 on findings, by severity', async () => {
    const clean = await run('manifest', 'check', 'diego-secrets.yml', 'diego-deployed.yml');
    expect(clean).toMatchObject({
      code: 0,
      stdout: 'Nothing found in diego-secrets.yml, diego-deployed.yml.\n',
      stderr: '',
    });
    const path = join(folder, 'diego-secrets.yml');
    await writeFile(
      path,
      replaceOnce(
        fixture('diego-secrets.yml'),
        'evacuation_timeout_in_seconds: 600',
        'evacuation_timeout_in_seconds: 5',
      ),
    );
    const found = await run('manifest', 'check', path);
    expect(found.code).toBe(3);
    expect(found.stdout).toMatch(/diego-secrets\.yml:76 {2}warn {2}cells\/evacuation-too-short\n/);
    expect(found.stdout).toContain('At: property_overrides.rep.evacuation_timeout_in_seconds');
    expect((await run('manifest', 'check', path, '--fail-on', 'error')).code).toBe(0);
    expect((await run('manifest', 'check', path, '--ignore', 'cells/evacuation-too-short')).code).toBe(0);
    const json = JSON.parse((await run('manifest', 'check', path, '-o', 'json')).stdout) as Record<
      string,
      unknown
    >[];
    expect(json).toHaveLength(1);
    expect(Object.keys(json[0]!)).toEqual([
      'severity',
      'rule',
      'file',
      'line',
      'column',
      'path',
      'what',
      'why',
      'next',
      'source',
    ]);
    expect((await run('manifest', 'check', path, '-q')).stdout).toBe(
      `${path}:76 cells/evacuation-too-short\n`,
    );
  });

  it('lists its rules, with their source', async () => {
    const rules = JSON.parse((await run('manifest', 'check', '--rules', '-o', 'json')).stdout) as Record<
      string,
      string
    >[];
    expect(rules.length).toBeGreaterThan(35);
    for (const rule of rules)
      for (const field of ['id', 'severity', 'what', 'why', 'next', 'source'])
        expect(rule[field]).toBeTruthy();
  });

  it('holds the keys against the store, when one is named', async () => {
    const url = await createDatabase('diego-key-2026-10');
    const result = await run('manifest', 'check', 'diego-secrets.yml', '--database-url', url, '-o', 'json');
    expect(result.code).toBe(3);
    const found = JSON.parse(result.stdout) as { rule: string; what: string }[];
    expect(found.map(({ rule }) => rule)).toContain('keys/needed-key-missing');
    expect(found[0]!.what).toMatch(/^\d+ blobs of the store are under key-2026-10/);
  });

  it('refuses what is no manifest', async () => {
    await writeFile(join(folder, 'other.yml'), 'a: 1\n');
    expect((await run('manifest', 'check', 'other.yml')).code).toBe(2);
    expect((await run('manifest', 'check', 'absent.yml')).code).toBe(2);
    expect((await run('manifest', 'check')).code).toBe(2);
  });
});

describe('manifest diff', () => {
  it('says in words what changes, and that secrets do without showing them', async () => {
    const now = replaceOnce(
      replaceOnce(fixture('diego-deployed.yml'), 'uV8$kQ2!mZ', 'Zq8mS2nKt5'),
      '- name: cell_z2\n  instances: 4',
      '- name: cell_z2\n  instances: 2',
    );
    await writeFile(join(folder, 'new.yml'), now);
    const result = await run('manifest', 'diff', 'diego-deployed.yml', 'new.yml');
    expect(result.code).toBe(0);
    expect(result.stdout).toContain('! The passphrase of key-2025-10 changes');
    expect(result.stdout).toContain('* Cells in z2: 4 to 2 (-50 %).');
    expect(result.stdout).not.toMatch(/uV8|Zq8mS2nKt5/);
    const same = await run('manifest', 'diff', 'new.yml', 'new.yml', '-o', 'json');
    expect(JSON.parse(same.stdout)).toEqual({ old: 'new.yml', new: 'new.yml', changes: [] });
  });
});
