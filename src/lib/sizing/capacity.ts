import type { SizingModel, World } from './model.ts';

/** Memory and disk in MiB, and containers: the three that Diego places by. */
export interface ResourceFigures {
  memory_mb: number;
  disk_mb: number;
  containers: number;
}

/** What is left of a resource, and what of it can be used. */
export interface Usable {
  /** The app's instance: memory with the proxy's share, and disk. */
  memory_mb: number;
  disk_mb: number;
  /** How many instances of it still fit, cell by cell. */
  instances: number;
  /** The part of all free memory that these instances would use, from 0 to 1; `null` when no memory is free. */
  share_of_free_memory: number | null;
}

/** Capacity of some cells: of a pool in a zone, of a zone or a pool, or of all. */
export interface CapacityRow {
  /** `null`: all. */
  zone: string | null;
  pool: string | null;
  cells: number;
  /** Cells among them that take no work: evacuating, or without an answer. */
  closed_cells: number;
  total: ResourceFigures;
  allocated: ResourceFigures;
  /** Without what closed cells have and what is over-committed. */
  free: ResourceFigures;
  /** From 0 to 1; `null` where nothing is there. */
  utilisation: { memory: number | null; disk: number | null; containers: number | null };
  /** The most memory and the most disk that one more instance can have, the proxy deducted. */
  largest_instance: { memory_mb: number; disk_mb: number };
  /** Fragmentation: what can be used of what is free by instances of the median and of the largest app. */
  usable: { median_app: Usable | null; largest_app: Usable | null };
  /** What is allocated above the total, on the cells where that is so. */
  overcommitted: ResourceFigures;
}

/** By zone and pool, by zone, by pool, and all together; in this order. */
export function capacityNow(model: SizingModel, world: World): CapacityRow[] {
  const zones = [
    ...new Set(world.cells.filter((_, row) => world.pool[row]! >= 0).map((cell) => cell.zone)),
  ].sort();
  const rows = world.cells.map((_, row) => row).filter((row) => world.pool[row]! >= 0);
  const of = (zone: string | null, pool: number | null): CapacityRow[] => {
    const members = rows.filter(
      (row) =>
        (zone === null || world.cells[row]!.zone === zone) && (pool === null || world.pool[row] === pool),
    );
    return members.length === 0 ? [] : [capacityOf(model, world, members, zone, pool)];
  };
  const pools = model.pools.map((_, pool) => pool);
  return [
    ...zones.flatMap((zone) => pools.flatMap((pool) => of(zone, pool))),
    ...zones.flatMap((zone) => of(zone, null)),
    ...pools.flatMap((pool) => of(null, pool)),
    ...of(null, null),
  ];
}

function capacityOf(
  model: SizingModel,
  world: World,
  rows: readonly number[],
  zone: string | null,
  pool: number | null,
): CapacityRow {
  const { cells, load } = world;
  const open = openRows(world);
  const sum = (of: (row: number) => number) => rows.reduce((total, row) => total + of(row), 0);
  const figures = (of: (row: number) => readonly [number, number, number]): ResourceFigures => ({
    memory_mb: sum((row) => of(row)[0]),
    disk_mb: sum((row) => of(row)[1]),
    containers: sum((row) => of(row)[2]),
  });
  const total = figures((row) => {
    const { memoryMb, diskMb, containers } = cells[row]!.total;
    return [memoryMb, diskMb, containers];
  });
  const left = (row: number) => [load.memory[row]!, load.disk[row]!, load.containers[row]!] as const;
  const available = figures(left);
  const allocated = {
    memory_mb: total.memory_mb - available.memory_mb,
    disk_mb: total.disk_mb - available.disk_mb,
    containers: total.containers - available.containers,
  };
  const taking = rows.filter((row) => open.has(row));
  const free = figures((row) =>
    open.has(row)
      ? [Math.max(0, load.memory[row]!), Math.max(0, load.disk[row]!), Math.max(0, load.containers[row]!)]
      : [0, 0, 0],
  );
  const withSlot = taking.filter((row) => load.containers[row]! > 0);
  const most = (of: (row: number) => number) => withSlot.reduce((best, row) => Math.max(best, of(row)), 0);
  const apps = appSizes(model, world, new Set(rows));
  const share = (used: number, all: number) => (all > 0 ? used / all : null);
  return {
    zone,
    pool: pool === null ? null : model.pools[pool]!.name,
    cells: rows.length,
    closed_cells: rows.length - taking.length,
    total,
    allocated,
    free,
    utilisation: {
      memory: share(allocated.memory_mb, total.memory_mb),
      disk: share(allocated.disk_mb, total.disk_mb),
      containers: share(allocated.containers, total.containers),
    },
    largest_instance: {
      memory_mb: most((row) => load.memory[row]! - cells[row]!.proxyMemoryMb),
      disk_mb: most((row) => load.disk[row]!),
    },
    usable: {
      median_app: apps.median === undefined ? null : usable(world, taking, apps.median, free.memory_mb),
      largest_app: apps.largest === undefined ? null : usable(world, taking, apps.largest, free.memory_mb),
    },
    overcommitted: figures((row) => {
      const [memory, disk, containers] = left(row);
      return [Math.max(0, -memory), Math.max(0, -disk), Math.max(0, -containers)];
    }),
  };
}

interface AppSize {
  memoryMb: number;
  diskMb: number;
}

/** The instance in the middle and the one at the end, by memory and then disk, of what runs on the cells. */
function appSizes(
  model: SizingModel,
  world: World,
  rows: ReadonlySet<number>,
): { median: AppSize | undefined; largest: AppSize | undefined } {
  const counts = new Map<number, number>();
  const { cell, process } = world.instances;
  for (let i = 0; i < cell.length; i++) {
    if (rows.has(cell[i]!)) counts.set(process[i]!, (counts.get(process[i]!) ?? 0) + 1);
  }
  const sizes = [...counts]
    .map(([number, count]) => ({ ...model.processes[number]!, count }))
    .sort((a, b) => a.memoryMb - b.memoryMb || a.diskMb - b.diskMb);
  const all = sizes.reduce((sum, { count }) => sum + count, 0);
  let before = 0;
  const median = sizes.find(({ count }) => (before += count) * 2 >= all);
  return { median, largest: sizes.at(-1) };
}

function usable(world: World, rows: readonly number[], app: AppSize, freeMemory: number): Usable {
  let instances = 0;
  let used = 0;
  let withProxy = app.memoryMb;
  for (const row of rows) {
    const memory = app.memoryMb + world.cells[row]!.proxyMemoryMb;
    withProxy = Math.max(withProxy, memory);
    const fit = Math.min(
      times(world.load.memory[row]!, memory),
      times(world.load.disk[row]!, app.diskMb),
      Math.max(0, world.load.containers[row]!),
    );
    instances += fit;
    used += fit * memory;
  }
  return {
    memory_mb: withProxy,
    disk_mb: app.diskMb,
    instances,
    share_of_free_memory: freeMemory > 0 ? used / freeMemory : null,
  };
}

function times(free: number, each: number): number {
  if (free < 0) return 0;
  return each > 0 ? Math.floor(free / each) : Infinity;
}

function openRows(world: World): ReadonlySet<number> {
  return new Set(world.table.members.flatMap((rows) => [...rows]));
}
