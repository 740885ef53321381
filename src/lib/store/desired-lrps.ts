import { scopeSql, type LrpScope } from './actual-lrps.ts';
import { columnsOf } from './catalogue.ts';
import type { Transaction } from './transaction.ts';
import { project, type WantedColumn } from './projection.ts';

const PLAIN: readonly WantedColumn[] = [
  { name: 'process_guid', absent: "''" },
  { name: 'domain', absent: "''" },
  { name: 'log_guid', absent: "''" },
  { name: 'annotation', absent: "''" },
  { name: 'instances', absent: '0' },
  { name: 'memory_mb', absent: '0' },
  { name: 'disk_mb', absent: '0' },
  { name: 'max_pids', absent: '0' },
  { name: 'rootfs', absent: "''" },
  { name: 'placement_tags', absent: 'NULL' },
  { name: 'modification_tag_epoch', absent: "''" },
  { name: 'modification_tag_index', absent: '0' },
  { name: 'update_strategy', absent: 'NULL' },
];

export const DESIRED_LRP_BLOBS = ['volume_placement', 'metric_tags', 'routes', 'run_info'] as const;
export type DesiredLrpBlob = (typeof DESIRED_LRP_BLOBS)[number];

/** A row without its encrypted columns, in the order of the select list; the blobs that were asked for follow it. */
export type DesiredLrpTuple = [
  processGuid: string,
  domain: string,
  logGuid: string,
  annotation: string | null,
  instances: number,
  memoryMb: number,
  diskMb: number,
  maxPids: number | null,
  rootfs: string,
  /** JSON in the clear. */
  placementTags: string | null,
  epoch: string,
  modificationIndex: number | null,
  updateStrategy: number | null,
  ...blobs: (string | null)[],
];

/** How many members of {@link DesiredLrpTuple} come before its blobs. */
export const DESIRED_LRP_PLAIN = PLAIN.length;

export interface DesiredLrpStatement {
  sql: string;
  values: unknown[];
  missing: readonly string[];
}

/** The statement behind {@link DesiredLrpTuple}. Only the blobs that are needed are read: run_info is larger than all the rest. */
export async function desiredLrpStatement(
  transaction: Transaction,
  scope: Pick<LrpScope, 'processGuids' | 'limit'>,
  blobs: readonly DesiredLrpBlob[],
): Promise<DesiredLrpStatement> {
  const present = await columnsOf(transaction, 'desired_lrps');
  const wanted = [...PLAIN, ...blobs.map((name) => ({ name, absent: 'NULL' }))];
  const { sql, missing } = project(present, wanted, 'd');
  const { where, values } = scopeSql(scope, 'd');
  return { sql: `SELECT ${sql} FROM desired_lrps d${where}`, values, missing };
}
