import { shuffle, type Random } from './random.ts';
import type { AuctionCell, AuctionSettings, CellOffer } from './types.ts';

/**
 * Cells as columns, which is how the engine walks them: what never changes while batches are placed. Cells that take no
 * work have no rank and are never looked at, but keep their row.
 */
export interface CellTable {
  readonly size: number;
  readonly cellIds: readonly string[];
  /** The zones of cells that take work, in byte order. */
  readonly zones: readonly string[];
  /** By cell: its place in `zones`; -1 for a cell that takes no work. */
  readonly zone: Int32Array;
  /** What cells offer to placement constraints, each combination once. */
  readonly kinds: readonly CellOffer[];
  readonly kind: Int32Array;
  readonly totalMemory: Int32Array;
  readonly totalDisk: Int32Array;
  readonly totalContainers: Int32Array;
  readonly proxyMemory: Int32Array;
  /** The BOSH index of the VM. */
  readonly vmIndex: Int32Array;
  /** Zone by zone, the cells that take work, in byte order of their ids. */
  readonly members: readonly Int32Array[];
}

/** The order in which cells are scored, and what bin-packing weighs. */
export interface ScoringOrder {
  /** By cell: its place within its zone. */
  readonly rank: Int32Array;
  /** By cell: the index that bin-packing weighs: within the zone where it is on, the VM's otherwise. */
  readonly index: Int32Array;
  /** Zone by zone, the cells in the order of their ranks. */
  readonly members: readonly Int32Array[];
}

/** What changes on cells while batches are placed, as columns of a {@link CellTable}'s rows. */
export interface CellLoad {
  memory: Int32Array;
  disk: Int32Array;
  containers: Int32Array;
  starting: Int32Array;
  tasks: Int32Array;
}

export function cellTable(cells: readonly AuctionCell[]): CellTable {
  const size = cells.length;
  const column = (of: (cell: AuctionCell) => number) => Int32Array.from(cells, of);
  const zones = [...new Set(cells.filter((cell) => cell.takesWork).map((cell) => cell.zone))].sort(byBytes);
  const zoneAt = new Map(zones.map((zone, i) => [zone, i]));
  const zone = column((cell) => (cell.takesWork ? zoneAt.get(cell.zone)! : -1));

  const kinds: CellOffer[] = [];
  const kindAt = new Map<string, number>();
  const kind = column((cell) => {
    const key = offerKey(cell);
    const known = kindAt.get(key);
    if (known !== undefined) return known;
    kindAt.set(key, kinds.length);
    return kinds.push(cell) - 1;
  });

  const members = zones.map((): number[] => []);
  zone.forEach((at, cell) => {
    if (at >= 0) members[at]!.push(cell);
  });

  return {
    size,
    cellIds: cells.map((cell) => cell.cellId),
    zones,
    zone,
    kinds,
    kind,
    totalMemory: column((cell) => cell.total.memoryMb),
    totalDisk: column((cell) => cell.total.diskMb),
    totalContainers: column((cell) => cell.total.containers),
    proxyMemory: column((cell) => cell.proxyMemoryMb),
    vmIndex: column((cell) => cell.cellIndex),
    members: members.map((rows) =>
      Int32Array.from(rows.sort((x, y) => byBytes(cells[x]!.cellId, cells[y]!.cellId))),
    ),
  };
}

/** The table without some cells: their rows stay, but they take no work. */
export function withoutCells(cells: CellTable, gone: (row: number) => boolean): CellTable {
  const left = cells.members.map((rows) => rows.filter((row) => !gone(row)));
  const zones = cells.zones.filter((_, zone) => left[zone]!.length > 0);
  const members = left.filter((rows) => rows.length > 0);
  const zone = new Int32Array(cells.size).fill(-1);
  members.forEach((rows, at) => {
    for (const row of rows) zone[row] = at;
  });
  return { ...cells, zones, zone, members };
}

/**
 * The canonical order: by id, with bin-packing by VM index and then by id. Diego leaves the order of cells to the moment
 * at which each answered; with `random` it is drawn.
 */
export function scoringOrder(cells: CellTable, settings: AuctionSettings, random?: Random): ScoringOrder {
  const binPacks = settings.binPackFirstFitWeight > 0;
  const rank = new Int32Array(cells.size);
  const index = cells.vmIndex.slice();
  const members = cells.members.map((canonical) => {
    const rows = random === undefined ? canonical.slice() : shuffle(canonical.slice(), random);
    if (binPacks) rows.set(Array.from(rows).sort((a, b) => cells.vmIndex[a]! - cells.vmIndex[b]!));
    rows.forEach((row, position) => {
      rank[row] = position;
      // auctionrunner/zone_builder.go, normaliseCellIndices: with bin-packing on, indices count within the zone.
      if (binPacks) index[row] = position;
    });
    return rows;
  });
  return { rank, index, members };
}

export function cellLoad(cells: readonly AuctionCell[]): CellLoad {
  return {
    memory: Int32Array.from(cells, (cell) => cell.available.memoryMb),
    disk: Int32Array.from(cells, (cell) => cell.available.diskMb),
    containers: Int32Array.from(cells, (cell) => cell.available.containers),
    starting: Int32Array.from(cells, (cell) => cell.startingContainers),
    tasks: Int32Array.from(cells, (cell) => cell.tasks),
  };
}

export function copyLoad(load: CellLoad): CellLoad {
  return {
    memory: load.memory.slice(),
    disk: load.disk.slice(),
    containers: load.containers.slice(),
    starting: load.starting.slice(),
    tasks: load.tasks.slice(),
  };
}

/** Go compares strings by their bytes in UTF-8; JavaScript by UTF-16 units, which sorts some of them otherwise. */
export function byBytes(a: string, b: string): number {
  if (a === b) return 0;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function offerKey(offer: CellOffer): string {
  const providers = [...offer.rootfsProviders]
    .map(([scheme, names]): [string, string | string[]] => [
      scheme,
      names === 'any' ? names : [...names].sort(),
    ])
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([
    providers,
    [...new Set(offer.placementTags)].sort(),
    [...new Set(offer.optionalPlacementTags)].sort(),
    [...new Set(offer.volumeDrivers)].sort(),
  ]);
}
