import type { Keyring } from '../bbs/keyring.ts';
import { CgdiegoError, messageOf } from '../errors.ts';
import type { Database } from '../store/database.ts';
import type { Transaction } from '../store/transaction.ts';
import { readDomains } from '../store/domains.ts';
import { readLocks } from '../store/locks.ts';
import { cellsOf, lrpLoads, taskLoads } from './cells.ts';
import { Gaps } from './gaps.ts';
import { ValueOpener } from './open-values.ts';
import { cellPresences, type CellPresence } from './presences.ts';
import { domainOf } from './rows.ts';
import { collect, streamActualLrps, streamDesiredLrps, streamTasks } from './store-streams.ts';
import { SNAPSHOT_SCHEMA, type Foundation } from './types.ts';

/** Where a foundation is read from. */
export interface StoreSource {
  store: Database;
  /** Locket's database, which may be the store; nothing when there is none, or why it could not be opened: both are gaps. */
  locket: Database | { error: string } | undefined;
  /** Nothing when no keys were given, which is a gap. */
  keyring: Keyring | undefined;
}

/**
 * The whole foundation from the store and Locket's database, each in one read-only snapshot. What is missing (Locket, keys, a column, a
 * value that cannot be decrypted) is in `gaps`.
 * @param now Unix milliseconds: what is fresh depends on it
 */
export async function foundationFromStore(source: StoreSource, now: number): Promise<Foundation> {
  const gaps = new Gaps();
  const opener = new ValueOpener(source.keyring, gaps);
  const { presences, desired, actual, tasks, domains } = await source.store.readOnly(async (transaction) => ({
    presences: await readPresences(source, transaction, gaps),
    desired: await collect(streamDesiredLrps(transaction, opener, gaps)),
    actual: await collect(streamActualLrps(transaction, gaps)),
    tasks: await collect(streamTasks(transaction, opener, gaps)),
    domains: await readDomains(transaction),
  }));
  return {
    schema: SNAPSHOT_SCHEMA,
    taken_at: new Date(now).toISOString(),
    source: 'store',
    cells: cellsOf(presences, lrpLoads(desired, actual), taskLoads(tasks)).map(({ cell }) => cell),
    desired_lrps: desired,
    actual_lrps: actual,
    tasks,
    domains: domains.map((row) => domainOf(row, now)),
    gaps: gaps.list(),
  };
}

/**
 * The presences of cells, of the same moment as the rest when the store holds Locket's table. Without them the answer goes on.
 * @param transaction one on the store
 */
export async function readPresences(
  { store, locket }: StoreSource,
  transaction: Transaction,
  gaps: Gaps,
): Promise<CellPresence[]> {
  if (locket === undefined) {
    gaps.add(
      'locket',
      'there is no table locks in the store and no --locket-database-url was given, so cells have no capacity and no zone of their own',
    );
    return [];
  }
  if ('error' in locket) {
    gaps.add('locket', locket.error);
    return [];
  }
  const isStore = locket === store;
  if (isStore) await transaction.execute('SAVEPOINT presences');
  try {
    return cellPresences(isStore ? await readLocks(transaction) : await locket.readOnly(readLocks), gaps);
  } catch (error) {
    // The user may be one who can read the BBS's tables only.
    if (isStore) await transaction.execute('ROLLBACK TO presences');
    gaps.add('locket', reasonOf(error));
    return [];
  }
}

/** An error as a gap: what and why. */
export function reasonOf(error: unknown): string {
  const why = error instanceof CgdiegoError ? error.why : undefined;
  const text = why === undefined ? messageOf(error) : `${messageOf(error)} ${why}`;
  return text.replace(/\.$/u, '');
}
