import type { CellAndUse } from './cells.ts';
import type { CellState, Resources, RootfsProvider } from './types.ts';

/** How much of something is allocated: memory and disk in MiB, containers. */
interface Amounts {
  memory_allocated_mb: number;
  /** `null` for a cell without a presence. */
  memory_total_mb: number | null;
  memory_available_mb: number | null;
  memory_pct: number | null;
  disk_allocated_mb: number;
  disk_total_mb: number | null;
  disk_available_mb: number | null;
  disk_pct: number | null;
  containers_allocated: number;
  containers_total: number | null;
  containers_available: number | null;
  containers_pct: number | null;
}

interface Work {
  lrps_running: number;
  lrps_claimed: number;
  lrps_evacuating: number;
  lrps_suspect: number;
  tasks: number;
}

/** What `cgdiego cells` says about a cell. */
export interface CellRow extends Amounts, Work {
  cell_id: string;
  zone: string;
  state: CellState;
  /** Of what is allocated: for claimed instances and for tasks, which a rep need not have seen yet. */
  memory_pending_mb: number;
  disk_pending_mb: number;
  containers_pending: number;
  /** Instances and tasks whose size is not known; what is allocated is too low by them. */
  unsized: number;
  placement_tags: string[];
  optional_placement_tags: string[];
  /** As LRPs name them: `preloaded:cflinuxfs4`; a provider that takes anything stands alone: `docker`. */
  rootfs: string[];
  /** `null` when nobody said: only reps know them (`--live`). */
  volume_drivers: string[] | null;
  rep_url: string;
  rep_address: string;
  /** With `--live`: what the rep says beside what the store implies; otherwise absent. */
  live?: LiveRow | null;
  /** With `--live`: `agrees`, `differs: memory, disk`, or why there was no answer. */
  live_check?: string;
}

/** The rep's own words. */
export interface LiveRow {
  memory_allocated_mb: number;
  memory_total_mb: number;
  disk_allocated_mb: number;
  disk_total_mb: number;
  containers_allocated: number;
  containers_total: number;
  lrps: number;
  tasks: number;
  starting_container_count: number;
  evacuating: boolean;
  proxy_memory_mb: number;
}

export function cellRow({ cell, use }: CellAndUse): CellRow {
  return {
    cell_id: cell.cell_id,
    zone: cell.zone,
    state: cell.state,
    ...amounts(cell.allocated, cell.capacity),
    memory_pending_mb: use.pending.memory_mb,
    disk_pending_mb: use.pending.disk_mb,
    containers_pending: use.pending.containers,
    unsized: use.unsized,
    lrps_running: use.running,
    lrps_claimed: use.claimed,
    lrps_evacuating: use.evacuating,
    lrps_suspect: use.suspect,
    tasks: use.tasks,
    placement_tags: cell.placement_tags,
    optional_placement_tags: cell.optional_placement_tags,
    rootfs: rootfsNames(cell.rootfs_providers),
    volume_drivers: cell.volume_drivers,
    rep_url: cell.rep_url,
    rep_address: cell.rep_address,
  };
}

/** Root file systems as desired LRPs name them (rep RootFSProviders: a provider matches a scheme, or a scheme and a name). */
export function rootfsNames(providers: readonly RootfsProvider[]): string[] {
  return providers.flatMap(({ name, properties }) =>
    properties === undefined ? [name] : properties.map((property) => `${name}:${property}`),
  );
}

/** Several cells added up. Cells without a presence offer nothing, but what they hold is counted. */
export interface TotalRow extends Amounts, Work {
  cells: number;
  present: number;
  evacuating: number;
  missing: number;
}

export interface ZoneRow extends TotalRow {
  zone: string;
}

export interface PoolRow extends TotalRow {
  /** The placement tags that an LRP must have to run there; empty for the shared pool. */
  placement_tags: string[];
  rootfs: string[];
  zones: string[];
}

export function zoneRows(cells: readonly CellAndUse[]): ZoneRow[] {
  return groups(cells, ({ cell }) => cell.zone).map((members) => ({
    zone: members[0]!.cell.zone,
    ...totalRow(members),
  }));
}

/** Cells of a pool take the same work: those with the same placement tags and root file systems. */
export function poolRows(cells: readonly CellAndUse[]): PoolRow[] {
  return groups(
    cells.filter(({ cell }) => cell.capacity !== null),
    ({ cell }) =>
      `${cell.placement_tags.toSorted().join('\n')}\n\n${rootfsNames(cell.rootfs_providers).toSorted().join('\n')}`,
  ).map((members) => ({
    placement_tags: members[0]!.cell.placement_tags,
    rootfs: rootfsNames(members[0]!.cell.rootfs_providers),
    zones: [...new Set(members.map(({ cell }) => cell.zone))].sort(),
    ...totalRow(members),
  }));
}

function groups(cells: readonly CellAndUse[], keyOf: (cell: CellAndUse) => string): CellAndUse[][] {
  const groups = new Map<string, CellAndUse[]>();
  for (const cell of cells) {
    const key = keyOf(cell);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [cell]);
    else group.push(cell);
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, members]) => members);
}

function totalRow(members: readonly CellAndUse[]): TotalRow {
  const sum = (pick: (member: CellAndUse) => number) =>
    members.reduce((total, member) => total + pick(member), 0);
  const counts = (state: CellState) => members.filter(({ cell }) => cell.state === state).length;
  const resources = (pick: (member: CellAndUse) => Resources | null): Resources => ({
    memory_mb: sum((member) => pick(member)?.memory_mb ?? 0),
    disk_mb: sum((member) => pick(member)?.disk_mb ?? 0),
    containers: sum((member) => pick(member)?.containers ?? 0),
  });
  return {
    cells: members.length,
    present: counts('present'),
    evacuating: counts('evacuating'),
    missing: counts('missing'),
    ...amounts(
      resources(({ cell }) => cell.allocated),
      members.some(({ cell }) => cell.capacity !== null) ? resources(({ cell }) => cell.capacity) : null,
    ),
    lrps_running: sum(({ use }) => use.running),
    lrps_claimed: sum(({ use }) => use.claimed),
    lrps_evacuating: sum(({ use }) => use.evacuating),
    lrps_suspect: sum(({ use }) => use.suspect),
    tasks: sum(({ use }) => use.tasks),
  };
}

function amounts(allocated: Resources, capacity: Resources | null): Amounts {
  return {
    memory_allocated_mb: allocated.memory_mb,
    memory_total_mb: capacity?.memory_mb ?? null,
    memory_available_mb: capacity === null ? null : capacity.memory_mb - allocated.memory_mb,
    memory_pct: percent(allocated.memory_mb, capacity?.memory_mb),
    disk_allocated_mb: allocated.disk_mb,
    disk_total_mb: capacity?.disk_mb ?? null,
    disk_available_mb: capacity === null ? null : capacity.disk_mb - allocated.disk_mb,
    disk_pct: percent(allocated.disk_mb, capacity?.disk_mb),
    containers_allocated: allocated.containers,
    containers_total: capacity?.containers ?? null,
    containers_available: capacity === null ? null : capacity.containers - allocated.containers,
    containers_pct: percent(allocated.containers, capacity?.containers),
  };
}

/** With one digit after the point. */
function percent(part: number, whole: number | undefined): number | null {
  return whole === undefined || whole <= 0 ? null : Math.round((part / whole) * 1000) / 10;
}
