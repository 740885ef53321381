import { presenceOf } from './rows.ts';
import { readCellLoads } from '../store/cell-loads.ts';
import type { Transaction } from '../store/transaction.ts';
import { cellsOf, lrpLoads, noUse, taskLoads, type CellAndUse, type LrpLoad } from './cells.ts';
import { readPresences, type StoreSource } from './from-store.ts';
import { Gaps } from './gaps.ts';
import { ValueOpener } from './open-values.ts';
import { collect, streamActualLrps, streamDesiredLrps, streamTasks } from './store-streams.ts';
import type { ActualLrp, ActualLrpState, DesiredLrp, Foundation, Gap, Task } from './types.ts';

/** All cells with what they hold. */
export interface CellsAnswer {
  cells: CellAndUse[];
  gaps: Gap[];
}

/** One cell with all that is on it. */
export interface CellContents {
  desired_lrps: DesiredLrp[];
  actual_lrps: ActualLrp[];
  tasks: Task[];
}

/** The cells from the store and Locket. PostgreSQL adds up the LRPs, so it does not matter how many there are. */
export async function cellsFromStore(source: StoreSource): Promise<CellsAnswer> {
  const gaps = new Gaps();
  const cells = await source.store.readOnly((transaction) => readCells(transaction, source, gaps));
  return { cells, gaps: gaps.list() };
}

/** {@link cellsFromStore} for who reads more at the same moment. */
export async function readCells(
  transaction: Transaction,
  source: StoreSource,
  gaps: Gaps,
): Promise<CellAndUse[]> {
  const presences = await readPresences(source, transaction, gaps);
  const loads = (await readCellLoads(transaction)).map((row): LrpLoad => ({
    ...row,
    state: row.state as ActualLrpState,
    presence: presenceOf(row.presence),
  }));
  const cells = cellsOf(presences, loads, await runningTasks(transaction, source, gaps));
  const unsized = cells.reduce((sum, { use }) => sum + use.unsized, 0);
  if (unsized > 0) {
    gaps.add(
      'sizes',
      `of ${unsized} ${unsized === 1 ? 'instance or task' : 'instances and tasks'} the size is not known, so what is allocated is too low`,
    );
  }
  return cells;
}

export function cellsFromFoundation(foundation: Foundation): CellsAnswer {
  const cells = cellsOf(
    [],
    lrpLoads(foundation.desired_lrps, foundation.actual_lrps),
    taskLoads(foundation.tasks),
  );
  const uses = new Map(cells.map(({ cell, use }) => [cell.cell_id, use]));
  const known = new Set(foundation.cells.map(({ cell_id }) => cell_id));
  return {
    cells: [
      ...foundation.cells.map((cell) => ({ cell, use: uses.get(cell.cell_id) ?? noUse() })),
      ...cells.filter(({ cell }) => !known.has(cell.cell_id)),
    ],
    gaps: foundation.gaps,
  };
}

/** What is on one cell, from the store. */
export async function readCellContents(
  transaction: Transaction,
  { keyring }: StoreSource,
  cellId: string,
  gaps: Gaps,
): Promise<CellContents> {
  const opener = new ValueOpener(keyring, gaps);
  const actual = await collect(streamActualLrps(transaction, gaps, { cellId }));
  const processGuids = [...new Set(actual.map(({ process_guid }) => process_guid))];
  return {
    actual_lrps: actual,
    desired_lrps: await collect(streamDesiredLrps(transaction, opener, gaps, { processGuids })),
    tasks: await collect(streamTasks(transaction, opener, gaps, { cellId })),
  };
}

export function cellContentsFromFoundation(foundation: Foundation, cellId: string): CellContents {
  const actual = foundation.actual_lrps.filter((lrp) => lrp.cell_id === cellId);
  const guids = new Set(actual.map(({ process_guid }) => process_guid));
  return {
    actual_lrps: actual,
    desired_lrps: foundation.desired_lrps.filter(({ process_guid }) => guids.has(process_guid)),
    tasks: foundation.tasks.filter((task) => task.cell_id === cellId),
  };
}

async function runningTasks(transaction: Transaction, source: StoreSource, gaps: Gaps) {
  const opener = new ValueOpener(source.keyring, gaps);
  return taskLoads(await collect(streamTasks(transaction, opener, gaps, { onCells: true })));
}
