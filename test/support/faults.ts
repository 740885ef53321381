import pg from 'pg';
import { expect, vi } from 'vitest';
import { textPrefixes } from '../../src/lib/bbs/blob.ts';
import { generateFoundation, type FoundationOptions } from '../../testbed/generator/generate.ts';
import { createDatabase, PASSPHRASES, query } from './database.ts';
import { contentsOf, NOVEMBER, OCTOBER, plaintextsOf } from './rotation.ts';

/** A generated store under {@link OCTOBER}, and what is in it. */
export interface MadeStore {
  url: string;
  plaintexts: Record<string, string>;
  /** In all three tables. */
  rows: number;
}

export async function makeStore(
  options: Partial<FoundationOptions> = {},
  database?: string,
): Promise<MadeStore> {
  const url = database ?? (await createDatabase());
  const keys = new Map(Object.entries(PASSPHRASES));
  const made = await generateFoundation(url, {
    desiredLrps: 120,
    keys,
    label: OCTOBER,
    nullShare: 0.05,
    ...options,
  });
  return {
    url,
    plaintexts: plaintextsOf(await contentsOf(url)),
    rows: made.desiredLrps + made.actualLrps + made.tasks,
  };
}

/** A session of its own, that may be cut off. */
export async function connect(url: string, applicationName = 'somebody'): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: applicationName });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** Locks the last actual LRP, so that a rotation can do nearly everything but cannot end. Resolves to what lets it go on. */
export async function lockLastRow(url: string): Promise<() => Promise<void>> {
  const client = await connect(url);
  await client.query('BEGIN');
  await client.query(
    `SELECT FROM actual_lrps ORDER BY process_guid DESC, instance_index DESC, presence DESC LIMIT 1 FOR UPDATE`,
  );
  return () => client.end();
}

/** How many rows the rotation has committed so far. */
export async function rotatedRows(client: pg.Client, label = NOVEMBER): Promise<number> {
  const { length, prefixes } = textPrefixes(label);
  const { rows } = await client.query<{ count: number }>(
    `SELECT ((SELECT count(*) FROM desired_lrps WHERE left(run_info, $1) = ANY ($2))
           + (SELECT count(*) FROM actual_lrps WHERE left(net_info, $1) = ANY ($2))
           + (SELECT count(*) FROM tasks WHERE left(task_definition, $1) = ANY ($2)))::int AS count`,
    [length, prefixes],
  );
  return rows[0]!.count;
}

/** Waits until something is so. */
export async function until(condition: () => Promise<boolean>, what: string): Promise<void> {
  await vi.waitFor(
    async () => {
      expect(await condition(), what).toBe(true);
    },
    { timeout: 60_000, interval: 5 },
  );
}

/** cgdiego's sessions in a database: all, those that wait for a lock, those that hold the run's advisory lock. */
export async function sessionsOf(url: string): Promise<{ all: number; waiting: number; holding: number }> {
  const [row] = await query<{ all: number; waiting: number; holding: number }>(
    url,
    `SELECT count(*)::int AS all, (count(*) FILTER (WHERE wait_event_type = 'Lock'))::int AS waiting,
            (count(*) FILTER (WHERE pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory')))::int AS holding
     FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'cgdiego/%'`,
  );
  return row!;
}

export const isWaiting = (url: string) => async (): Promise<boolean> => (await sessionsOf(url)).waiting > 0;
export const isGone = (url: string) => async (): Promise<boolean> => (await sessionsOf(url)).all === 0;
