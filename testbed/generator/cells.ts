import type { Random } from './random.ts';

export const ISOLATED_TAG = 'isolated-egress';
export const NFS_DRIVER = 'nfsv3driver';

const CELL_MEMORY_MB = 65_536;
const CELL_DISK_MB = 262_144;
const CELL_CONTAINERS = 249;

/** A cell, what it offers and what is left of it while instances are placed. */
export interface MadeCell {
  readonly cellId: string;
  readonly zone: string;
  readonly address: string;
  readonly placementTags: readonly string[];
  readonly volumeDrivers: readonly string[];
  memoryMb: number;
  diskMb: number;
  containers: number;
}

/** What an instance needs of a cell. */
export interface Demand {
  memoryMb: number;
  diskMb: number;
  isolated: boolean;
  nfs: boolean;
}

/**
 * The cells of a foundation, in pools: shared ones, of which some mount NFS volumes, and an isolated pool that only takes what
 * carries its placement tag. Each zone has each kind.
 */
export class Cells {
  readonly all: MadeCell[] = [];
  /** How many zones there are: z1, z2, ... */
  readonly zones: number;
  readonly #random: Random;
  readonly #pools = new Map<string, MadeCell[]>();
  readonly #zones: string[];

  constructor(random: Random, zones: number, count: number) {
    this.#random = random;
    this.zones = zones;
    this.#zones = Array.from({ length: zones }, (_, i) => `z${i + 1}`);
    const perZone = Math.max(3, Math.ceil(count / zones));
    const isolated = Math.max(1, Math.round(perZone * 0.1));
    const nfs = Math.max(1, Math.round((perZone - isolated) * 0.045));
    this.#zones.forEach((zone, zoneIndex) => {
      for (let i = 0; i < perZone; i++) {
        const cell: MadeCell = {
          cellId: random.guid(),
          zone,
          address: `10.${10 + zoneIndex}.${i >> 8}.${i & 255}`,
          placementTags: i >= perZone - isolated ? [ISOLATED_TAG] : [],
          volumeDrivers: i < nfs ? [NFS_DRIVER] : [],
          memoryMb: CELL_MEMORY_MB,
          diskMb: CELL_DISK_MB,
          containers: CELL_CONTAINERS,
        };
        this.all.push(cell);
        this.#pool(zone, cell.placementTags.length > 0, false).push(cell);
        if (cell.volumeDrivers.length > 0) this.#pool(zone, false, true).push(cell);
      }
    });
  }

  /**
   * Places an instance: zones in turn, the emptier of two cells drawn from the pool. Says what the auctioneer would say when there is
   * no cell for it.
   */
  place(demand: Demand, turn: number): MadeCell | { placementError: string } {
    if (demand.isolated && demand.nfs) {
      return {
        placementError: `found no compatible cell with volume drivers: [${NFS_DRIVER}] and placement tags: ["${ISOLATED_TAG}"]`,
      };
    }
    for (let i = 0; i < this.#zones.length; i++) {
      const pool = this.#pool(this.#zones[(turn + i) % this.#zones.length]!, demand.isolated, demand.nfs);
      const one = this.#random.pick(pool);
      const other = this.#random.pick(pool);
      const cell = one.memoryMb >= other.memoryMb ? one : other;
      if (cell.memoryMb >= demand.memoryMb && cell.diskMb >= demand.diskMb && cell.containers > 0) {
        cell.memoryMb -= demand.memoryMb;
        cell.diskMb -= demand.diskMb;
        cell.containers -= 1;
        return cell;
      }
    }
    return { placementError: 'insufficient resources: memory' };
  }

  #pool(zone: string, isolated: boolean, nfs: boolean): MadeCell[] {
    const name = `${zone} ${isolated} ${nfs}`;
    let pool = this.#pools.get(name);
    if (pool === undefined) this.#pools.set(name, (pool = []));
    return pool;
  }
}

/** How many cells it takes for so many desired LRPs to fill them to about three quarters. */
export function cellsFor(desiredLrps: number): number {
  const INSTANCES_PER_LRP = 2.7;
  const MEMORY_MB_PER_INSTANCE = 960;
  const FILLED = 0.75;
  return Math.ceil((desiredLrps * INSTANCES_PER_LRP * MEMORY_MB_PER_INSTANCE) / (CELL_MEMORY_MB * FILLED));
}

/** What the cell's rep puts into Locket (bbs/models/cell_presence.go). */
export function presenceValue(cell: MadeCell): string {
  return JSON.stringify({
    cell_id: cell.cellId,
    rep_address: `http://${cell.address}:1800`,
    zone: cell.zone,
    capacity: { memory_mb: CELL_MEMORY_MB, disk_mb: CELL_DISK_MB, containers: CELL_CONTAINERS },
    rootfs_provider_list: [
      { name: 'preloaded', properties: ['cflinuxfs3', 'cflinuxfs4'] },
      { name: 'preloaded+layer', properties: ['cflinuxfs3', 'cflinuxfs4'] },
      { name: 'docker' },
    ],
    ...(cell.placementTags.length > 0 && { placement_tags: cell.placementTags }),
    rep_url: `https://${cell.cellId}.cell.service.cf.internal:1801`,
  });
}
