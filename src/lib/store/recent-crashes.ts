import type { Transaction } from './transaction.ts';

/** An instance that has crashed, by its row. */
export interface CrashRow {
  process_guid: string;
  index: number;
  state: string;
  crash_count: number;
  crash_reason: string;
  /** Unix nanoseconds at which it entered its state; for one that did not start again, when it crashed. */
  since: string;
}

/** The instances with crashes that changed last, the latest first. */
export async function readRecentCrashes(transaction: Transaction, limit: number): Promise<CrashRow[]> {
  return transaction.query<CrashRow>(
    `SELECT process_guid, instance_index AS index, state, crash_count, crash_reason, coalesce(since, 0) AS since
       FROM actual_lrps WHERE crash_count > 0 ORDER BY since DESC NULLS LAST, process_guid, instance_index LIMIT $1`,
    [limit],
  );
}
