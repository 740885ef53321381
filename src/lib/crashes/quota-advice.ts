import { MIB, shareOf, stackOf, type DiskEvidence, type ProcessEvidence } from './evidence.ts';
import { largestCopiedIn } from './host-disk.ts';
import { quotaText, roundedQuota } from './remedies.ts';

export const ADVICE = ['about-to-fail', 'tight', 'far-too-much', 'fits', 'unknown'] as const;
export type Advice = (typeof ADVICE)[number];

/** A process's disk quota against the most that one of its instances is known to use. */
export interface QuotaAdvice {
  process_guid: string;
  app_guid: string | null;
  app_name: string | null;
  org_name: string | null;
  space_name: string | null;
  stack: string;
  instances: number | null;
  /** How many of them were measured. */
  measured: number;
  disk_mb: number | null;
  /** `null` when nobody measured it. */
  largest_use_mb: number | null;
  /** Of the quota, 0 to 1. */
  share: number | null;
  advice: Advice;
  suggested_mb: number | null;
  /** What lowering the quota would give back, over all instances. */
  reclaimable_mb: number;
  command: string | null;
}

/** From so much on the next write may be the last, or the next push does not fit. */
const ABOUT_TO_FAIL = 0.9;
const TIGHT = 0.8;
/** Up to so much a quota keeps disk from others for nothing; small quotas are not worth a change. */
const FAR_TOO_MUCH = 0.25;
const SMALLEST_MB = 512;

/** One row for each process, the fullest first, then the most reclaimable, then what is not known. */
export function quotaAdvice(evidence: DiskEvidence, maxMb: number): QuotaAdvice[] {
  return evidence.processes
    .filter(({ kind }) => kind === 'lrp')
    .map((process) => adviceFor(process, maxMb))
    .sort(
      (a, b) =>
        ADVICE.indexOf(a.advice) - ADVICE.indexOf(b.advice) ||
        (a.advice === 'far-too-much'
          ? b.reclaimable_mb - a.reclaimable_mb
          : (b.share ?? 0) - (a.share ?? 0)) ||
        (a.process_guid < b.process_guid ? -1 : 1),
    );
}

function adviceFor(process: ProcessEvidence, maxMb: number): QuotaAdvice {
  const measured = process.running.filter(({ usage_bytes }) => usage_bytes !== null);
  const shares = measured
    .map((instance) => shareOf(instance, process.disk_mb))
    .filter((share) => share !== undefined);
  const copied = largestCopiedIn(process);
  const quota = process.disk_mb ?? 0;
  let share = shares.length > 0 ? Math.max(...shares) : null;
  let use = measured.length > 0 ? Math.max(...measured.map(({ usage_bytes }) => usage_bytes!)) : null;
  // What is copied in is in use from the first moment on; compressed sizes say too little.
  if (copied !== undefined && !copied.compressed && quota > 0 && copied.bytes > (use ?? 0)) {
    use = copied.bytes;
    share = Math.max(share ?? 0, copied.bytes / (quota * MIB));
  }
  const advice = adviceOf(share, quota);
  const suggested = suggestion(advice, use, quota, maxMb);
  const name = process.app_name ?? 'APP';
  return {
    process_guid: process.process_guid,
    app_guid: process.app_guid,
    app_name: process.app_name,
    org_name: process.org_name,
    space_name: process.space_name,
    stack: stackOf(process.rootfs),
    instances: process.instances,
    measured: measured.length,
    disk_mb: process.disk_mb,
    largest_use_mb: use === null ? null : Math.round(use / MIB),
    share: share === null ? null : Math.round(share * 1000) / 1000,
    advice,
    suggested_mb: suggested,
    reclaimable_mb:
      suggested !== null && suggested < quota
        ? (quota - suggested) * (process.instances ?? measured.length)
        : 0,
    command: suggested === null ? null : `cf scale ${name} -k ${quotaText(suggested)}`,
  };
}

function adviceOf(share: number | null, quota: number): Advice {
  if (share === null) return 'unknown';
  if (share >= ABOUT_TO_FAIL) return 'about-to-fail';
  if (share >= TIGHT) return 'tight';
  return share <= FAR_TOO_MUCH && quota > SMALLEST_MB ? 'far-too-much' : 'fits';
}

function suggestion(advice: Advice, use: number | null, quota: number, maxMb: number): number | null {
  if (use === null) return null;
  if (advice === 'far-too-much') {
    // Twice what it uses leaves room for the next version and for what it writes.
    const wanted = Math.max(256, roundedQuota((use / MIB) * 2));
    return wanted < quota ? wanted : null;
  }
  if (advice !== 'about-to-fail' && advice !== 'tight') return null;
  const wanted = Math.min(maxMb, roundedQuota(Math.max(quota * 1.25, (use / MIB) * 1.25)));
  return wanted > quota ? wanted : null;
}
