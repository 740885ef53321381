import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chown, mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { accountToRunAs, makeHome } from './binaries.ts';
import { guard } from './guard.ts';

const run = promisify(execFile);

/** A real PostgreSQL on loopback, from the binaries of an npm package, with its data in a folder of its own. */
export interface EmbeddedPostgres {
  readonly port: number;
  readonly dataDir: string;
  /** The temporary folder that all of it is in. What else is put there goes with the server, even when this process is killed. */
  readonly home: string;
  /** `postgres://postgres@127.0.0.1:<port>/<database>` */
  url(database?: string): string;
  /** Starts the server again on the same port after {@link EmbeddedPostgres.halt}. */
  start(): Promise<void>;
  /** Stops the server as `pg_ctl stop -m immediate` would: connections are cut. The data stays. */
  halt(mode?: 'fast' | 'immediate'): Promise<void>;
  /** Stops the server and removes its folder. */
  destroy(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  /** Settings as in postgresql.conf. */
  settings?: Record<string, string>;
  /**
   * Files to put into the data folder before the server starts, by name, readable by the server only: `server.crt` and
   * `server.key` with `settings: { ssl: 'on' }`, or a `pg_hba.conf`.
   */
  files?: Record<string, string>;
}

/** The data is thrown away: durability would only cost time. */
const THROWAWAY_SETTINGS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/** As a server is set up that must not lose anything: PostgreSQL's own defaults. */
export const DURABLE_SETTINGS = { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' };

const START_TIMEOUT_MS = 60_000;
const PORT_ATTEMPTS = 5;

/**
 * Makes a new cluster and starts it. Authentication is `trust`: it listens on loopback only and holds invented data. The server
 * ends with this process, however that ends.
 */
export async function startPostgres(options: EmbeddedPostgresOptions = {}): Promise<EmbeddedPostgres> {
  const account = await accountToRunAs();
  const home = await makeHome(account);
  const guarded = guard(home);
  const native = join(home, 'native');
  const dataDir = join(home, 'data');
  const spawnOptions = {
    ...account,
    cwd: home,
    env: { ...process.env, LC_ALL: 'C', LD_LIBRARY_PATH: join(native, 'lib') },
  };
  let port = 0;
  let server: ChildProcess | undefined;
  let log = '';

  const url = (database = 'postgres') => `postgres://postgres@127.0.0.1:${port}/${database}`;

  async function makeCluster(): Promise<void> {
    await mkdir(dataDir, { mode: 0o700 });
    if (account) await chown(dataDir, account.uid, account.gid);
    await run(
      join(native, 'bin', 'initdb'),
      ['-D', dataDir, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync', '--no-locale'],
      spawnOptions,
    );
    for (const [name, content] of Object.entries(options.files ?? {})) {
      const file = join(dataDir, name);
      await writeFile(file, content, { mode: 0o600 });
      if (account) await chown(file, account.uid, account.gid);
    }
  }

  async function start(): Promise<void> {
    const settings = {
      listen_addresses: '127.0.0.1',
      port: String(port),
      unix_socket_directories: '',
      max_connections: '100',
      ...THROWAWAY_SETTINGS,
      ...options.settings,
    };
    const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    log = '';
    const child = spawn(join(native, 'bin', 'postgres'), ['-D', dataDir, ...args], {
      ...spawnOptions,
      // A session of its own: Ctrl-C in the terminal is for us, and we may still need the server.
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.once('error', (error) => (log += error.message));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      log = (log + text).slice(-20_000);
    });
    server = child;
    await acceptsConnections(child);
  }

  async function acceptsConnections(child: ChildProcess): Promise<void> {
    const deadline = Date.now() + START_TIMEOUT_MS;
    for (;;) {
      if (hasEnded(child)) throw new Error(`PostgreSQL did not start:\n${log}`);
      const client = new pg.Client({ connectionString: url() });
      try {
        await client.connect();
        await client.end();
        return;
      } catch (error) {
        if (Date.now() > deadline) throw new Error(`PostgreSQL did not come up:\n${log}`, { cause: error });
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
    }
  }

  async function halt(mode: 'fast' | 'immediate' = 'immediate'): Promise<void> {
    const child = server;
    server = undefined;
    if (child === undefined || hasEnded(child)) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(mode === 'fast' ? 'SIGINT' : 'SIGQUIT');
    await ended;
  }

  async function destroy(): Promise<void> {
    await halt();
    await rm(home, { recursive: true, force: true });
    guarded.dismiss();
  }

  try {
    await makeCluster();
    for (let attempt = 1; ; attempt++) {
      port = await freePort();
      try {
        await start();
        break;
      } catch (error) {
        // Somebody else took the port in between.
        if (attempt === PORT_ATTEMPTS || !log.includes('Address already in use')) throw error;
      }
    }
  } catch (error) {
    await destroy();
    throw error;
  }
  return {
    get port() {
      return port;
    },
    dataDir,
    home,
    url,
    start,
    halt,
    destroy,
  };
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
