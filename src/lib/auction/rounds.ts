import type { AuctionCell, AuctionRound, LrpAuction, TaskAuction } from './types.ts';

/**
 * The cells once everything that a round placed on them runs: what is free then, what they hold, and nothing starting any
 * more.
 */
export function afterRound(cells: readonly AuctionCell[], round: AuctionRound): AuctionCell[] {
  const placed = new Map<string, string[]>();
  for (const { cellId, processGuid } of round.placements) {
    const processes = placed.get(cellId);
    if (processes === undefined) placed.set(cellId, [processGuid]);
    else processes.push(processGuid);
  }
  const after = new Map(round.cellsAfter.map((cell) => [cell.cellId, cell]));
  return cells.map((cell) => {
    const { available, tasks } = after.get(cell.cellId) ?? cell;
    const processes = placed.get(cell.cellId);
    return {
      ...cell,
      available,
      tasks,
      startingContainers: 0,
      processes: processes === undefined ? cell.processes : [...cell.processes, ...processes],
    };
  });
}

/** The batch of the next round: what failed in this one, in the order in which this batch had it. */
export function failedOf(
  batch: { lrps: readonly LrpAuction[]; tasks: readonly TaskAuction[] },
  round: AuctionRound,
): { lrps: LrpAuction[]; tasks: TaskAuction[] } {
  const lrps = new Set(round.failed.map((lrp) => `${lrp.processGuid}.${lrp.index}`));
  const tasks = new Set(round.failedTasks.map((task) => task.taskGuid));
  return {
    lrps: batch.lrps.filter((lrp) => lrps.has(`${lrp.processGuid}.${lrp.index}`)),
    tasks: batch.tasks.filter((task) => tasks.has(task.taskGuid)),
  };
}
