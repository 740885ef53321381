import { type Context, type Judgement, FULL, percent } from './judgement.ts';
import {
  imageKind,
  shareOf,
  type DiskFailure,
  type MissingEvidence,
  type ProcessEvidence,
} from '../evidence.ts';
import { type Confidence } from '../disk-findings.ts';
import { missingOf } from '../missing.ts';
import { raiseQuota, shrinkUse, stagingDisk, target } from '../remedies.ts';

/** Rule 6. */
export function runTime(process: ProcessEvidence, failures: DiskFailure[], context: Context): Judgement {
  const said = failures.some((failure) => failure.class !== 'app-exit');
  const shares = process.running
    .map((instance) => shareOf(instance, process.disk_mb))
    .filter((share) => share !== undefined);
  const most = shares.length > 0 ? Math.max(...shares) : undefined;
  const evidence: string[] = [];
  const contradicting: string[] = [];
  const missing: MissingEvidence[] = [];
  let confidence: Confidence = 'medium';
  if (said) evidence.push('It exited, and its text says that there was no space left.');
  if (most !== undefined && most >= FULL) {
    evidence.push(`An instance that runs uses ${percent(most)} of its quota.`);
    if (said) confidence = 'high';
  } else if (most !== undefined) {
    contradicting.push(
      `Instances that run use at most ${percent(most)} of their quota now; a new container starts empty.`,
    );
  } else {
    missing.push(...missingOf(context.evidence, 'live'));
  }
  if (!said) {
    missing.push({
      what: "the app's log",
      why: 'The text of the crash does not say why it exited.',
      how: `cf logs ${process.app_name ?? 'APP'} --recent | grep -iE 'no space|quota'`,
    });
  }
  if (imageKind(process.rootfs) === 'docker') {
    evidence.push("It runs from a Docker image: the image's own layers take part of the quota.");
  }
  return {
    verdict: 'filled-at-run-time',
    confidence,
    evidence,
    contradicting,
    missing,
    remedies: [...target(process), ...shrinkUse(process), ...raiseQuota(process, context.max)],
  };
}

/** Rule 7. */
export function staging(process: ProcessEvidence, context: Context): Judgement {
  const evidence = [
    `A staging task failed for lack of disk${process.disk_mb === null ? '' : `; it may use ${process.disk_mb} MB`}.`,
  ];
  const cached = (process.setup?.downloads ?? []).filter(({ artifact }) => /cache/i.test(artifact));
  if (cached.length > 0)
    evidence.push("The build pack's cache of an earlier staging is unpacked into it first.");
  return {
    verdict: 'staging',
    confidence: 'high',
    evidence,
    missing: process.disk_mb === null ? missingOf(context.evidence, 'keys') : [],
    remedies: stagingDisk(process, context.max),
  };
}
