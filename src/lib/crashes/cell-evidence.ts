import type { CellEvidence } from './evidence.ts';
import type { GatherInput } from './gather.ts';

/** What is known of the disks of cells: capacities and reservations, use, and failed writes. */
export function cellEvidence(
  input: Pick<GatherInput, 'foundation' | 'metrics' | 'rep_logs'>,
): CellEvidence[] {
  const cells = new Map<string, CellEvidence>();
  const cellOf = (cellId: string): CellEvidence => {
    let cell = cells.get(cellId);
    if (cell === undefined) {
      cell = emptyCell(cellId);
      cells.set(cellId, cell);
    }
    return cell;
  };
  for (const cell of input.foundation?.cells ?? []) {
    const live = cell.live === undefined || 'error' in cell.live ? undefined : cell.live;
    Object.assign(cellOf(cell.cell_id), {
      zone: cell.zone,
      disk_capacity_mb: live?.total.disk_mb ?? cell.capacity?.disk_mb ?? null,
      disk_allocated_mb: cell.allocated.disk_mb,
      disk_available_mb: live?.available.disk_mb ?? null,
      containers: live === undefined ? null : live.lrps + live.tasks,
    });
  }
  for (const metrics of input.metrics ?? []) {
    const cell = cellOf(metrics.cell_id);
    cell.usage_bytes = metrics.containers.reduce((sum, { usage_bytes }) => sum + usage_bytes, 0);
    cell.containers ??= metrics.containers.length;
  }
  for (const error of input.rep_logs?.host_errors ?? []) {
    if (error.cell_id === null) continue;
    const cell = cellOf(error.cell_id);
    cell.host_errors++;
    cell.host_error_example ??= error.error;
  }
  return [...cells.values()];
}

function emptyCell(cellId: string): CellEvidence {
  return {
    cell_id: cellId,
    zone: '',
    disk_capacity_mb: null,
    disk_allocated_mb: null,
    disk_available_mb: null,
    containers: null,
    usage_bytes: null,
    host_errors: 0,
    host_error_example: null,
  };
}
