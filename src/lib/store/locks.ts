import { columnsOf } from './catalogue.ts';
import type { Transaction } from './transaction.ts';
import { project } from './projection.ts';

/** A row of Locket's `locks` (locket/db/lock_db.go): a lock or a presence. */
export interface LockRow {
  path: string;
  owner: string;
  value: string;
  type: string;
  modified_index: string | null;
  modified_id: string | null;
  /** Seconds since its last renewal after which Locket lets it expire. */
  ttl: string | null;
}

const COLUMNS = [
  { name: 'path', absent: "''" },
  { name: 'owner', absent: "''" },
  { name: 'value', absent: "''" },
  { name: 'type', absent: "''" },
  { name: 'modified_index', absent: 'NULL' },
  { name: 'modified_id', absent: 'NULL' },
  { name: 'ttl', absent: 'NULL' },
];

/** All locks and presences. Locket keeps one row a cell, so they fit in memory. */
export async function readLocks(transaction: Transaction): Promise<LockRow[]> {
  const { sql } = project(await columnsOf(transaction, 'locks'), COLUMNS, 'l');
  return transaction.query<LockRow>(`SELECT ${sql} FROM locks l ORDER BY type, path`);
}
