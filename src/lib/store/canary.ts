import { columnsOf } from './catalogue.ts';
import { quote } from './census.ts';
import type { Transaction } from './transaction.ts';

/** The domain of canary rows. Nobody keeps it fresh, no client asks for it, and nothing else is ever removed by it. */
export const CANARY_DOMAIN = 'cgdiego-canary';

/** The encrypted columns of a canary row. */
export interface CanaryBlobs {
  run_info: string;
  volume_placement: string;
  routes: string;
  metric_tags: string;
}

/**
 * Writes a desired LRP with no instances, so that the BBS can be asked for it (columns as in bbs/db/sqldb/desired_lrp_db.go). What the
 * BBS reads into a string must not be NULL.
 */
export async function insertCanary(
  transaction: Transaction,
  guid: string,
  blobs: CanaryBlobs,
): Promise<void> {
  const present = await columnsOf(transaction, 'desired_lrps');
  const values: Record<string, unknown> = {
    process_guid: guid,
    domain: CANARY_DOMAIN,
    log_guid: guid,
    annotation: '',
    instances: 0,
    memory_mb: 0,
    disk_mb: 0,
    max_pids: 0,
    rootfs: 'preloaded:cflinuxfs4',
    placement_tags: '[]',
    modification_tag_epoch: guid,
    modification_tag_index: 0,
    update_strategy: 0,
    ...blobs,
  };
  const columns = Object.keys(values).filter((name) => present.has(name));
  await transaction.execute(
    `INSERT INTO desired_lrps (${columns.map(quote).join(', ')}) VALUES (${columns.map((_, index) => `$${index + 1}`).join(', ')})`,
    columns.map((name) => values[name]),
  );
}

/** Removes a canary row, or all that earlier runs may have left behind. */
export async function deleteCanaries(transaction: Transaction, guid?: string): Promise<number> {
  return guid === undefined
    ? transaction.execute(
        `DELETE FROM desired_lrps WHERE domain = $1 AND process_guid LIKE 'cgdiego-canary-%'`,
        [CANARY_DOMAIN],
      )
    : transaction.execute('DELETE FROM desired_lrps WHERE domain = $1 AND process_guid = $2', [
        CANARY_DOMAIN,
        guid,
      ]);
}

/** Whether an earlier run left a canary behind. */
export async function hasCanaries(transaction: Transaction): Promise<boolean> {
  const [row] = await transaction.query<{ found: boolean }>(
    'SELECT EXISTS (SELECT FROM desired_lrps WHERE domain = $1) AS found',
    [CANARY_DOMAIN],
  );
  return row!.found;
}
