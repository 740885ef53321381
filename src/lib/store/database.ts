import type pg from 'pg';
import { InterruptedError, messageOf, throwIfAborted } from '../errors.ts';
import { codeOf, connectError, NO_PASSWORD, statementError } from './errors.ts';
import { RowTap } from './raw-rows.ts';
import type { ConnectionSettings } from './settings.ts';
import { tlsAttempts, type TlsAttempt } from './tls.ts';
import { transactionOn, type Transaction } from './transaction.ts';

export interface DatabaseOptions {
  /** As pg_stat_activity shows it: `cgdiego/<version> <command>`. */
  applicationName: string;
  statementTimeoutMs: number;
  lockTimeoutMs: number;
  /** A table that the database should have: where only one schema has it, that one becomes the search path. */
  anchorTable?: string | undefined;
  /** How many connections at most; 2 by default. */
  connections?: number;
  /** Aborting cancels the statements that run on the server. */
  signal?: AbortSignal | undefined;
}

export interface WriteOptions {
  isolation?: 'READ COMMITTED' | 'REPEATABLE READ';
  /** `SET LOCAL` statements for this transaction, sent along with its beginning. */
  settings?: string;
  /** For what must be cleaned up after Ctrl-C too. */
  evenIfAborted?: boolean;
}

/** A PostgreSQL database with a few connections: timeouts, TLS as libpq means it, and cancelling by an abort signal. */
export class Database {
  readonly settings: ConnectionSettings;
  readonly options: DatabaseOptions;
  readonly #pool: pg.Pool;
  readonly #running = new Set<pg.PoolClient>();
  readonly #onAbort = () => void this.#cancelRunning();

  private constructor(settings: ConnectionSettings, pool: pg.Pool, options: DatabaseOptions) {
    this.settings = settings;
    this.options = options;
    this.#pool = pool;
    options.signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** @throws {CgdiegoError} when it cannot be reached or entered */
  static async open(settings: ConnectionSettings, options: DatabaseOptions): Promise<Database> {
    const postgres = await loadPg();
    throwIfAborted(options.signal);
    class TappedClient extends postgres.Client {
      readonly rowTap = new RowTap(this.connection);
    }
    let failure: unknown;
    for (const ssl of await tlsAttempts(settings)) {
      const config = clientConfig(settings, options, ssl);
      const probe = new postgres.Client(config);
      try {
        await probe.connect();
        const schema =
          options.anchorTable === undefined ? undefined : await schemaOffPath(probe, options.anchorTable);
        const pool = new postgres.Pool({
          ...config,
          Client: TappedClient,
          max: options.connections ?? 2,
          idleTimeoutMillis: 10_000,
        });
        // A server that goes away takes idle connections along. The next statement will say so.
        pool.on('error', () => undefined);
        if (schema !== undefined) {
          pool.on('connect', (client) => {
            client.query(`SET search_path TO ${postgres.escapeIdentifier(schema)}`).catch(() => undefined);
          });
        }
        return new Database(settings, pool, options);
      } catch (error) {
        failure = error;
        if (!mayFallBack(settings, ssl, error)) break;
      } finally {
        await probe.end().catch(() => undefined);
      }
    }
    throw connectError(failure, settings);
  }

  /** Everything in it is read at one moment, and nothing can be written. */
  readOnly<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.#transaction('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', work, this.options.signal);
  }

  /** Committed when `work` resolves, rolled back when it rejects. */
  readWrite<T>(work: (transaction: Transaction) => Promise<T>, options: WriteOptions = {}): Promise<T> {
    const { isolation = 'READ COMMITTED', settings, evenIfAborted = false } = options;
    const begin = `BEGIN ISOLATION LEVEL ${isolation} READ WRITE${settings === undefined ? '' : `; ${settings}`}`;
    return this.#transaction(begin, work, evenIfAborted ? undefined : this.options.signal);
  }

  /**
   * A connection of its own, open while `work` runs, for what belongs to a session (advisory locks). `lost` is aborted when the
   * connection ends before `work` does.
   */
  async session<T>(work: (query: Transaction['query'], lost: AbortSignal) => Promise<T>): Promise<T> {
    const client = await this.#connect();
    const lost = whenLost(client);
    const gone = new AbortController();
    lost.promise.catch(() => {
      gone.abort();
    });
    const { query } = transactionOn(client, undefined);
    try {
      return await work(
        async <Row extends object>(sql: string, values?: readonly unknown[]) =>
          Promise.race([query<Row>(sql, values), lost.promise]),
        gone.signal,
      );
    } finally {
      lost.forget();
      // Ending the session is what releases what it holds.
      client.release(true);
    }
  }

