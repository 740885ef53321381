import type { CellRow, LiveRow } from './cell-rows.ts';
import type { CellAndUse } from './cells.ts';
import type { RepState, Resources } from './types.ts';

/** What the rep says, for the row of a cell. */
export function liveRow(state: RepState): LiveRow {
  const { total, available } = state;
  return {
    memory_allocated_mb: total.memory_mb - available.memory_mb,
    memory_total_mb: total.memory_mb,
    disk_allocated_mb: total.disk_mb - available.disk_mb,
    disk_total_mb: total.disk_mb,
    containers_allocated: total.containers - available.containers,
    containers_total: total.containers,
    lrps: state.lrps,
    tasks: state.tasks,
    starting_container_count: state.starting_container_count,
    evacuating: state.evacuating,
    proxy_memory_mb: state.proxy_memory_mb,
  };
}

/** The columns of `--live`. */
export function liveFields(cell: CellAndUse): Pick<CellRow, 'live' | 'live_check'> {
  const { live } = cell.cell;
  return {
    live: live === undefined || 'error' in live ? null : liveRow(live),
    live_check: liveCheck(cell),
  };
}

/**
 * Where a rep and the store differ, in words: `agrees`, `agrees, 3 pending`, `differs: memory, containers`, `no answer` and why.
 *
 * The store names a cell from the moment that an instance is claimed, so the rep may have reserved the pending part or not; and a rep with
 * proxies adds their memory to each of its LRPs. Anything outside of that is a difference: containers that the store does not know,
 * or instances that the rep has lost.
 */
export function liveCheck({ cell, use }: CellAndUse): string {
  const { live } = cell;
  if (cell.state === 'missing') return 'no presence, nobody to ask';
  if (live === undefined) return 'not asked';
  if ('error' in live) return `no answer: ${live.error}`;
  const row = liveRow(live);
  const rep: Resources = {
    memory_mb: row.memory_allocated_mb - live.proxy_memory_mb * live.lrps,
    disk_mb: row.disk_allocated_mb,
    containers: row.containers_allocated,
  };
  const differences: string[] = [];
  let pending = false;
  for (const [name, key] of RESOURCES) {
    const most = use.unsized > 0 ? Infinity : cell.allocated[key];
    const least = cell.allocated[key] - use.pending[key];
    if (rep[key] < least || rep[key] > most) differences.push(name);
    else if (rep[key] < most) pending = true;
    if (cell.capacity !== null && cell.capacity[key] !== live.total[key])
      differences.push(`${name} capacity`);
  }
  if (differences.length > 0) return `differs: ${differences.join(', ')}`;
  return pending && use.pending.containers > 0 ? `agrees, ${use.pending.containers} pending` : 'agrees';
}

const RESOURCES = [
  ['memory', 'memory_mb'],
  ['disk', 'disk_mb'],
  ['containers', 'containers'],
] as const;
