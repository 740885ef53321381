import { cellLoad, cellTable, type CellLoad, type CellTable } from '../auction/cell-table.ts';
import { matchLevel, MatchLevel } from '../auction/constraints.ts';
import type { AuctionCell, AuctionSettings, Capacity } from '../auction/types.ts';
import { Constraints } from '../auction/work-table.ts';
import { CgdiegoError, UsageError } from '../errors.ts';
import type { Cell, Foundation } from '../foundation/types.ts';
import { homelessOf, instanceColumns, type Demand, type Instances } from './instances.ts';
import { poolsOf, type Pool } from './pools.ts';
import { proxyMemory, type ProxyMemory } from './proxy.ts';
import { rootfsOf } from '../foundation/rootfs.ts';

/** A process, as the auction sees it. `constraint` is its place in {@link SizingModel.constraints}. */
export interface Process {
  guid: string;
  name: string | null;
  memoryMb: number;
  diskMb: number;
  constraint: number;
  /** The pool that its instances need: the least special one that matches. -1: none does. */
  pool: number;
}

/** The cells at one moment of a simulation, what they hold and what is free on them. */
export interface World {
  readonly cells: readonly AuctionCell[];
  /** By cell: its pool; -1 for a cell that is named but not there. */
  readonly pool: readonly number[];
  readonly table: CellTable;
  readonly load: CellLoad;
  readonly instances: Instances;
  /** What should run and has no place even before a loss, because of what was changed on paper. */
  readonly homeless: Demand;
}

export interface SizingModel {
  readonly pools: readonly Pool[];
  readonly processes: readonly Process[];
  readonly constraints: Constraints;
  readonly settings: AuctionSettings;
  readonly proxy: ProxyMemory;
  /** The foundation as it is. */
  readonly world: World;
  readonly facts: FoundationFacts;
}

/** What the foundation says besides capacity: counted once, for the notes under every answer. */
export interface FoundationFacts {
  /** Instances without a place now: not part of a loss. */
  waiting: number;
  suspect: number;
  evacuating: number;
  /** Second copies: evacuating or suspect, with a replacement that has a place already. */
  duplicates: number;
  evacuatingCells: string[];
  missingCells: string[];
  unansweredCells: { cell_id: string; why: string }[];
  cellsWithoutCapacity: string[];
  /** Instances on cells whose process has no desired LRP: nobody would place them again. */
  withoutDesired: number;
  tasksRunning: number;
  /** Whether volume drivers of some cells were concluded from what runs there. */
  driversInferred: boolean;
  /** Whether some LRPs' volume drivers are unknown. */
  driversUnknown: boolean;
}

export interface ModelOptions {
  settings: AuctionSettings;
  /** What every LRP's proxy takes; without it, what the reps say or what the store lets conclude. */
  proxyMemoryMb?: number | undefined;
}

/**
 * A foundation, as the auction sees it.
 * @throws {CgdiegoError} when there is nothing to size: no cells, or none that states a capacity
 */
