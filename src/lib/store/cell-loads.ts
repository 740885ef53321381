import { presenceColumn } from './actual-lrps.ts';
import { columnsOf } from './catalogue.ts';
import type { Transaction } from './transaction.ts';
import { project } from './projection.ts';

/** The instances of one cell that are in the same state, added up by PostgreSQL. */
export interface CellLoadRow {
  cell_id: string;
  state: string;
  presence: number;
  zone: string;
  count: number;
  memory_mb: number;
  disk_mb: number;
  /** Instances without a desired LRP. */
  unsized: number;
}

/**
 * One row for each cell and state, however many instances there are. An instance whose desired LRP is gone still holds its
 * container, but only the rep knows how large it is.
 */
export async function readCellLoads(transaction: Transaction): Promise<CellLoadRow[]> {
  const present = await columnsOf(transaction, 'actual_lrps');
  const { sql } = project(
    present,
    [presenceColumn(present), { name: 'availability_zone', absent: "''" }],
    'a',
  );
  return transaction.query<CellLoadRow>(
    `SELECT a.cell_id, a.state, a.presence, max(a.availability_zone) AS zone, count(*)::int AS count,
            coalesce(sum(d.memory_mb), 0)::float8 AS memory_mb, coalesce(sum(d.disk_mb), 0)::float8 AS disk_mb,
            count(*) FILTER (WHERE d.process_guid IS NULL)::int AS unsized
       FROM (SELECT a.process_guid, a.cell_id, a.state, ${sql} FROM actual_lrps a WHERE a.cell_id <> '') a
       LEFT JOIN desired_lrps d ON d.process_guid = a.process_guid
      GROUP BY 1, 2, 3`,
  );
}
