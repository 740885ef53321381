import { instancesSubquery, presenceColumn } from './actual-lrps.ts';
import { columnsOf } from './catalogue.ts';
import type { Transaction } from './transaction.ts';
import { desiredLrpStatement, type DesiredLrpBlob, type DesiredLrpStatement } from './desired-lrps.ts';
import { project } from './projection.ts';

/** What stands behind the columns and blobs of a desired LRP in {@link lrpSummaryStatement}: its instances, added up. */
export type LrpSummaryTuple = [
  running: number,
  claimed: number,
  unclaimed: number,
  crashed: number,
  suspect: number,
  evacuating: number,
  crashCount: number,
  /** JSON lists. */
  zones: string,
  placementErrors: string,
  /** The instances, when they were asked for. */
  instances?: string,
];

/**
 * Desired LRPs with their instances added up by PostgreSQL, by process guid. The states are counted over ordinary instances: an evacuating
 * row stands beside the ordinary row of its replacement, and a suspect one beside that of its successor.
 */
export async function lrpSummaryStatement(
  transaction: Transaction,
  blobs: readonly DesiredLrpBlob[],
  withInstances: boolean,
  limit?: number,
): Promise<DesiredLrpStatement & { missingOfInstances: readonly string[] }> {
  const desired = await desiredLrpStatement(transaction, {}, blobs);
  const present = await columnsOf(transaction, 'actual_lrps');
  const { sql } = project(
    present,
    [presenceColumn(present), { name: 'availability_zone', absent: "''" }],
    'a',
  );
  const counted = (state: string) => `count(*) FILTER (WHERE a.presence = 0 AND a.state = '${state}')`;
  const columns = [
    ...['RUNNING', 'CLAIMED', 'UNCLAIMED', 'CRASHED'].map(counted),
    'count(*) FILTER (WHERE a.presence = 2)',
    'count(*) FILTER (WHERE a.presence = 1)',
    'sum(a.crash_count)',
  ].map((expression, i) => `(${expression})::int AS s${i}`);
  const summary = `SELECT a.process_guid, ${columns.join(', ')},
      json_agg(DISTINCT a.availability_zone) FILTER (WHERE a.availability_zone <> '' AND a.cell_id <> '')::text AS zones,
      json_agg(DISTINCT a.placement_error) FILTER (WHERE a.placement_error <> '')::text AS placement_errors
    FROM (SELECT a.process_guid, a.state, a.cell_id, a.crash_count, a.placement_error, ${sql} FROM actual_lrps a) a
    GROUP BY a.process_guid`;
  const sums = columns.map((_, i) => `coalesce(i.s${i}, 0)`).join(', ');
  const instances = withInstances ? await instancesSubquery(transaction) : undefined;
  const last = instances === undefined ? '' : `, coalesce((${instances.sql}), '[]')`;
  const select = desired.sql.slice('SELECT '.length, desired.sql.indexOf(' FROM desired_lrps d'));
  return {
    sql: `SELECT ${select}, ${sums}, coalesce(i.zones, '[]'), coalesce(i.placement_errors, '[]')${last}
      FROM desired_lrps d LEFT JOIN (${summary}) i ON i.process_guid = d.process_guid ORDER BY d.process_guid
      LIMIT $1`,
    values: [limit ?? null],
    missing: desired.missing,
    missingOfInstances: instances?.missing ?? [],
  };
}