export function sizingModel(given: Foundation, options: ModelOptions): SizingModel {
  const foundation = ordered(given);
  const present = foundation.cells.filter((cell) => cell.state !== 'missing');
  if (present.length === 0) {
    throw new CgdiegoError('There are no cells to place anything on.', {
      why:
        foundation.cells.length === 0
          ? 'Neither Locket nor any LRP names a cell.'
          : 'The LRPs name cells, but none of them has a presence in Locket.',
      next: 'See cgdiego cells; give --locket-database-url if Locket has a database of its own.',
    });
  }
  if (present.every((cell) => isWorthless(totalOf(cell)))) {
    throw new CgdiegoError('None of the cells states a capacity.', {
      why: 'Every presence has a memory, disk and container capacity of nothing.',
      next: 'See cgdiego cells -o wide, and what the reps say with --live.',
    });
  }

  checkSizes(foundation);
  const constraints = new Constraints();
  const processes: Process[] = [];
  const processAt = new Map<string, number>();
  let driversUnknown = false;
  for (const lrp of foundation.desired_lrps) {
    driversUnknown ||= lrp.volume_drivers === null;
    const constraint = constraints.add({
      rootfs: lrp.rootfs,
      placementTags: lrp.placement_tags,
      volumeDrivers: lrp.volume_drivers ?? [],
    });
    processAt.set(lrp.process_guid, processes.length);
    const { process_guid: guid, app_name: name, memory_mb: memoryMb, disk_mb: diskMb } = lrp;
    processes.push({ guid, name, memoryMb, diskMb, constraint, pool: -1 });
  }

  const rowOf = new Map(foundation.cells.map((cell, row) => [cell.cell_id, row]));
  const inferred = inferDrivers(foundation);
  const proxy = proxyMemory(foundation, options.proxyMemoryMb);
  const instancesOn = new Int32Array(foundation.cells.length);
  for (const lrp of foundation.actual_lrps) {
    const row = rowOf.get(lrp.cell_id);
    if (row !== undefined) instancesOn[row]!++;
  }
  const startingOn = new Int32Array(foundation.cells.length);
  for (const lrp of foundation.actual_lrps) {
    const row = rowOf.get(lrp.cell_id);
    if (row !== undefined && lrp.state === 'CLAIMED') startingOn[row]!++;
  }
  const tasksOn = new Int32Array(foundation.cells.length);
  for (const task of foundation.tasks) {
    const row = rowOf.get(task.cell_id);
    if (row !== undefined && task.state === 'Running') tasksOn[row]!++;
  }
  const cells = foundation.cells.map((cell, row) =>
    auctionCell(cell, {
      drivers: cell.volume_drivers ?? inferred.get(cell.cell_id) ?? [],
      instances: instancesOn[row]!,
      starting: startingOn[row]!,
      tasks: tasksOn[row]!,
      proxyMb: proxy.of(cell),
    }),
  );
  const { pools, poolOf } = poolsOf(
    foundation.cells.map((cell, row) => (cell.state === 'missing' ? undefined : cells[row]!)),
  );
  for (const process of processes) process.pool = homePool(pools, constraints.list[process.constraint]!);

  const { instances, facts } = instanceColumns(foundation.actual_lrps, rowOf, processAt);
  return {
    pools,
    processes,
    constraints,
    settings: options.settings,
    proxy,
    world: {
      cells,
      pool: poolOf,
      table: cellTable(cells),
      load: cellLoad(cells),
      instances,
      homeless: homelessOf(foundation, processAt),
    },
    facts: {
      ...facts,
      evacuatingCells: foundation.cells.filter(evacuates).map(({ cell_id }) => cell_id),
      missingCells: foundation.cells.filter(({ state }) => state === 'missing').map(({ cell_id }) => cell_id),
      unansweredCells: foundation.cells.flatMap(({ cell_id, live }) =>
        live !== undefined && 'error' in live ? [{ cell_id, why: live.error }] : [],
      ),
      cellsWithoutCapacity: present
        .filter((cell) => isWorthless(totalOf(cell)))
        .map(({ cell_id }) => cell_id),
      tasksRunning: tasksOn.reduce((sum, count) => sum + count, 0),
      driversInferred: inferred.size > 0 && foundation.cells.some((cell) => cell.volume_drivers === null),
      driversUnknown,
    },
  };
}

/** Ties go by the order of items and cells: the same foundation must give the same answer in whatever order it was read. */
function ordered(foundation: Foundation): Foundation {
  const by =
    <T>(id: (item: T) => string) =>
    (a: T, b: T) =>
      id(a) < id(b) ? -1 : id(a) > id(b) ? 1 : 0;
  return {
    ...foundation,
    cells: [...foundation.cells].sort(by(({ cell_id }) => cell_id)),
    desired_lrps: [...foundation.desired_lrps].sort(by(({ process_guid }) => process_guid)),
  };
}

/**
 * Nothing can be asked of Diego, or stated by a cell, that is negative or no whole number.
 * @throws {UsageError} for the first that is
 */
