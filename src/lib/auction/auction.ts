import { cellLoad, cellTable } from './cell-table.ts';
import { seededRandom } from './random.ts';
import { COMMIT_FAILURE, PLACED, schedule } from './schedule.ts';
import type { AuctionCell, AuctionRound, AuctionSettings, LrpAuction, TaskAuction } from './types.ts';
import { Constraints, type WorkTable } from './work-table.ts';

export interface AuctionInput {
  cells: readonly AuctionCell[];
  lrps: readonly LrpAuction[];
  tasks: readonly TaskAuction[];
  settings: AuctionSettings;
  /** Draws the ties that Diego leaves to chance. Without it, the canonical order decides them. */
  seed?: number;
}

/**
 * Runs one batch through Diego's auction: what is placed where, what fails and with which words, and how the cells stand
 * afterwards. As in auctionrunner's Batch, the second of two items with the same identity is dropped.
 */
export function runAuction(input: AuctionInput): AuctionRound {
  const lrps = unique(input.lrps, (lrp) => `${lrp.processGuid}.${lrp.index}`);
  const tasks = unique(input.tasks, (task) => task.taskGuid);
  const constraints = new Constraints();
  const processes = new Map<string, number>();
  for (const { processGuid } of lrps) {
    if (!processes.has(processGuid)) processes.set(processGuid, processes.size);
  }
  const cells = cellTable(input.cells);
  const outcome = schedule({
    cells,
    load: cellLoad(input.cells),
    running: runningOf(input.cells, processes),
    processes: processes.size,
    lrps: workTable(
      lrps,
      constraints,
      (lrp) => processes.get(lrp.processGuid)!,
      (lrp) => lrp.index,
    ),
    tasks: workTable(tasks, constraints),
    constraints: constraints.list,
    settings: input.settings,
    random: input.seed === undefined ? undefined : seededRandom(input.seed),
  });

  const held = Int32Array.from(input.cells, (cell) => cell.processes.length);
  const failure = (text: number) => ({
    placementError: outcome.texts[text]!,
    stage: text === COMMIT_FAILURE ? ('commit' as const) : ('auction' as const),
  });
  const round: AuctionRound = {
    placements: [],
    taskPlacements: [],
    failed: [],
    failedTasks: [],
    cellsAfter: [],
  };
  lrps.forEach(({ processGuid, index }, item) => {
    const text = outcome.lrpFailure[item]!;
    const cell = outcome.lrpCell[item]!;
    if (text === PLACED) {
      held[cell]!++;
      round.placements.push({ processGuid, index, cellId: cells.cellIds[cell]! });
    } else {
      round.failed.push({ processGuid, index, ...failure(text) });
    }
  });
  tasks.forEach(({ taskGuid }, item) => {
    const text = outcome.taskFailure[item]!;
    if (text === PLACED) {
      round.taskPlacements.push({ taskGuid, cellId: cells.cellIds[outcome.taskCell[item]!]! });
    } else {
      round.failedTasks.push({ taskGuid, ...failure(text) });
    }
  });
  round.cellsAfter = cells.cellIds.map((cellId, cell) => ({
    cellId,
    available: {
      memoryMb: outcome.load.memory[cell]!,
      diskMb: outcome.load.disk[cell]!,
      containers: outcome.load.containers[cell]!,
    },
    lrps: held[cell]!,
    tasks: outcome.load.tasks[cell]!,
  }));
  return round;
}

function unique<T>(items: readonly T[], identity: (item: T) => string): readonly T[] {
  const seen = new Set<string>();
  return items.filter((item) => {
    const key = identity(item);
    return seen.has(key) ? false : seen.add(key);
  });
}

function workTable<T extends TaskAuction | LrpAuction>(
  work: readonly T[],
  constraints: Constraints,
  process: (item: T) => number = () => 0,
  index: (item: T) => number = () => 0,
): WorkTable {
  return {
    size: work.length,
    process: Int32Array.from(work, process),
    index: Int32Array.from(work, index),
    memory: Int32Array.from(work, (item) => item.memoryMb),
    disk: Int32Array.from(work, (item) => item.diskMb),
    constraint: Int32Array.from(work, (item) => constraints.add(item.constraint)),
  };
}

function runningOf(cells: readonly AuctionCell[], processes: ReadonlyMap<string, number>) {
  const on: number[] = [];
  const of: number[] = [];
  cells.forEach((cell, row) => {
    for (const guid of cell.processes) {
      const process = processes.get(guid);
      if (process === undefined) continue;
      on.push(row);
      of.push(process);
    }
  });
  return { cell: Int32Array.from(on), process: Int32Array.from(of) };
}
