import type { Transaction } from './transaction.ts';

/** So many are enough to say that a prefix is ambiguous. */
const LIMIT = 20;

/**
 * The process guids that are, or begin with, what the operator typed; or that belong to the app with that guid (the Cloud Controller makes
 * the app's guid the log guid).
 */
export async function findProcessGuids(transaction: Transaction, typed: string): Promise<string[]> {
  const prefix = `${typed.replace(/[\\%_]/gu, '\\$&')}%`;
  const rows = await transaction.query<{ process_guid: string }>(
    `SELECT process_guid FROM desired_lrps WHERE process_guid LIKE $1 OR log_guid = $2
      UNION SELECT process_guid FROM actual_lrps WHERE process_guid LIKE $1
      ORDER BY 1 LIMIT ${LIMIT}`,
    [prefix, typed],
  );
  return rows.map((row) => row.process_guid);
}
