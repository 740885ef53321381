import { headroomTasks, type Headroom } from './headroom.ts';
import type { Demand } from './instances.ts';
import type { SizingModel, World } from './model.ts';
import { demandOf, joined, place, placeTasks, randomOf, rowSet, without, type Placing } from './world.ts';

/** What is lost at once. */
export interface Loss {
  /** The zone that is lost; `null` when single cells are. */
  zone: string | null;
  /** The cells that are lost: all of the zone's and those that were named. */
  lost: ReadonlySet<number>;
  /** How many cells of each other zone a rolling deploy has out of service at that moment. */
  drain: number;
}

/** One run of a loss: with the canonical ties (run 0), or with ties drawn from the run's number as a seed. */
export interface LossRun {
  /** The cells that the rolling deploy has out: the fullest of each zone that is left, as the world of the run has them. */
  drained: ReadonlySet<number>;
  /** What must be placed: what the lost and the drained cells hold, and what has no place before (`from` is -1). */
  demand: Demand & { from: Int32Array };
  placing: Placing;
  /** How many tasks the headroom is, and those of them that found no place, and why. */
  headroomTasks: number;
  headroomFailures: { pool: number; why: string }[];
  survives: boolean;
}

export interface LossOptions {
  headroom: Headroom;
}

/** Loses cells on paper: what they held is auctioned on the others, and then the headroom's tasks. */
export function runLoss(
  model: SizingModel,
  world: World,
  loss: Loss,
  options: LossOptions,
  run: number,
): LossRun {
  const random = randomOf(run);
  const drained = new Set(drainedRows(world, loss.lost, loss.drain));
  const gone = rowSet([...loss.lost, ...drained], world.cells.length);
  const lost = demandOf(world, gone);
  const demand = { ...joined(lost, world.homeless), from: fromOf(lost, world.homeless) };
  const placing = place(model, without(world, gone), demand, random);
  const tasks = headroomTasks(model, placing.world, options.headroom);
  const { failures } =
    tasks.length === 0 ? { failures: [] } : placeTasks(model, placing.world, tasks, random);
  const headroomFailures = failures.flatMap((why, i) =>
    why === undefined ? [] : [{ pool: tasks[i]!.pool, why }],
  );
  return {
    drained,
    demand,
    placing,
    headroomTasks: tasks.length,
    headroomFailures,
    survives: placing.failed === 0 && headroomFailures.length === 0,
  };
}

function fromOf(lost: { from: Int32Array }, homeless: Demand): Int32Array {
  const from = new Int32Array(lost.from.length + homeless.process.length).fill(-1);
  from.set(lost.from);
  return from;
}

/** Every zone in turn, or those that are named. Cells that were named are lost in each case. */
export function lossesOf(
  model: SizingModel,
  question: { zones: readonly string[] | undefined; cells: readonly number[]; drain: number },
): Loss[] {
  const zones = question.zones ?? [];
  const named = question.cells;
  const scenarios: (string | null)[] = zones.length > 0 ? [...zones] : [null];
  return scenarios.map((zone) => {
    const lost = new Set(named);
    if (zone !== null) {
      model.world.cells.forEach((cell, row) => {
        if (cell.zone === zone) lost.add(row);
      });
    }
    return { zone, lost, drain: question.drain };
  });
}

/**
 * The cells that a rolling deploy has out in the worst hour: in each zone that is left, those with the most memory
 * allocated. Cells that were added or have gone on paper count: a deploy goes through the cells that are there.
 */
function drainedRows(world: World, lost: ReadonlySet<number>, drain: number): number[] {
  if (drain <= 0) return [];
  const byZone = new Map<string, number[]>();
  world.cells.forEach((cell, row) => {
    if (lost.has(row) || world.table.zone[row]! < 0) return;
    byZone.set(cell.zone, [...(byZone.get(cell.zone) ?? []), row]);
  });
  const used = (row: number) => world.cells[row]!.total.memoryMb - world.load.memory[row]!;
  return [...byZone.values()].flatMap((rows) =>
    rows
      .sort((a, b) => used(b) - used(a) || (world.cells[a]!.cellId < world.cells[b]!.cellId ? -1 : 1))
      .slice(0, drain),
  );
}
