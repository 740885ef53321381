import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { makeHome } from '../../testbed/binaries.ts';
import { query } from '../support/database.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Starts a server, says where it is, and waits to be killed. */
const SCRIPT = `
  import { startPostgres } from './testbed/postgres.ts';
  const postgres = await startPostgres();
  console.log(JSON.stringify({ port: postgres.port, dataDir: postgres.dataDir, url: postgres.url() }));
  setInterval(() => undefined, 1000);
`;

interface Started {
  port: number;
  dataDir: string;
  url: string;
}

async function startInProcess(env: Record<string, string>) {
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', SCRIPT], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const line = await new Promise<string>((resolve, reject) => {
    child.once('exit', () => {
      reject(new Error('it ended before the server was up'));
    });
    createInterface(child.stdout).once('line', resolve);
  });
  return { child, started: JSON.parse(line) as Started };
}

const refusesConnections = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', () => {
      resolve(true);
    });
  });

describe('a server of the test bed', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "with spaces, it's "));
    await chmod(folder, 0o755);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  // In a folder with spaces, without a locale.
  test.each(['SIGKILL', 'SIGINT', 'SIGTERM'] as const)(
    'ends and leaves nothing behind when the process that started it gets %s',
    async (signal) => {
      const { child, started } = await startInProcess({ TMPDIR: folder });
      expect(started.dataDir.startsWith(folder)).toBe(true);
      expect(await query(started.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill(signal);
      await ended;
      await vi.waitFor(
        async () => {
          expect(await refusesConnections(started.port)).toBe(true);
          expect(existsSync(join(started.dataDir, '..'))).toBe(false);
        },
        { timeout: 30_000, interval: 50 },
      );
    },
  );

  test('runs where the temporary folder is private', async () => {
    await chmod(folder, 0o700);
    try {
      const { child, started } = await startInProcess({ TMPDIR: folder });
      expect(await query(started.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
      child.kill('SIGKILL');
    } finally {
      await chmod(folder, 0o755);
    }
  });

  test('runs from a copy that does not lead back into the clone, which its user may not be able to read', async () => {
    const home = await realpath(await makeHome(undefined));
    try {
      const lib = join(home, 'native', 'lib');
      const links = (await readdir(lib, { withFileTypes: true })).filter((entry) => entry.isSymbolicLink());
      expect(links.length).toBeGreaterThan(0);
      for (const { name } of links) expect((await realpath(join(lib, name))).startsWith(home)).toBe(true);
    } finally {
      await rm(home, { recursive: true });
    }
  });
});
