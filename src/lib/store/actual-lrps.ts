import { columnsOf } from './catalogue.ts';
import type { Transaction } from './transaction.ts';
import { project, type WantedColumn } from './projection.ts';

/** What narrows a list of LRPs down. All that are given must hold. */
export interface LrpScope {
  cellId?: string | undefined;
  /** Exactly these. */
  processGuids?: readonly string[] | undefined;
  limit?: number | undefined;
}

export const ACTUAL_LRP_BLOBS = ['net_info', 'internal_routes', 'metric_tags'] as const;

const PLAIN: readonly WantedColumn[] = [
  { name: 'process_guid', absent: "''" },
  { name: 'instance_index', absent: '0' },
  { name: 'presence', absent: '0' },
  { name: 'domain', absent: "''" },
  { name: 'state', absent: "''" },
  { name: 'instance_guid', absent: "''" },
  { name: 'cell_id', absent: "''" },
  { name: 'availability_zone', absent: "''" },
  { name: 'since', absent: 'NULL' },
  { name: 'crash_count', absent: '0' },
  { name: 'crash_reason', absent: "''" },
  { name: 'placement_error', absent: "''" },
  { name: 'routable', absent: 'NULL' },
  { name: 'modification_tag_epoch', absent: "''" },
  { name: 'modification_tag_index', absent: '0' },
];

/** A row without its encrypted columns, in the order of the select list. */
export type ActualLrpTuple = [
  processGuid: string,
  index: number,
  presence: number,
  domain: string,
  state: string,
  instanceGuid: string,
  cellId: string,
  availabilityZone: string,
  since: string | null,
  crashCount: number,
  crashReason: string,
  placementError: string,
  routable: boolean | null,
  epoch: string,
  modificationIndex: number | null,
];

export interface ActualLrpStatement {
  sql: string;
  values: unknown[];
  /** The wanted columns that this store has not got. */
  missing: readonly string[];
}

/** The statement behind {@link ActualLrpTuple}; with `blobs` the encrypted columns follow in the order of ACTUAL_LRP_BLOBS. */
export async function actualLrpStatement(
  transaction: Transaction,
  scope: LrpScope,
  blobs: boolean,
): Promise<ActualLrpStatement> {
  const present = await columnsOf(transaction, 'actual_lrps');
  const wanted = [
    ...PLAIN.map((column) => (column.name === 'presence' ? presenceColumn(present) : column)),
    ...(blobs ? ACTUAL_LRP_BLOBS.map((name) => ({ name, absent: 'NULL' })) : []),
  ];
  const { sql, missing } = project(present, wanted, 'a');
  const { where, values } = scopeSql(scope, 'a');
  return { sql: `SELECT ${sql} FROM actual_lrps a${where}`, values, missing };
}

/** A subquery for the instances of the desired LRP `d`, with their blobs, as a JSON list of {@link ActualLrpTuple}. */
export async function instancesSubquery(
  transaction: Transaction,
): Promise<{ sql: string; missing: readonly string[] }> {
  const present = await columnsOf(transaction, 'actual_lrps');
  const wanted = [...PLAIN, ...ACTUAL_LRP_BLOBS.map((name) => ({ name, absent: 'NULL::text' }))];
  const { missing } = project(present, wanted, 'a');
  const presence = present.has('presence') ? 'a.presence' : presenceColumn(present).absent;
  const values = wanted.map(({ name, absent }) => {
    if (name === 'presence') return presence;
    if (!present.has(name)) return absent;
    // A JSON number is read as a float64, which cannot hold Unix nanoseconds.
    return name === 'since' ? 'a.since::text' : `a.${name}`;
  });
  return {
    sql: `SELECT json_agg(json_build_array(${values.join(', ')}) ORDER BY a.instance_index, ${presence})::text
      FROM actual_lrps a WHERE a.process_guid = d.process_guid`,
    missing,
  };
}

/** Before `presence` there was a flag: an instance had an ordinary and an evacuating row, and no suspect one. */
export function presenceColumn(present: ReadonlySet<string>): WantedColumn {
  return { name: 'presence', absent: present.has('evacuating') ? 'a.evacuating::int' : '0' };
}

/** WHERE and LIMIT of a scope. */
export function scopeSql(scope: LrpScope, alias: string): { where: string; values: unknown[] } {
  const conditions: string[] = [];
  const values: unknown[] = [];
  const placeholder = (value: unknown) => `$${values.push(value)}`;
  if (scope.cellId !== undefined) conditions.push(`${alias}.cell_id = ${placeholder(scope.cellId)}`);
  if (scope.processGuids !== undefined) {
    conditions.push(`${alias}.process_guid = ANY(${placeholder(scope.processGuids)}::text[])`);
  }
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
  const limit = scope.limit === undefined ? '' : ` LIMIT ${placeholder(scope.limit)}`;
  return { where: where + limit, values };
}
