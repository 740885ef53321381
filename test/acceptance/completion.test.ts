import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { rememberIds } from '../../src/lib/cli/completion/remembered-ids.ts';
import { cgdiego } from '../support/cli.ts';
import { createDatabase } from '../support/database.ts';

const BIN = fileURLToPath(new URL('../../bin/run.js', import.meta.url));
let home: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'cgdiego-acceptance-'));
  await writeFile(join(home, 'cgdiego'), `#!/bin/sh\nexec "${process.execPath}" "${BIN}" "$@"\n`);
  await chmod(join(home, 'cgdiego'), 0o755);
});
afterAll(() => rm(home, { recursive: true, force: true }));

it('loads into bash as the help says and completes commands, flags and values', () => {
  const program = `source <(cgdiego completion bash)
complete -p cgdiego
offer() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _cgdiego; echo "\${COMPREPLY[*]}"; }
offer cgdiego comple
offer cgdiego completion f
offer cgdiego completion --no-c`;
  const output = execFileSync('bash', ['-c', program], {
    env: { PATH: `${home}:${process.env.PATH}`, HOME: home },
  });
  expect(output.toString()).toBe('complete -F _cgdiego cgdiego\ncompletion\nfish\n--no-color\n');
});

it('answers with remembered ids, and with nothing where it knows nothing', async () => {
  const env = { XDG_CACHE_HOME: join(home, 'cache') };
  expect(await cgdiego(['__complete', 'cells'], { env })).toEqual({ code: 0, stdout: '', stderr: '' });
  await rememberIds('cells', ['cell-1', 'cell-2'], env);
  expect((await cgdiego(['__complete', 'cells', 'cells'], { env })).stdout).toBe('cell-1\ncell-2\n');
  expect((await cgdiego(['__complete', 'columns', 'nope'], { env })).stdout).toBe('');
  expect((await cgdiego(['__complete', 'anything'], { env })).code).toBe(0);
});

it('completes the cells that were listed last, and the columns of a list', async () => {
  const env = { XDG_CACHE_HOME: join(home, 'cache-of-cells') };
  const url = await createDatabase('diego-key-2026-10', 'locket');
  const listed = await cgdiego(['cells', '--quiet', '--database-url', url], { env });
  expect(listed.code).toBe(0);
  expect(listed.stdout.split('\n').length).toBeGreaterThan(12);
  expect((await cgdiego(['__complete', 'cells', 'cells'], { env })).stdout).toBe(listed.stdout);
  expect((await cgdiego(['__complete', 'zones', 'cells'], { env })).stdout).toContain('z1\nz2\n');
  const columns = (await cgdiego(['__complete', 'columns', 'cells'], { env })).stdout.split('\n');
  expect(columns).toEqual(expect.arrayContaining(['cell_id', 'zone', 'memory_pct', 'live']));
});

it('completes the LRPs that were listed last, and the names of the profiles', async () => {
  const env = { XDG_CACHE_HOME: join(home, 'cache-of-lrps'), XDG_CONFIG_HOME: join(home, 'config') };
  const url = await createDatabase('diego-key-2026-10', 'locket');
  const listed = await cgdiego(['lrps', '--quiet', '--limit', '5', '--database-url', url], { env });
  expect(listed.stdout.split('\n')).toHaveLength(6);
  const remembered = (await cgdiego(['__complete', 'lrps', 'lrps'], { env })).stdout.split('\n');
  expect(remembered).toEqual(expect.arrayContaining(listed.stdout.split('\n')));

  expect((await cgdiego(['__complete', 'profiles', 'lrps'], { env })).stdout).toBe('');
  await mkdir(join(home, 'config', 'cgdiego'), { recursive: true });
  await writeFile(
    join(home, 'config', 'cgdiego', 'config.yml'),
    'profiles: {prod: {keys: prod.yml}, dev: {keys: dev.yml}}',
  );
  expect((await cgdiego(['__complete', 'profiles', 'lrps'], { env })).stdout).toBe('prod\ndev\n');
});
