import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { generateFoundation, type GeneratedFoundation } from '../../testbed/generator/generate.ts';
import {
  startPostgres,
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
} from '../../testbed/postgres.ts';

const KEYS = new Map([
  ['key-2026-10', 'my october passphrase'],
  ['key-2026-11', 'my november passphrase'],
]);

/** A server with made-up foundations, for a bench. */
export interface BenchStore {
  readonly postgres: EmbeddedPostgres;
  /** A keys file with both keys; the active one is `key-2026-11`, everything is under `key-2026-10`. */
  readonly keysFile: string;
  /** `PostgreSQL 15.x` */
  readonly version: string;
  /** Makes a foundation in a database that {@link BenchStore.clone} copies. */
  generate(name: string, desiredLrps: number): Promise<GeneratedFoundation>;
  /** A fresh copy, with nothing left to be written to disk, so that every run starts from the same state. */
  clone(name: string): Promise<string>;
  drop(url: string): Promise<void>;
  destroy(): Promise<void>;
}

export async function startBenchStore(options: EmbeddedPostgresOptions = {}): Promise<BenchStore> {
  const postgres = await startPostgres(options);
  const keysFile = join(postgres.home, 'keys.json');
  await writeFile(
    keysFile,
    JSON.stringify({ active_key_label: 'key-2026-11', encryption_keys: Object.fromEntries(KEYS) }),
    { mode: 0o600 },
  );
  const [{ version }] = (await sql(postgres.url(), 'SHOW server_version')).map((row) => ({
    version: `PostgreSQL ${String(row.server_version)}`,
  })) as [{ version: string }];
  let copies = 0;
  return {
    postgres,
    keysFile,
    version,
    async generate(name, desiredLrps) {
      await sql(postgres.url(), `CREATE DATABASE ${name}`);
      const made = await generateFoundation(postgres.url(name), {
        desiredLrps,
        keys: KEYS,
        label: 'key-2026-10',
      });
      await sql(postgres.url(name), 'VACUUM ANALYZE');
      return made;
    },
    async clone(name) {
      const copy = `${name}_${++copies}`;
      await sql(postgres.url(), `CREATE DATABASE ${copy} TEMPLATE ${name}`);
      await sql(postgres.url(), 'CHECKPOINT');
      return postgres.url(copy);
    },
    async drop(url) {
      await sql(postgres.url(), `DROP DATABASE ${new URL(url).pathname.slice(1)}`);
    },
    destroy: () => postgres.destroy(),
  };
}

/** Runs statements over a connection of their own. */
export async function sql(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}
