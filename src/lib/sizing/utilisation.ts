import type { PoolLoss } from './loss-report.ts';
import type { SizingModel, World } from './model.ts';

export interface Utilisation {
  memory: number | null;
  disk: number | null;
  containers: number | null;
}

export type Resource = 'memory' | 'disk' | 'containers';

export interface CellUtilisation {
  cell_id: string;
  zone: string;
  pool: string;
  before: Utilisation;
  after: Utilisation;
  instances_before: number;
  instances_after: number;
}

export interface ZoneUtilisation {
  zone: string;
  cells: number;
  total_memory_mb: number;
  before: Utilisation;
  after: Utilisation;
}

export interface RunsOutFirst {
  resource: Resource;
  pool: string;
  utilisation: number;
  exhausted: boolean;
}

/** Zones that are left and their cells, before and after. */
export function utilisationOf(
  model: SizingModel,
  before: World,
  after: World,
  gone: (row: number) => boolean,
): { zones: ZoneUtilisation[]; cells: CellUtilisation[] } {
  const held = (world: World) => {
    const counts = new Int32Array(before.cells.length);
    for (const row of world.instances.cell) counts[row]!++;
    return counts;
  };
  const [heldBefore, heldAfter] = [held(before), held(after)];
  const rows = before.cells.map((_, row) => row).filter((row) => !gone(row) && before.pool[row]! >= 0);
  const used = (world: World, members: readonly number[]): Utilisation => {
    const share = (total: (row: number) => number, free: Int32Array) => {
      const all = members.reduce((sum, row) => sum + total(row), 0);
      const left = members.reduce((sum, row) => sum + free[row]!, 0);
      return all > 0 ? (all - left) / all : null;
    };
    return {
      memory: share((row) => before.cells[row]!.total.memoryMb, world.load.memory),
      disk: share((row) => before.cells[row]!.total.diskMb, world.load.disk),
      containers: share((row) => before.cells[row]!.total.containers, world.load.containers),
    };
  };
  const zones = [...new Set(rows.map((row) => before.cells[row]!.zone))].sort();
  return {
    zones: zones.map((zone) => {
      const members = rows.filter((row) => before.cells[row]!.zone === zone);
      return {
        zone,
        cells: members.length,
        total_memory_mb: members.reduce((sum, row) => sum + before.cells[row]!.total.memoryMb, 0),
        before: used(before, members),
        after: used(after, members),
      };
    }),
    cells: rows
      .map((row) => ({
        cell_id: before.cells[row]!.cellId,
        zone: before.cells[row]!.zone,
        pool: model.pools[before.pool[row]!]!.name,
        before: used(before, [row]),
        after: used(after, [row]),
        instances_before: heldBefore[row]!,
        instances_after: heldAfter[row]!,
      }))
      .sort((a, b) => (a.zone + a.cell_id < b.zone + b.cell_id ? -1 : 1)),
  };
}

/** What most failing instances lack; when none fails, what is fullest afterwards. */
export function runsOutFirst(
  model: SizingModel,
  after: World,
  gone: (row: number) => boolean,
  pools: readonly PoolLoss[],
): RunsOutFirst | null {
  const resources = ['memory', 'disk', 'containers'] as const;
  const share = (resource: Resource, pool: number): number => {
    let [total, left] = [0, 0];
    after.cells.forEach((cell, row) => {
      if (gone(row) || after.pool[row] !== pool) return;
      const key = resource === 'memory' ? 'memoryMb' : resource === 'disk' ? 'diskMb' : 'containers';
      total += cell.total[key];
      left += after.load[resource][row]!;
    });
    return total > 0 ? (total - left) / total : 0;
  };
  const lacking = (resource: Resource, pool: PoolLoss) =>
    pool.reasons.reduce(
      (sum, { placement_error: text, count }) =>
        text.startsWith('insufficient resources: ') && text.includes(resource) ? sum + count : sum,
      0,
    );
  const ranked = pools
    .flatMap((pool, number) =>
      pool.cells_left === 0
        ? []
        : resources.map((resource) => ({
            resource,
            pool: model.pools[number]!.name,
            lacking: lacking(resource, pool),
            utilisation: share(resource, number),
          })),
    )
    .sort((a, b) => b.lacking - a.lacking || b.utilisation - a.utilisation);
  const [first] = ranked;
  if (first === undefined) return null;
  return {
    resource: first.resource,
    pool: first.pool,
    utilisation: first.utilisation,
    exhausted: first.lacking > 0,
  };
}
