import { runAuction, type AuctionInput } from './auction.ts';
import type { AuctionCell, AuctionRound, LrpAuction, TaskAuction } from './types.ts';

/** Rounds go on while they place something; with a limit on starting containers there can be many. */
export const MOST_ROUNDS = 1000;

/** What came of a batch after as many rounds as placed something: failures are those of the last one. */
export interface Rounds extends AuctionRound {
  /** How many rounds placed something. */
  rounds: number;
}

/**
 * Auctions a batch, and what failed again, as Diego does every 30 seconds: what a cell turned down at commit, or what the
 * limit on starting containers held back, finds a place then.
 */
export function runRounds(input: AuctionInput): Rounds {
  let batch = input;
  let round = runAuction(batch);
  const placements = [...round.placements];
  const taskPlacements = [...round.taskPlacements];
  let rounds = 0;
  while (round.placements.length + round.taskPlacements.length > 0) {
    rounds++;
    if (round.failed.length + round.failedTasks.length === 0 || rounds === MOST_ROUNDS) break;
    batch = { ...batch, ...failedOf(batch, round), cells: afterRound(batch.cells, round) };
    round = runAuction(batch);
    for (const each of round.placements) placements.push(each);
    for (const each of round.taskPlacements) taskPlacements.push(each);
  }
  return { ...round, placements, taskPlacements, rounds };
}

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
