import type { Loss } from './loss.ts';
import { zonesOf } from './question.ts';
import { groupsOf, keyOf, type Impossible, type Plan, type Search, type Simulations } from './simulations.ts';
import type { CellGroup } from './world.ts';

/** Cells to add, found by simulating. */
export interface Addition {
  groups: CellGroup[];
  /** Instances that fit on no cell of that size, however many are added. */
  impossible: Impossible[];
  /** Whether the loss is survivable in all runs with them: always, unless something is impossible. */
  verified: boolean;
  /** Whether every choice of one cell fewer was tried and fails in some run. */
  oneFewerFails: boolean;
  /** A larger number of cells was found to place fewer instances than a smaller one. */
  nonMonotone: boolean;
  /** One cell more of these groups leaves instances without a place in the canonical run. Looked for if asked. */
  oneMoreFails: CellGroup[];
  simulations: number;
}

/** More than so many steps of growing mean that growing does not help. */
const MOST_STEPS = 40;
/**
 * The smallest number of cells that makes the losses survivable, by zone and pool. A division gives the first guess, and
 * never all of what is missing is added in a step; then as many are taken off as can be. What is found is simulated with
 * all seeds, and so is every way of having one cell fewer: the auction is greedy, so that a plan which is smaller can go
 * well where a larger one does not, and nothing is taken for granted.
 */
export async function cellsToAdd(
  simulations: Simulations,
  losses: readonly Loss[],
  start: readonly CellGroup[] = [],
  looksBeyond = false,
): Promise<Addition> {
  const before = simulations.count;
  const finder = new Finder(simulations, losses);
  const plan = await finder.find(planOf(start));
  const impossible = simulations.impossible();
  return {
    groups: plan === undefined ? [] : groupsOf(plan),
    impossible,
    verified: plan !== undefined && impossible.length === 0,
    oneFewerFails: plan !== undefined,
    nonMonotone: finder.nonMonotone,
    oneMoreFails: plan !== undefined && looksBeyond ? await finder.beyond(plan) : [],
    simulations: simulations.count - before,
  };
}

class Finder {
  readonly #simulations: Simulations;
  readonly #search: Search;
  readonly #losses: readonly Loss[];
  /** The fewest cells in a canonical run, and how many instances it left without a place. */
  readonly #tried: { cells: number; failed: number; loss: Loss }[] = [];
  /** By pool: the largest number of its cells in a plan that had too few. */
  readonly #tooFew = new Map<number, number>();
  /** What failed last is tried first: it is what is most likely to fail. */
  #likely: { loss: Loss; run: number } | undefined;
  nonMonotone = false;

  constructor(simulations: Simulations, losses: readonly Loss[]) {
    this.#simulations = simulations;
    this.#search = simulations.search;
    this.#losses = losses;
  }

