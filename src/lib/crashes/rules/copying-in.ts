import { type Context, type Judgement, ENOUGH, isStaging, isLegacy, cellsOf } from './judgement.ts';
import { imageCounts } from './image.ts';
import { overEnforcement, quotaTooSmall } from './quota.ts';
import { staging } from './run-time.ts';
import { undetermined } from './undetermined.ts';
import { imageKind, MIB, shareOf, type DiskFailure, type ProcessEvidence } from '../evidence.ts';
import { isTooLarge } from '../host-disk.ts';

/** Rules 3, 4, 5, 7 and 8, for failures to copy into the container on cells that are not known to be full. */
export function copyingIn(process: ProcessEvidence, failures: DiskFailure[], context: Context): Judgement {
  if (imageKind(process.rootfs) === 'docker') return imageCounts(process, failures, context);
  if (isTooLarge(process)) return quotaTooSmall(process, failures, context);
  if (isStaging(process)) return staging(process, context);
  const running = process.running;
  const shares = running
    .map((instance) => shareOf(instance, process.disk_mb))
    .filter((share) => share !== undefined);
  const smallest = shares.length > 0 ? Math.min(...shares) : copiedShareElsewhere(process, failures);
  if (running.length > 0 && smallest !== undefined && smallest < ENOUGH) {
    return overEnforcement(process, failures, smallest, context);
  }
  if (running.length > 0 && smallest !== undefined) return quotaTooSmall(process, failures, context);
  if (running.length > 0)
    return undetermined(process, failures, context, ['over-enforcement', 'quota-too-small']);
  if (isLegacy(failures)) {
    const copied = copiedShareElsewhere(process, []);
    if (copied !== undefined && copied < ENOUGH) return overEnforcement(process, failures, copied, context);
  }
  if (failsEverywhere(process, failures)) return quotaTooSmall(process, failures, context);
  return undetermined(process, failures, context, ['quota-too-small', 'host-disk-full', 'over-enforcement']);
}

/** What is copied in whole elsewhere, as a share of the quota; compressed sizes say too little for this. */
function copiedShareElsewhere(process: ProcessEvidence, failures: DiskFailure[]): number | undefined {
  const cells = cellsOf(failures);
  const sizes = process.copied_in
    .filter(
      ({ failed, cell_id, streamed_bytes }) =>
        !failed && streamed_bytes !== null && !cells.includes(cell_id ?? ''),
    )
    .map(({ streamed_bytes }) => streamed_bytes!);
  if (sizes.length === 0 || !process.disk_mb) return undefined;
  return Math.max(...sizes) / (process.disk_mb * MIB);
}

/** None of its instances runs, and they failed on several cells, or all of several instances fail. */
function failsEverywhere(process: ProcessEvidence, failures: DiskFailure[]): boolean {
  if (process.running.length > 0) return false;
  const cells = cellsOf(failures);
  if (cells.length >= 2) return true;
  if (cells.length === 1 && failures.every(({ cell_id }) => cell_id !== null)) return false;
  const indices = new Set(failures.filter(({ current }) => current).map(({ index }) => index));
  return indices.size >= 2 && indices.size >= (process.instances ?? 0);
}
