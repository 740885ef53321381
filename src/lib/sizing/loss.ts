import type { Random } from '../auction/random.ts';
import { headroomTasks, type Headroom } from './headroom.ts';
import type { SizingModel, World } from './model.ts';
import {
  demandOf,
  place,
  placeTasks,
  randomOf,
  rowSet,
  without,
  type Demand,
  type Placing,
} from './world.ts';

/** What is lost at once. */
export interface Loss {
  /** The zone that is lost; `null` when single cells are. */
  zone: string | null;
  /** The cells that are lost: all of the zone's and those that were named. */
  lost: ReadonlySet<number>;
  /** Cells of other zones that a rolling deploy has out of service at that moment. */
  drained: ReadonlySet<number>;
}

/** One run of a loss: with the canonical ties (run 0), or with ties drawn from the run's number as a seed. */
export interface LossRun {
  /** What must be placed again: what the lost and the drained cells hold. */
  demand: Demand & { from: Int32Array };
  placing: Placing;
  /** Headroom tasks that found no place, and why. */
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
  const gone = rowSet([...loss.lost, ...loss.drained], world.cells.length);
  const demand = demandOf(world, gone);
  const placing = place(model, without(world, gone), demand, random);
  const headroomFailures = runHeadroom(model, placing.world, options.headroom, random);
  return {
    demand,
    placing,
    headroomFailures,
    survives: placing.failed === 0 && headroomFailures.length === 0,
  };
}

/** Which of the headroom's tasks find no place on these cells. */
export function runHeadroom(
  model: SizingModel,
  world: World,
  headroom: Headroom,
  random: Random | undefined,
): { pool: number; why: string }[] {
  const tasks = headroomTasks(model, world, headroom);
  if (tasks.length === 0) return [];
  const { failures } = placeTasks(model, world, tasks, random);
  return failures.flatMap((why, i) => (why === undefined ? [] : [{ pool: tasks[i]!.pool, why }]));
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
    return { zone, lost, drained: new Set<number>(drainedRows(model.world, lost, question.drain)) };
  });
}

/**
 * The cells that a rolling deploy has out in the worst hour: in each zone that is left, those with the most memory
 * allocated.
 */
function drainedRows(world: World, lost: ReadonlySet<number>, drain: number): number[] {
  if (drain <= 0) return [];
  const byZone = new Map<string, number[]>();
  world.cells.forEach((cell, row) => {
    if (lost.has(row) || !cell.takesWork) return;
    byZone.set(cell.zone, [...(byZone.get(cell.zone) ?? []), row]);
  });
  const used = (row: number) => world.cells[row]!.total.memoryMb - world.load.memory[row]!;
  return [...byZone.values()].flatMap((rows) =>
    rows
      .sort((a, b) => used(b) - used(a) || (world.cells[a]!.cellId < world.cells[b]!.cellId ? -1 : 1))
      .slice(0, drain),
  );
}