  async close(): Promise<void> {
    this.options.signal?.removeEventListener('abort', this.#onAbort);
    await this.#pool.end();
  }

  async #transaction<T>(
    begin: string,
    work: (transaction: Transaction) => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    throwIfAborted(signal);
    const client = await this.#connect();
    if (signal !== undefined) this.#running.add(client);
    // pg leaves a query unanswered when the connection breaks at the wrong moment, so the end of the connection is listened to.
    const lost = whenLost(client);
    let broken = false;
    try {
      const body = async () => {
        await client.query(begin);
        const result = await work(transactionOn(client, signal));
        await client.query('COMMIT');
        return result;
      };
      return await Promise.race([body(), lost.promise]);
    } catch (error) {
      await Promise.race([client.query('ROLLBACK'), lost.promise]).catch(() => {
        broken = true;
      });
      throw signal?.aborted === true ? new InterruptedError() : statementError(error);
    } finally {
      lost.forget();
      this.#running.delete(client);
      client.release(broken);
    }
  }

  async #connect(): Promise<pg.PoolClient> {
    try {
      const client = await this.#pool.connect();
      // A connection that breaks between two statements must not end the process: the next statement reports it.
      if (!client.listeners('error').includes(ignoreError)) client.on('error', ignoreError);
      return client;
    } catch (error) {
      throw connectError(error, this.settings);
    }
  }

  /** Ctrl-C: the statements end on the server now, not when they notice that nobody listens. */
  async #cancelRunning(): Promise<void> {
    const pids = Array.from(this.#running, backendPid).filter((pid) => pid !== null);
    if (pids.length === 0) return;
    const postgres = await loadPg();
    const canceller = new postgres.Client(this.#pool.options);
    try {
      await canceller.connect();
      await canceller.query('SELECT pg_cancel_backend(pid) FROM unnest($1::int[]) AS pid', [pids]);
    } catch {
      // The server is gone or full: then there is nothing that could be cancelled.
    } finally {
      await canceller.end().catch(() => undefined);
    }
  }
}

/** pg, which takes 30 ms to load. */
export async function loadPg(): Promise<typeof pg> {
  // pg finds out whether it is on Cloudflare by this name of Node 21, or else by making a Response, for which Node 20 loads all of fetch.
  if (!('navigator' in globalThis))
    Object.assign(globalThis, { navigator: { userAgent: `Node.js/${process.versions.node}` } });
  return (await import('pg')).default;
}

/** A promise that rejects when the connection ends. */
function whenLost(client: pg.PoolClient): { promise: Promise<never>; forget: () => void } {
  let onEnd!: () => void;
  const promise = new Promise<never>((_resolve, reject) => {
    onEnd = () => {
      reject(new Error('Connection terminated unexpectedly'));
    };
  });
  // Nobody may be waiting when it happens.
  promise.catch(() => undefined);
  client.once('end', onEnd);
  return { promise, forget: () => client.off('end', onEnd) };
}

function ignoreError(): void {
  // See #connect.
}

/** pg keeps the process id of the server's side for its own cancel request, but leaves it out of its types. */
function backendPid(client: pg.PoolClient): number | null {
  return (client as unknown as { processID: number | null }).processID;
}

function clientConfig(
  settings: ConnectionSettings,
  options: DatabaseOptions,
  ssl: TlsAttempt,
): pg.ClientConfig {
  return {
    host: settings.hostAddress ?? settings.host,
    port: settings.port,
    database: settings.database,
    user: settings.user,
    // Without one, pg must not look for a password file by itself.
    password: settings.password ?? noPassword,
    ...(settings.options === undefined ? {} : { options: settings.options }),
    ssl,
    application_name: options.applicationName,
    statement_timeout: options.statementTimeoutMs,
    lock_timeout: options.lockTimeoutMs,
    connectionTimeoutMillis: settings.connectTimeoutSeconds * 1000,
    keepAlive: true,
  };
}

function noPassword(): never {
  throw new Error(NO_PASSWORD);
}

/** libpq's `prefer` goes on without TLS when the server has none, `allow` with TLS when the server insists. */
function mayFallBack(settings: ConnectionSettings, ssl: TlsAttempt, error: unknown): boolean {
  if (settings.tls.mode === 'prefer') return ssl !== false && /does not support SSL/i.test(messageOf(error));
  return settings.tls.mode === 'allow' && ssl === false && codeOf(error) === '28000';
}

/** The one schema that has a table which the search path does not reach; `undefined` when it does, or nobody can tell. */
async function schemaOffPath(client: pg.Client, table: string): Promise<string | undefined> {
  const { rows } = await client.query<{ schema: string; visible: boolean }>(
    `SELECT n.nspname AS schema, pg_table_is_visible(c.oid) AS visible
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relname = $1 AND c.relkind IN ('r', 'p', 'v') AND n.nspname !~ '^pg_'`,
    [table],
  );
  return rows.length === 1 && !rows[0]!.visible ? rows[0]!.schema : undefined;
}
