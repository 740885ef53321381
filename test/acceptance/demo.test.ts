import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { cgdiego } from '../support/cli.ts';
import { HOME } from '../support/home.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cgdiego-demo-test-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** `npm run demo -- …` without npm, with a temporary folder of its own. */
function demo(args: string[]) {
  const child = spawn(process.execPath, ['--import', 'tsx', 'testbed/demo.ts', ...args], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, HOME, TMPDIR: folder, TZ: 'UTC' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  const code = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { child, output, code };
}

/** What it left in the temporary folder, once its server is gone. */
const leftovers = async () => (await readdir(folder)).filter((name) => name.startsWith('cgdiego-'));

test('walks through the main job: audit, rotation with its progress, audit, and leaves nothing behind', async () => {
  const { output, code } = demo(['--lrps', '40']);
  const ended = await code;
  expect(ended, output.stderr).toBe(0);
  const { stdout, stderr } = output;
  const commands = stdout.split('\n').filter((line) => line.startsWith('$ '));
  expect(commands.slice(0, 6)).toEqual([
    '$ cgdiego keys audit',
    '$ cgdiego keys audit --removable key-2026-10',
    '$ cgdiego rotate-key --to key-2026-11 --assume-deployed --dry-run',
    '$ cgdiego rotate-key --to key-2026-11 --assume-deployed --yes',
    '$ cgdiego keys audit --verify',
    '$ cgdiego keys audit --removable key-2026-10',
  ]);
  const answers = stdout.split(/^\$ .*\n/m);
  expect(answers[1]).toMatch(/Stored key label: key-2026-10/);
  expect(answers[2]).toMatch(/must stay/);
  expect(answers[4]).toMatch(/Every blob is under the target key/);
  expect(answers[5]).toMatch(/Stored key label: key-2026-11/);
  expect(answers[6]).toMatch(/can leave the manifest/);
  expect(stderr).toContain('Rotating to key-2026-11');
  expect(stdout + stderr).not.toMatch(/passphrase"|my (october|november)/);
  expect(await leftovers()).toEqual([]);
});

describe('--shell without a terminal', () => {
  test('prints the environment, keeps the server up until SIGINT, and leaves nothing behind', async () => {
    const { child, output, code } = demo(['--lrps', '20', '--shell']);
    await vi.waitFor(
      () => {
        expect(output.stdout).toMatch(/^export PATH=.+\n/m);
      },
      { timeout: 50_000, interval: 20 },
    );
    const env = Object.fromEntries(
      Array.from(output.stdout.matchAll(/^export (\w+)=(.*)$/gm), ([, name, value]) => [name!, value!]),
    );
    expect((await stat(env.CGDIEGO_KEYS!)).mode & 0o777).toBe(0o600);
    expect(existsSync(join(env.PATH!.split(':')[0]!, 'cgdiego'))).toBe(true);
    const { code: audited, stdout } = await cgdiego(['keys', 'audit', '-o', 'json'], { env });
    expect(audited).toBe(0);
    expect(stdout).toContain('key-2026-10');
    child.kill('SIGINT');
    expect(await code).toBe(0);
    expect(await leftovers()).toEqual([]);
  });
});

test('interrupted in the middle, it ends with 130 and leaves nothing behind', async () => {
  const { child, output, code } = demo(['--lrps', '200']);
  await vi.waitFor(
    () => {
      expect(output.stdout).toContain('$ cgdiego keys audit');
    },
    { timeout: 50_000, interval: 5 },
  );
  child.kill('SIGINT');
  expect(await code).toBe(130);
  expect(await leftovers()).toEqual([]);
});

test.each([[['--lrps', '0']], [['--lrps', 'many']], [['--what']], [['extra']]])(
  '%j is a usage error',
  async (args) => {
    const { output, code } = demo(args);
    expect(await code).toBe(2);
    expect(output.stderr).toMatch(/^Error: .+/);
    expect(output.stderr).toContain('Usage: npm run demo');
    expect(await leftovers()).toEqual([]);
  },
);
