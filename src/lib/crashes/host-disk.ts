import {
  appKey,
  imageKind,
  MIB,
  type CellEvidence,
  type DiskEvidence,
  type ProcessEvidence,
} from './evidence.ts';

/** Why a cell's own disk is taken to be full. */
export interface FullCell {
  cell_id: string;
  /** Unrelated apps that fail there and have no other reason to. */
  apps: Set<string>;
  /** The cell said so itself: a failed write on the host, or containers that use all of its capacity. */
  direct: boolean;
  reasons: string[];
}

/** So much of a cell's disk capacity in use means that its store is full. */
const STORE_FULL = 0.95;

/** So many unrelated apps that fail on one cell point at the cell. */
const SEVERAL = 2;

/**
 * Rule 2: the cells whose own disk is full. An app counts as a witness against a cell only when its failure there has no better
 * explanation: what is copied in is smaller than its quota as far as is known, and it does not fail everywhere.
 */
export function fullCells(evidence: DiskEvidence): Map<string, FullCell> {
  const cells = new Map<string, FullCell>();
  const cellOf = (cellId: string): FullCell => {
    let cell = cells.get(cellId);
    if (cell === undefined) {
      cell = { cell_id: cellId, apps: new Set(), direct: false, reasons: [] };
      cells.set(cellId, cell);
    }
    return cell;
  };
  for (const cell of evidence.cells) {
    const reasons = directReasons(cell);
    if (reasons.length === 0) continue;
    Object.assign(cellOf(cell.cell_id), { direct: true, reasons });
  }
  for (const process of evidence.processes) {
    for (const failure of process.failures) {
      if (failure.class !== 'host-disk' || failure.cell_id === null) continue;
      const cell = cellOf(failure.cell_id);
      cell.direct = true;
      cell.apps.add(appKey(process));
      const reason = `A container could not be made there for lack of disk on the cell.`;
      if (!cell.reasons.includes(reason)) cell.reasons.push(reason);
    }
    for (const cellId of witnessedCells(process)) cellOf(cellId).apps.add(appKey(process));
  }
  for (const cell of cells.values()) {
    if (cell.apps.size >= SEVERAL) {
      cell.reasons.push(`${cell.apps.size} unrelated apps fail there and have no other reason to.`);
    } else if (!cell.direct) {
      cells.delete(cell.cell_id);
    }
  }
  return cells;
}

function directReasons(cell: CellEvidence): string[] {
  const reasons: string[] = [];
  if (cell.host_errors > 0) {
    reasons.push(
      `The log of its rep has ${cell.host_errors} failed write${cell.host_errors === 1 ? '' : 's'} on its own disk: ${cell.host_error_example ?? ''}`,
    );
  }
  if (cell.usage_bytes !== null && cell.disk_capacity_mb !== null && cell.disk_capacity_mb > 0) {
    const share = cell.usage_bytes / (cell.disk_capacity_mb * MIB);
    if (share >= STORE_FULL) {
      reasons.push(
        `Its containers use ${Math.round(cell.usage_bytes / MIB)} MB of ${cell.disk_capacity_mb} MB (${Math.round(share * 100)}%).`,
      );
    }
  }
  return reasons;
}

/** The cells on which a process fails to be copied in without a better explanation. */
function witnessedCells(process: ProcessEvidence): string[] {
  const failing = failingCells(process);
  if (failing.length === 0 || isTooLarge(process)) return [];
  const elsewhere = process.running.some(({ cell_id }) => !failing.includes(cell_id));
  if (elsewhere) return failing;
  // A Docker image counts against the quota wherever it runs; without an instance elsewhere it is no witness.
  if (imageKind(process.rootfs) === 'docker') return [];
  return failing.length === 1 ? failing : [];
}

/** Cells on which copying into a container of the process failed for disk. */
export function failingCells(process: ProcessEvidence): string[] {
  const cells = process.failures
    .filter((failure) => failure.class === 'copy-in' && failure.cell_id !== null)
    .map((failure) => failure.cell_id!);
  return [...new Set(cells)];
}

/** What is copied in is known to be about as large as the quota, or larger. */
export function isTooLarge(process: ProcessEvidence): boolean {
  const largest = largestCopiedIn(process);
  return process.disk_mb !== null && largest !== undefined && largest.bytes >= 0.95 * process.disk_mb * MIB;
}

/** The most that is known to be copied into a container of the process; compressed sizes are a lower bound. */
export function largestCopiedIn(
  process: ProcessEvidence,
): { bytes: number; compressed: boolean } | undefined {
  let largest: { bytes: number; compressed: boolean } | undefined;
  for (const { fetched_bytes, streamed_bytes } of process.copied_in) {
    const streamed = streamed_bytes ?? 0;
    const fetched = fetched_bytes ?? 0;
    const bytes = Math.max(streamed, fetched);
    if (bytes > (largest?.bytes ?? 0)) largest = { bytes, compressed: fetched > streamed };
  }
  return largest;
}
