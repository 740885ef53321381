import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { inject } from 'vitest';

/** The stores captured from a real BBS, and Locket's. See test/fixtures/foundation/README.md. */
export type Dump =
  | 'diego-key-2026-10'
  | 'diego-key-2026-11'
  | 'diego-after-bbs-rotation-leftovers'
  | 'diego-after-bbs-panic-mixed'
  | 'locket';

export const PASSPHRASES = {
  'key-2026-10': 'my october passphrase',
  'key-2026-11': 'my november passphrase',
} as const;

export function serverUrl(database: string): string {
  return `postgres://postgres@127.0.0.1:${inject('postgresPort')}/${database}`;
}

export async function query<Row extends pg.QueryResultRow = pg.QueryResultRow>(
  url: string,
  sql: string,
  values?: unknown[],
): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(sql, values)).rows;
  } finally {
    await client.end();
  }
}

let made = 0;

/**
 * A new database of its own for one test, cloned from a template that holds the dumps (both in one database: the BBS's tables
 * and Locket's `locks` do not clash). Without dumps it is empty.
 */
export async function createDatabase(...dumps: Dump[]): Promise<string> {
  const template = dumps.length > 0 ? await templateOf(dumps) : 'template0';
  const name = `test_${process.pid}_${++made}`;
  await query(serverUrl('postgres'), `CREATE DATABASE ${name} TEMPLATE ${template}`);
  return serverUrl(name);
}

async function templateOf(dumps: Dump[]): Promise<string> {
  const name = `template_${dumps.join('_').replaceAll('-', '_')}`.slice(0, 63);
  const client = new pg.Client({ connectionString: serverUrl('postgres') });
  await client.connect();
  try {
    // Test files run side by side in processes of their own: the first one makes the template, the others wait for it.
    await client.query('SELECT pg_advisory_lock(hashtext($1))', [name]);
    const { rowCount } = await client.query(
      'SELECT 1 FROM pg_database WHERE datname = $1 AND datistemplate',
      [name],
    );
    if (rowCount === 0) {
      await client.query(`DROP DATABASE IF EXISTS ${name}`);
      await client.query(`CREATE DATABASE ${name} TEMPLATE template0`);
      for (const dump of dumps) {
        const file = new URL(`../fixtures/foundation/${dump}.sql`, import.meta.url);
        await query(serverUrl(name), await readFile(file, 'utf8'));
      }
      await client.query(`ALTER DATABASE ${name} IS_TEMPLATE true`);
    }
  } finally {
    await client.end();
  }
  return name;
}
