import { runLoss } from './loss.ts';
import type { World } from './model.ts';
import { least } from './search.ts';
import type { Search } from './simulations.ts';
import { demandOf, place, randomOf, rowSet, without } from './world.ts';

/** Cells that could go. */
export interface Spare {
  pool: number;
  /** In the order in which they would go: where the pool has the most cells, the one with the least on it. */
  rows: number[];
  /** Whether one more was simulated and fails; false when the pool would have no cell left. */
  oneMoreFails: boolean;
}

/**
 * How many cells of each pool could go while the losses stay survivable, each pool by itself. What the cells hold moves
 * first, by the same auction; then the losses are simulated again.
 */
export async function cellsToSpare(search: Search): Promise<Spare[]> {
  const spares: Spare[] = [];
  for (const pool of search.model.pools.keys()) {
    const order = removalOrder(search.world, pool);
    const stays = (left: number, seeds: number) => canGo(search, order.slice(0, order.length - left), seeds);
    // Canonical runs find the region, starting from what a division says; all seeds decide within it.
    const guess = order.length - spareByDivision(search, pool);
    let left = await around((count) => stays(count, 0), 0, order.length, guess);
    while (left < order.length && !(await stays(left, search.seeds))) left++;
    spares.push({ pool, rows: order.slice(0, order.length - left), oneMoreFails: left > 0 });
  }
  return spares;
}

/** What would be left over after the worst loss, in cells: a guess to start from. */
function spareByDivision(search: Search, pool: number): number {
  const { model, world, losses, options } = search;
  const [loss] = losses;
  if (loss === undefined) return 0;
  const after = runLoss(model, world, loss, options, 0).placing.world;
  const rows = after.table.members
    .flatMap((members) => [...members])
    .filter((row) => world.pool[row] === pool);
  const free = rows.reduce((sum, row) => sum + Math.max(0, after.load.memory[row]!), 0);
  const all = world.pool.filter((each) => each === pool).length;
  const share = rows.length > 0 ? all / rows.length : 1;
  return Math.min(all - 1, Math.floor((free / model.pools[pool]!.cellSize.memoryMb) * share));
}

/** The same from a guess in the middle, where `high` is enough and less than `low` is none at all. */
async function around(
  enough: (count: number) => Promise<boolean>,
  low: number,
  high: number,
  guess: number,
): Promise<number> {
  let count = Math.min(high, Math.max(low, guess));
  let tooFew = low - 1;
  for (let step = 1; count < high && !(await enough(count)); step *= 2) {
    tooFew = count;
    count = Math.min(high, count + step);
  }
  return least(enough, tooFew, count);
}

async function canGo(search: Search, rows: readonly number[], seeds: number): Promise<boolean> {
  const { model, world, losses, options } = search;
  const leaving = rowSet(rows, world.cells.length);
  for (let run = 0; run <= seeds; run++) {
    await search.pause();
    const demand = demandOf(world, leaving);
    const moved = place(model, without(world, leaving), demand, randomOf(run));
    if (moved.failed > 0) return false;
    for (const loss of losses) {
      if (!runLoss(model, moved.world, loss, options, run).survives) return false;
    }
  }
  return true;
}

function removalOrder(world: World, pool: number): number[] {
  const rest = new Map<string, number[]>();
  const used = (row: number) => world.cells[row]!.total.memoryMb - world.load.memory[row]!;
  world.table.members.forEach((rows, zone) => {
    const members = [...rows].filter((row) => world.pool[row] === pool);
    members.sort((a, b) => used(a) - used(b) || (world.cells[a]!.cellId < world.cells[b]!.cellId ? -1 : 1));
    if (members.length > 0) rest.set(world.table.zones[zone]!, members);
  });
  const order: number[] = [];
  for (;;) {
    const [largest] = [...rest.values()].sort((a, b) => b.length - a.length);
    const row = largest?.shift();
    if (row === undefined) return order;
    order.push(row);
  }
}
