import {
  type Context,
  type Judgement,
  ENOUGH,
  FULL,
  freeOf,
  goodElsewhere,
  isLegacy,
  cellsOf,
  count,
  mib,
  percent,
} from './judgement.ts';
import { MIB, shareOf, type DiskFailure, type ProcessEvidence } from '../evidence.ts';
import { lower, type Confidence } from '../disk-findings.ts';
import { isTooLarge, largestCopiedIn } from '../host-disk.ts';
import { missingOf } from '../missing.ts';
import { raiseQuota, restartRep, shrinkApp, target } from '../remedies.ts';

/** Rule 4. */
export function overEnforcement(
  process: ProcessEvidence,
  failures: DiskFailure[],
  share: number,
  context: Context,
): Judgement {
  const cells = cellsOf(failures);
  const evidence: string[] = [];
  const contradicting: string[] = [];
  const running = process.running;
  const elsewhere = running.filter(({ cell_id }) => !cells.includes(cell_id));
  const good = goodElsewhere(process, cells);
  if (good !== undefined) evidence.push(good);
  if (share > 0 && elsewhere.every(({ usage_bytes }) => usage_bytes === null)) {
    evidence.push(`What is copied into it is ${percent(share)} of its quota, by the log of a rep.`);
  }
  if (cells.length > 0)
    evidence.push(`It fails on ${cells.length === 1 ? 'cell' : 'cells'} ${cells.join(', ')}.`);
  if (isLegacy(failures)) {
    evidence.push(
      'The text without a detail is that of releases before 2017: Garden-Linux could count too much disk while a droplet was copied in.',
    );
  }
  const same = running.filter(({ cell_id }) => cells.includes(cell_id));
  if (same.length > 0) {
    contradicting.push(`${count(same.length, 'instance')} of it run on a cell on which others of it fail.`);
  }
  let confidence: Confidence = cells.length > 0 && elsewhere.length > 0 ? 'high' : 'low';
  if (isLegacy(failures) && confidence === 'low' && running.length === 0) confidence = 'medium';
  if (contradicting.length > 0) confidence = 'low';
  for (const cell of cells.flatMap(
    (id) => context.evidence.cells.find(({ cell_id }) => cell_id === id) ?? [],
  )) {
    const free = freeOf(cell);
    if (cell.disk_capacity_mb !== null && free !== null && free <= cell.disk_capacity_mb * 0.02) {
      contradicting.push(
        `Cell ${cell.cell_id} has next to no disk unreserved (${free} MB): its own disk may be full.`,
      );
      confidence = lower(confidence);
    }
  }
  return {
    verdict: 'over-enforcement',
    confidence,
    evidence,
    contradicting,
    missing: cells.length === 0 ? missingOf(context.evidence, 'cf_events', 'rep_logs') : [],
    remedies: [
      ...cells.flatMap(restartRep),
      ...(cells.length === 0 ? restartRep('CELL_ID') : []),
      ...target(process),
      ...raiseQuota(process, context.max).map((remedy) => ({ ...remedy, text: `Meanwhile: ${remedy.text}` })),
    ],
  };
}

/** Rule 5. */
export function quotaTooSmall(
  process: ProcessEvidence,
  failures: DiskFailure[],
  context: Context,
): Judgement {
  const cells = cellsOf(failures);
  const copied = largestCopiedIn(process);
  const evidence: string[] = [];
  const contradicting: string[] = [];
  let confidence: Confidence = 'medium';
  if (copied !== undefined && isTooLarge(process)) {
    confidence = 'high';
    evidence.push(
      `${mib(copied.bytes)} MB${copied.compressed ? ' (compressed)' : ''} are copied in, the quota is ${process.disk_mb} MB.`,
    );
  } else if (copied !== undefined && process.disk_mb !== null) {
    const text = `${mib(copied.bytes)} MB${copied.compressed ? ' (compressed)' : ''} are known to be copied in, of ${process.disk_mb} MB.`;
    if (copied.compressed || copied.bytes >= ENOUGH * process.disk_mb * MIB) evidence.push(text);
    else {
      contradicting.push(
        `${text} That is well below the quota; the number of files (inodes) has a limit too.`,
      );
      confidence = lower(confidence);
    }
  }
  if (process.running.length === 0 && cells.length >= 2) {
    evidence.push(`It fails on every cell that it was tried on: ${cells.join(', ')}.`);
    if (contradicting.length === 0) confidence = 'high';
  } else if (process.running.length === 0 && cells.length === 0) {
    evidence.push(`All of its instances fail; the cells are not known.`);
  }
  const shares = process.running
    .map((instance) => shareOf(instance, process.disk_mb))
    .filter((share) => share !== undefined);
  if (shares.length > 0) {
    const most = Math.max(...shares);
    const text = `Instances that run use up to ${percent(most)} of the quota.`;
    if (most >= ENOUGH) {
      evidence.push(text);
      if (most >= FULL) confidence = 'high';
    } else {
      contradicting.push(text);
      confidence = lower(confidence);
    }
  }
  const full = cells.filter((cell) => context.full.has(cell));
  if (full.length > 0) {
    evidence.push(`The disk of cell ${full.join(', ')} is full besides: see the findings on it.`);
  }
  return {
    verdict: 'quota-too-small',
    confidence,
    evidence,
    contradicting,
    missing: confidence === 'high' ? [] : missingOf(context.evidence, 'rep_logs', 'cf_events'),
    remedies: [...target(process), ...raiseQuota(process, context.max), shrinkApp(process)],
  };
}
