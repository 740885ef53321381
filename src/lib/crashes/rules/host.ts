import { type Context, type Judgement, freeOf, goodElsewhere, cellsOf, count } from './judgement.ts';
import { type DiskFailure, type ProcessEvidence } from '../evidence.ts';
import { missingOf } from '../missing.ts';
import { makeRoom, recreateCell } from '../remedies.ts';

/** Rule 1. */
export function placement(process: ProcessEvidence, context: Context): Judgement {
  const need = process.disk_mb ?? 0;
  const free = context.evidence.cells
    .map((cell) => ({ cell, mb: freeOf(cell) }))
    .filter((entry): entry is typeof entry & { mb: number } => entry.mb !== null)
    .sort((a, b) => b.mb - a.mb);
  const most = free[0];
  const evidence = [
    `The auction found no cell with ${need === 0 ? 'its quota' : `${need} MB`} of disk unreserved.`,
  ];
  const contradicting: string[] = [];
  if (most !== undefined) {
    const text = `Cell ${most.cell.cell_id} has the most: ${most.mb} MB.`;
    if (need > 0 && most.mb >= need) {
      contradicting.push(`${text} Either it lacks the stack, driver or tag, or the room has come since.`);
    } else {
      evidence.push(text);
    }
  }
  return {
    verdict: 'placement',
    confidence: contradicting.length > 0 ? 'medium' : 'high',
    evidence,
    contradicting,
    missing: most === undefined ? missingOf(context.evidence, 'store', 'live') : [],
    remedies: makeRoom(process),
  };
}

/** Rule 2. */
export function hostDisk(process: ProcessEvidence, failures: DiskFailure[], context: Context): Judgement {
  const cells = cellsOf(failures);
  const known = cells.flatMap((cell) => context.full.get(cell) ?? []);
  const saidSo = failures.some((failure) => failure.class === 'host-disk');
  const evidence = known.flatMap(({ cell_id, reasons }) =>
    reasons.map((reason) => `Cell ${cell_id}: ${reason}`),
  );
  if (saidSo && known.length === 0) evidence.push('The text names the disk of the cell, not the quota.');
  for (const { cell_id, apps } of known) {
    if (apps.size > 1) evidence.push(`Cell ${cell_id} fails for ${apps.size} apps in all.`);
  }
  const good = goodElsewhere(process, cells);
  if (good !== undefined) evidence.push(good);
  const contradicting: string[] = [];
  const sameCell = process.running.filter(({ cell_id }) => cells.includes(cell_id));
  if (sameCell.length > 0) {
    contradicting.push(`${count(sameCell.length, 'instance')} of it run on the same cell.`);
  }
  const direct = saidSo || known.some((cell) => cell.direct);
  const many = known.some((cell) => cell.apps.size >= 3);
  return {
    verdict: 'host-disk-full',
    confidence: direct || many ? (contradicting.length > 0 && !direct ? 'medium' : 'high') : 'medium',
    evidence,
    contradicting,
    missing: direct ? [] : missingOf(context.evidence, 'rep_logs', 'live'),
    remedies: cells.length === 0 ? recreateCell('CELL_ID') : cells.flatMap(recreateCell),
  };
}
