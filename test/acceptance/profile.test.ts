import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cgdiego } from '../support/cli.ts';
import { createDatabase } from '../support/database.ts';

async function configHome(text: string, mode = 0o600): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'cgdiego-profile-'));
  await mkdir(join(home, 'cgdiego'));
  await writeFile(join(home, 'cgdiego', 'config.yml'), text, { mode });
  return home;
}

async function storedLabel(args: string[], env: Record<string, string>): Promise<string> {
  const { stdout, stderr } = await cgdiego(['keys', 'audit', '--json', ...args], { env });
  expect(stderr).toBe('');
  return (JSON.parse(stdout) as { stored_label: string }).stored_label;
}

describe('--profile', () => {
  test('is used where neither a flag nor the environment says more', async () => {
    const october = await createDatabase('diego-key-2026-10');
    const november = await createDatabase('diego-key-2026-11');
    const home = await configHome(
      `profiles:\n  prod:\n    database_url: ${october}\n    statement-timeout: 30s\n    bbs-url: https://bbs\n`,
    );
    const env = { XDG_CONFIG_HOME: home };
    expect(await storedLabel(['--profile', 'prod'], env)).toBe('key-2026-10');
    expect(await storedLabel([], { ...env, CGDIEGO_PROFILE: 'prod' })).toBe('key-2026-10');
    expect(await storedLabel(['--profile', 'prod', '--database-url', november], env)).toBe('key-2026-11');
    expect(await storedLabel(['--profile', 'prod'], { ...env, CGDIEGO_DATABASE_URL: november })).toBe(
      'key-2026-11',
    );
    const { hostname, port, pathname } = new URL(november);
    const libpq = { PGHOST: hostname, PGPORT: port, PGUSER: 'postgres', PGDATABASE: pathname.slice(1) };
    expect(await storedLabel(['--profile', 'prod'], { ...env, ...libpq })).toBe('key-2026-11');
  });

  test.each([
    ['a profile that there is not', 'profiles: {prod: {}}', /no profile "stage"/],
    ['a flag that there is not', 'profiles: {stage: {databse-url: x}}', /databse-url/],
    ['no profiles', 'stage: 1', /has no profiles/],
    ['no YAML', 'profiles: [', /not YAML/],
  ])('with %s exits with 2', async (_name, text, message) => {
    const env = { XDG_CONFIG_HOME: await configHome(text) };
    const { code, stdout, stderr } = await cgdiego(['keys', 'audit', '--profile', 'stage'], { env });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });

  test('warns about a password that others can read, and does not show it', async () => {
    const url = (await createDatabase('diego-key-2026-10')).replace('postgres@', 'postgres:hunter2@');
    const env = { XDG_CONFIG_HOME: await configHome(`profiles: {prod: {database-url: '${url}'}}`, 0o644) };
    const { code, stdout, stderr } = await cgdiego(['keys', 'audit', '--profile', 'prod'], { env });
    expect(code).toBe(0);
    expect(stderr).toMatch(/chmod 600/);
    expect(stdout + stderr).not.toContain('hunter2');
  });
});
