import { type Context, type Judgement, cellsOf, count } from './judgement.ts';
import { type DiskFailure, type ProcessEvidence } from '../evidence.ts';
import { type Verdict } from '../disk-findings.ts';
import { missingOf } from '../missing.ts';
import { raiseQuota, target } from '../remedies.ts';

/** Rule 8. */
export function undetermined(
  process: ProcessEvidence,
  failures: DiskFailure[],
  context: Context,
  candidates: Verdict[],
): Judgement {
  const cells = cellsOf(failures);
  const evidence: string[] = [];
  if (process.running.length > 0) {
    evidence.push(`${count(process.running.length, 'instance')} of it run; what they use is not known.`);
  }
  if (cells.length === 1) evidence.push(`It is known to fail on one cell: ${cells[0]!}.`);
  if (cells.length === 0) evidence.push('The cells that it failed on are not known.');
  const missing = missingOf(
    context.evidence,
    ...(cells.length === 0 ? (['cf_events'] as const) : []),
    ...(process.running.length > 0 ? (['live'] as const) : []),
    ...(process.copied_in.length === 0 ? (['rep_logs'] as const) : []),
    'store',
  );
  return {
    verdict: 'undetermined',
    confidence: 'low',
    evidence,
    candidates,
    missing,
    remedies: [
      ...missing.map(({ what, how }) => ({ text: `Get ${what}.`, command: how })),
      ...target(process),
      ...raiseQuota(process, context.max).map((remedy) => ({
        ...remedy,
        text: `Meanwhile, what helps in most cases: ${remedy.text}`,
      })),
    ],
  };
}