function checkSizes(foundation: Foundation): void {
  const check = (what: string, sizes: Record<string, number>) => {
    for (const [name, size] of Object.entries(sizes)) {
      if (Number.isInteger(size) && size >= 0 && size <= 0x7fff_ffff) continue;
      throw new UsageError(`${what} has a ${name} of ${String(size)}.`, {
        why: 'It must be a whole number that is not negative.',
        next: 'Look at the snapshot, or make it again with cgdiego snapshot --file FILE.',
      });
    }
  };
  for (const { cell_id, capacity } of foundation.cells) {
    if (capacity !== null) check(`Cell ${cell_id}`, { ...capacity });
  }
  for (const { process_guid, memory_mb, disk_mb } of foundation.desired_lrps) {
    check(`LRP ${process_guid}`, { memory_mb, disk_mb });
  }
}

/** The least special pool that matches: fewest drivers, then most cells. -1 when none does. */
export function homePool(pools: readonly Pool[], constraint: Constraints['list'][number]): number {
  let best = -1;
  pools.forEach((pool, i) => {
    if (matchLevel(pool.offer, constraint) !== MatchLevel.all) return;
    const other = pools[best];
    const drivers = pool.offer.volumeDrivers.length;
    if (
      other === undefined ||
      drivers < other.offer.volumeDrivers.length ||
      (drivers === other.offer.volumeDrivers.length && pool.cells > other.cells)
    ) {
      best = i;
    }
  });
  return best;
}

function auctionCell(
  cell: Cell,
  held: { drivers: readonly string[]; instances: number; starting: number; tasks: number; proxyMb: number },
): AuctionCell {
  const live = cell.live !== undefined && 'available' in cell.live ? cell.live : undefined;
  const total = totalOf(cell);
  const available: Capacity =
    live === undefined
      ? {
          memoryMb: total.memoryMb - cell.allocated.memory_mb - held.proxyMb * held.instances,
          diskMb: total.diskMb - cell.allocated.disk_mb,
          containers: total.containers - cell.allocated.containers,
        }
      : {
          memoryMb: live.available.memory_mb,
          diskMb: live.available.disk_mb,
          containers: live.available.containers,
        };
  const unanswered = cell.live !== undefined && 'error' in cell.live;
  return {
    cellId: cell.cell_id,
    cellIndex: 0,
    zone: cell.zone,
    total,
    available,
    rootfsProviders: rootfsOf(cell),
    placementTags: cell.placement_tags,
    optionalPlacementTags: cell.optional_placement_tags,
    volumeDrivers: held.drivers,
    proxyMemoryMb: held.proxyMb,
    startingContainers: live?.starting_container_count ?? held.starting,
    processes: [],
    tasks: live?.tasks ?? held.tasks,
    takesWork: cell.state !== 'missing' && !evacuates(cell) && !unanswered,
  };
}

function evacuates(cell: Cell): boolean {
  return (
    cell.state === 'evacuating' ||
    (cell.live !== undefined && 'evacuating' in cell.live && cell.live.evacuating)
  );
}

function totalOf(cell: Cell): Capacity {
  const stated = cell.live !== undefined && 'total' in cell.live ? cell.live.total : cell.capacity;
  return {
    memoryMb: stated?.memory_mb ?? 0,
    diskMb: stated?.disk_mb ?? 0,
    containers: stated?.containers ?? 0,
  };
}

function isWorthless(total: Capacity): boolean {
  return total.memoryMb <= 0 || total.diskMb <= 0 || total.containers <= 0;
}

/** Presences do not say which volume drivers a cell has; an instance that needs one and runs there does. */
function inferDrivers(foundation: Foundation): Map<string, string[]> {
  const needed = new Map(foundation.desired_lrps.map((lrp) => [lrp.process_guid, lrp.volume_drivers ?? []]));
  const found = new Map<string, Set<string>>();
  const add = (cellId: string, drivers: readonly string[]) => {
    if (cellId === '' || drivers.length === 0) return;
    const known = found.get(cellId) ?? new Set();
    drivers.forEach((driver) => known.add(driver));
    found.set(cellId, known);
  };
  for (const lrp of foundation.actual_lrps) add(lrp.cell_id, needed.get(lrp.process_guid) ?? []);
  for (const task of foundation.tasks) add(task.cell_id, task.volume_drivers ?? []);
  return new Map([...found].map(([cellId, drivers]) => [cellId, [...drivers].sort()]));
}
