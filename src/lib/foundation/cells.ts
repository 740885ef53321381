import type { CellPresence } from './presences.ts';
import type {
  ActualLrp,
  ActualLrpState,
  Cell,
  DesiredLrp,
  Presence,
  Resources,
  Task,
  TaskState,
} from './types.ts';

/**
 * What a cell holds, as the store implies it.
 *
 * A rep subtracts from what is available what each of its containers reserved: memory and disk of the desired LRP (or of the task's
 * definition) and one container (rep/auctioncellrep, rep.Resources). The store names a cell from the moment an instance is claimed, so
 * an instance that is CLAIMED, or a task that was just handed over, may be counted here and not yet there; and a rep with a container
 * proxy adds the proxy's memory to each LRP, which the store does not know.
 */

/** The instances of one cell that are in the same state, together. */
export interface LrpLoad {
  cell_id: string;
  state: ActualLrpState;
  presence: Presence;
  /** Where its instances say they are, for a cell without a presence. */
  zone: string;
  count: number;
  memory_mb: number;
  disk_mb: number;
  /** How many of them have no desired LRP, so that nobody knows how large they are. */
  unsized: number;
}

/** The tasks of one cell that are in the same state, together. */
export interface TaskLoad {
  cell_id: string;
  state: TaskState;
  count: number;
  memory_mb: number;
  disk_mb: number;
  /** How many have a definition that could not be read. */
  unsized: number;
}

/** How a cell's load is made up. */
export interface CellUse {
  running: number;
  claimed: number;
  evacuating: number;
  suspect: number;
  tasks: number;
  /** The part of the cell's `allocated` that a rep need not have seen yet: claimed instances and tasks. */
  pending: Resources;
  /** LRPs and tasks whose size is not known: `allocated` is too low by them. */
  unsized: number;
}

export interface CellAndUse {
  cell: Cell;
  use: CellUse;
}

/** All cells that Locket or an LRP or a task names, by zone and id. */
export function cellsOf(
  presences: readonly CellPresence[],
  lrps: readonly LrpLoad[],
  tasks: readonly TaskLoad[],
): CellAndUse[] {
  const cells = new Map<string, CellAndUse>();
  for (const presence of presences) {
    cells.set(presence.cell_id, { cell: { ...cellOf(presence) }, use: noUse() });
  }
  const named = (cellId: string) => {
    let found = cells.get(cellId);
    if (found === undefined) {
      found = { cell: missingCell(cellId), use: noUse() };
      cells.set(cellId, found);
    }
    return found;
  };
  for (const load of lrps) {
    if (load.cell_id === '') continue;
    const { cell, use } = named(load.cell_id);
    if (cell.zone === '') cell.zone = load.zone;
    if (load.presence === 'evacuating' && cell.state === 'present') cell.state = 'evacuating';
    add(cell.allocated, load);
    use.unsized += load.unsized;
    if (load.presence === 'evacuating') use.evacuating += load.count;
    else if (load.presence === 'suspect') use.suspect += load.count;
    else if (load.state === 'RUNNING') use.running += load.count;
    else use.claimed += load.count;
    if (load.state !== 'RUNNING') add(use.pending, load);
  }
  for (const load of tasks) {
    // A completed task has given its container back; a pending one has none yet.
    if (load.cell_id === '' || load.state !== 'Running') continue;
    const { cell, use } = named(load.cell_id);
    add(cell.allocated, load);
    add(use.pending, load);
    use.tasks += load.count;
    use.unsized += load.unsized;
  }
  return [...cells.values()].sort(
    (a, b) => compare(a.cell.zone, b.cell.zone) || compare(a.cell.cell_id, b.cell.cell_id),
  );
}

/** The loads of a whole snapshot. From the store, PostgreSQL adds them up (`store/cell-loads.ts`). */
export function lrpLoads(desired: readonly DesiredLrp[], actual: readonly ActualLrp[]): LrpLoad[] {
  const sizes = new Map(desired.map((lrp) => [lrp.process_guid, lrp]));
  const loads = new Map<string, LrpLoad>();
  for (const lrp of actual) {
    if (lrp.cell_id === '') continue;
    const key = `${lrp.cell_id}\n${lrp.state}\n${lrp.presence}`;
    let load = loads.get(key);
    if (load === undefined) {
      load = {
        cell_id: lrp.cell_id,
        state: lrp.state,
        presence: lrp.presence,
        zone: lrp.availability_zone,
        count: 0,
        memory_mb: 0,
        disk_mb: 0,
        unsized: 0,
      };
      loads.set(key, load);
    }
    const size = sizes.get(lrp.process_guid);
    load.count++;
    load.memory_mb += size?.memory_mb ?? 0;
    load.disk_mb += size?.disk_mb ?? 0;
    if (size === undefined) load.unsized++;
  }
  return [...loads.values()];
}

export function taskLoads(tasks: readonly Task[]): TaskLoad[] {
  return tasks
    .filter((task) => task.cell_id !== '')
    .map((task) => ({
      cell_id: task.cell_id,
      state: task.state,
      count: 1,
      memory_mb: task.memory_mb ?? 0,
      disk_mb: task.disk_mb ?? 0,
      unsized: task.memory_mb === null ? 1 : 0,
    }));
}

function cellOf(presence: CellPresence): Cell {
  return {
    cell_id: presence.cell_id,
    zone: presence.zone,
    state: 'present',
    rep_url: presence.rep_url,
    rep_address: presence.rep_address,
    capacity: presence.capacity,
    allocated: { memory_mb: 0, disk_mb: 0, containers: 0 },
    rootfs_providers: presence.rootfs_providers,
    placement_tags: presence.placement_tags,
    optional_placement_tags: presence.optional_placement_tags,
    volume_drivers: null,
  };
}

function missingCell(cellId: string): Cell {
  return {
    cell_id: cellId,
    zone: '',
    state: 'missing',
    rep_url: '',
    rep_address: '',
    capacity: null,
    allocated: { memory_mb: 0, disk_mb: 0, containers: 0 },
    rootfs_providers: [],
    placement_tags: [],
    optional_placement_tags: [],
    volume_drivers: null,
  };
}

export function noUse(): CellUse {
  return {
    running: 0,
    claimed: 0,
    evacuating: 0,
    suspect: 0,
    tasks: 0,
    pending: { memory_mb: 0, disk_mb: 0, containers: 0 },
    unsized: 0,
  };
}

function add(sum: Resources, load: { memory_mb: number; disk_mb: number; count: number }): void {
  sum.memory_mb += load.memory_mb;
  sum.disk_mb += load.disk_mb;
  sum.containers += load.count;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