  async find(start: Plan): Promise<Plan | undefined> {
    const { seeds } = this.#search;
    // Canonical runs find the region, all seeds decide within it.
    let plan = await this.#grow(start, 0);
    if (plan === undefined && this.#simulations.giveUpHope()) plan = await this.#grow(start, 0);
    if (plan === undefined) return undefined;
    for (const pool of new Set(groupsOf(plan).map((group) => group.pool))) {
      const whole: Plan = plan;
      const enough = (count: number) => this.#survives(this.#reduced(whole, pool, count), 0);
      const count = await least(enough, this.#tooFew.get(pool) ?? -1, countOf(whole, pool));
      plan = this.#reduced(whole, pool, count);
    }
    plan = await this.#grow(plan, seeds);
    while (plan !== undefined) {
      const spared = await this.#spared(plan, seeds);
      if (spared === undefined) return plan;
      plan = spared;
    }
    return undefined;
  }

  /** The groups of a plan that is enough of which one cell more is too many, for the canonical run. */
  async beyond(plan: Plan): Promise<CellGroup[]> {
    const found: CellGroup[] = [];
    for (const group of groupsOf(plan)) {
      const more = new Map(plan).set(keyOf(group.zone, group.pool), { ...group, count: group.count + 1 });
      if (!(await this.#survives(more, 0))) found.push(group);
    }
    return found;
  }

  /** The plan with one cell fewer, if some such plan is enough. */
  async #spared(plan: Plan, seeds: number): Promise<Plan | undefined> {
    for (const group of groupsOf(plan)) {
      const fewer = oneFewer(plan, group);
      if (await this.#survives(fewer, seeds)) return fewer;
    }
    return undefined;
  }

  /** Adds cells where instances fail until none does. `undefined` when that does not help. */
  async #grow(start: Plan, seeds: number): Promise<Plan | undefined> {
    let plan = start;
    for (let step = 0; step < MOST_STEPS; step++) {
      const failure = await this.#failure(plan, seeds);
      if (failure === undefined) return plan;
      if (failure.missing === undefined) return undefined;
      for (const [pool, cells] of failure.missing) {
        this.#tooFew.set(pool, countOf(plan, pool));
        // Where only some ties go wrong, one cell more can be enough.
        plan = this.#with(plan, pool, seeds > 0 ? 1 : cells, failure.loss);
      }
    }
    return undefined;
  }

  async #survives(plan: Plan, seeds: number): Promise<boolean> {
    return (await this.#failure(plan, seeds)) === undefined;
  }

  /** A run that does not go well, if there is one. */
  async #failure(
    plan: Plan,
    seeds: number,
  ): Promise<{ missing: ReadonlyMap<number, number> | undefined; loss: Loss } | undefined> {
    const turns = [
      ...(this.#likely === undefined || this.#likely.run > seeds ? [] : [this.#likely]),
      ...Array.from({ length: seeds + 1 }, (_, run) => this.#losses.map((loss) => ({ loss, run }))).flat(),
    ];
    for (const { loss, run } of turns) {
      const verdict = await this.#simulations.run(plan, loss, run);
      if (run === 0) this.#note(plan, loss, verdict.failed);
      if (!verdict.survives) {
        this.#likely = { loss, run };
        return { missing: verdict.missing, loss };
      }
    }
    return undefined;
  }

  /** Looks for a larger number of cells that places fewer instances than a smaller one. */
  #note(plan: Plan, loss: Loss, failed: number): void {
    const cells = groupsOf(plan).reduce(
      (sum, group) => sum + (group.zone === loss.zone ? 0 : group.count),
      0,
    );
    for (const other of this.#tried) {
      if (other.loss !== loss || other.cells === cells) continue;
      const [fewer, more] = other.cells < cells ? [other.failed, failed] : [failed, other.failed];
      if (more > fewer) this.nonMonotone = true;
    }
    this.#tried.push({ cells, failed, loss });
  }

  /** So many cells more, each where the pool has the fewest among the zones that the loss leaves. */
  #with(plan: Plan, pool: number, cells: number, loss: Loss): Plan {
    const grown = new Map(plan);
    const zones = this.#zonesLeft(loss);
    for (let i = 0; i < cells; i++) {
      const zone = zones.reduce((best, each) =>
        this.#cellsIn(grown, each, pool) < this.#cellsIn(grown, best, pool) ? each : best,
      );
      const key = keyOf(zone, pool);
      grown.set(key, { zone, pool, count: (grown.get(key)?.count ?? 0) + 1 });
    }
    return grown;
  }

  /** The plan with `count` cells of the pool, taken off where the pool has the most. */
  #reduced(plan: Plan, pool: number, count: number): Plan {
    let reduced = plan;
    while (countOf(reduced, pool) > count) {
      const groups = groupsOf(reduced).filter((group) => group.pool === pool);
      const most = groups.reduce((best, each) =>
        this.#cellsIn(reduced, each.zone, pool) >= this.#cellsIn(reduced, best.zone, pool) ? each : best,
      );
      reduced = oneFewer(reduced, most);
    }
    return reduced;
  }

  #cellsIn(plan: Plan, zone: string, pool: number): number {
    const { world } = this.#search;
    const there = world.cells.filter(
      (cell, row) => cell.zone === zone && cell.takesWork && world.pool[row] === pool,
    );
    return there.length + (plan.get(keyOf(zone, pool))?.count ?? 0);
  }

  /** Where cells can be added: the zones that are left; any new zone when none is. */
  #zonesLeft(loss: Loss): string[] {
    const left = zonesOf(this.#search.world).filter((zone) => zone !== loss.zone);
    return left.length > 0 ? left : ['another-zone'];
  }
}

function planOf(groups: readonly CellGroup[]): Plan {
  return new Map(groups.map((group) => [keyOf(group.zone, group.pool), group]));
}

function countOf(plan: Plan, pool: number): number {
  return groupsOf(plan).reduce((sum, group) => sum + (group.pool === pool ? group.count : 0), 0);
}

function oneFewer(plan: Plan, group: CellGroup): Plan {
  return new Map(plan).set(keyOf(group.zone, group.pool), { ...group, count: group.count - 1 });
}

/**
 * The smallest count that is enough, where `tooFew` is not and `high` is: steps of growing length down from `high`, then
 * halves. What is enough need not be so for every larger count; what is returned was tried, and so was one less.
 */
export async function least(
  enough: (count: number) => Promise<boolean>,
  tooFew: number,
  high: number,
): Promise<number> {
  let [low, best] = [tooFew, high];
  for (let step = 1; best - low > 1; step *= 2) {
    const count = Math.max(low + 1, best - step);
    if (await enough(count)) best = count;
    else {
      low = count;
      break;
    }
  }
  while (best - low > 1) {
    const middle = Math.floor((low + best) / 2);
    if (await enough(middle)) best = middle;
    else low = middle;
  }
  return best;
}
