import { deriveKey, Keyring } from '../../src/lib/bbs/keyring.ts';
import { foundationFromStore } from '../../src/lib/foundation/from-store.ts';
import type { Foundation } from '../../src/lib/foundation/types.ts';
import { Database } from '../../src/lib/store/database.ts';
import { resolveStore } from '../../src/lib/store/resolve.ts';
import { createDatabase, PASSPHRASES } from './database.ts';

/** A moment at which the fixture's domains are still fresh: ten seconds after the last instance started. */
export const FIXTURE_NOW = Date.parse('2026-11-22T16:06:10Z');

export const FIXTURE_KEYRING = new Keyring([deriveKey('key-2026-10', PASSPHRASES['key-2026-10'])]);

/** Opens a database while `work` runs. */
export async function withDatabase<T>(url: string, work: (database: Database) => Promise<T>): Promise<T> {
  const database = await Database.open(await resolveStore({ databaseUrl: url }, {}), {
    applicationName: 'cgdiego/test',
    statementTimeoutMs: 30_000,
    lockTimeoutMs: 5_000,
  });
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

/** The fixture's foundation, read from its store. */
export async function fixtureFoundation(url?: string): Promise<Foundation> {
  const database = url ?? (await createDatabase('diego-key-2026-10', 'locket'));
  return withDatabase(database, (store) =>
    foundationFromStore({ store, locket: store, keyring: FIXTURE_KEYRING }, FIXTURE_NOW),
  );
}
