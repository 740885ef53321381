import { matchLevel, MatchLevel } from '../auction/constraints.ts';
import type { Capacity } from '../auction/types.ts';
import { runLoss, type Loss, type LossOptions, type LossRun } from './loss.ts';
import type { SizingModel, World } from './model.ts';
import type { Pool } from './pools.ts';
import { withCells, type CellGroup } from './world.ts';

/** What a search holds fixed. */
export interface Search {
  model: SizingModel;
  world: World;
  losses: readonly Loss[];
  options: LossOptions;
  /** How many runs with drawn ties must go well besides the canonical one. */
  seeds: number;
  /** The size of a cell that is added to a pool. */
  sizeOf: (pool: Pool) => Capacity;
  /** Awaited between simulations, so that who waits can be told and can interrupt. */
  pause: () => Promise<void>;
}

/** Counts by zone and pool. */
export type Plan = ReadonlyMap<string, CellGroup>;

export const keyOf = (zone: string, pool: number) => `${pool} ${zone}`;

/** An instance that fits on no cell of the size that is added. */
export interface Impossible {
  pool: number;
  process: number;
  memoryMb: number;
  diskMb: number;
}

/** A step never adds as much as a division says: what fits better with room around it needs fewer. */
const MOST_OF_WHAT_IS_MISSING = 0.9;

/** What simulations of plans said, so that none is run twice: cells that were added to the zone that is lost do not matter. */
export class Simulations {
  readonly search: Search;
  /** How many were run. */
  count = 0;
  readonly #known = new Map<string, Verdict>();
  readonly #impossible = new Map<number, Impossible>();
  #hopes = true;

  constructor(search: Search) {
    this.search = search;
  }

  impossible(): Impossible[] {
    return [...this.#impossible.values()];
  }

  /**
   * What is too large for the cells that are added can still find a place on a larger one that is there, once others leave
   * it to the new ones. This ends that hope: such instances count as impossible from now on. False if it was over already.
   */
  giveUpHope(): boolean {
    const had = this.#hopes;
    this.#hopes = false;
    this.#known.clear();
    return had;
  }

  async run(plan: Plan, loss: Loss, run: number): Promise<Verdict> {
    const groups = groupsOf(plan).filter((group) => group.zone !== loss.zone);
    const key = JSON.stringify([loss.zone, run, groups]);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    await this.search.pause();
    this.count++;
    const { model, world, options, sizeOf } = this.search;
    const verdict = this.#verdict(
      runLoss(model, withCells(model, world, groups, sizeOf), loss, options, run),
    );
    this.#known.set(key, verdict);
    return verdict;
  }

  /** Well but for what no cell of the size could hold; else by pool what is missing. */
  #verdict(run: LossRun): Verdict {
    const missing = run.survives ? new Map<number, number>() : this.#missing(run);
    return { survives: missing?.size === 0, missing, failed: run.placing.failed };
  }

  /** By pool, at least one cell, but fewer than a division says. `undefined`: cells of this size do not help. */
  #missing(run: LossRun): Map<number, number> | undefined {
    const { model, sizeOf, options } = this.search;
    const needs = new Map<number, Capacity>();
    const need = (pool: number, memoryMb: number, diskMb: number) => {
      const sum = needs.get(pool) ?? { memoryMb: 0, diskMb: 0, containers: 0 };
      sum.memoryMb += memoryMb;
      sum.diskMb += diskMb;
      sum.containers++;
      needs.set(pool, sum);
    };
    run.placing.cell.forEach((cell, item) => {
      const process = model.processes[run.demand.process[item]!]!;
      if (cell >= 0 || this.#isImpossible(run.demand.process[item]!)) return;
      need(process.pool, process.memoryMb + model.pools[process.pool]!.proxyMemoryMb, process.diskMb);
    });
    for (const { pool } of run.headroomFailures) {
      const size = sizeOf(model.pools[pool]!);
      const { memoryMb, diskMb } = options.headroom;
      if (memoryMb > size.memoryMb || diskMb > size.diskMb || size.containers < 1) return undefined;
      need(pool, memoryMb, diskMb);
    }
    return new Map(
      [...needs].map(([pool, sum]) => {
        const size = sizeOf(model.pools[pool]!);
        const cells = Math.max(
          sum.memoryMb / size.memoryMb,
          sum.diskMb / size.diskMb,
          sum.containers / size.containers,
        );
        return [pool, Math.max(1, Math.floor(cells * MOST_OF_WHAT_IS_MISSING))];
      }),
    );
  }

  #isImpossible(number: number): boolean {
    if (this.#impossible.has(number)) return true;
    const { model, world, sizeOf } = this.search;
    const process = model.processes[number]!;
    const { memoryMb, diskMb } = process;
    const pool = model.pools[process.pool];
    const fits = (size: Capacity, proxy: number) =>
      memoryMb + proxy <= size.memoryMb && diskMb <= size.diskMb && size.containers >= 1;
    if (pool !== undefined && fits(sizeOf(pool), pool.proxyMemoryMb)) return false;
    const constraint = model.constraints.list[process.constraint]!;
    if (
      this.#hopes &&
      world.cells.some(
        (cell) =>
          cell.takesWork &&
          fits(cell.total, cell.proxyMemoryMb) &&
          matchLevel(cell, constraint) === MatchLevel.all,
      )
    ) {
      return false;
    }
    this.#impossible.set(number, { pool: process.pool, process: number, memoryMb, diskMb });
    return true;
  }
}

export interface Verdict {
  survives: boolean;
  /** By pool, a guess at how many cells are missing. `undefined`: none would help. */
  missing: ReadonlyMap<number, number> | undefined;
  /** How many instances found no place. */
  failed: number;
}

export function groupsOf(plan: Plan): CellGroup[] {
  return [...plan.values()]
    .filter((group) => group.count > 0)
    .sort((a, b) => a.pool - b.pool || (a.zone < b.zone ? -1 : 1));
}
