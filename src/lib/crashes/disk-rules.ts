import { type Context, type Judgement, FULL, isStaging, cellsOf, mib } from './rules/judgement.ts';
import { placement, hostDisk } from './rules/host.ts';
import { imageCounts } from './rules/image.ts';
import { runTime, staging } from './rules/run-time.ts';
import { copyingIn } from './rules/copying-in.ts';
import {
  appKey,
  shareOf,
  stackOf,
  type DiskEvidence,
  type DiskFailure,
  type ProcessEvidence,
} from './evidence.ts';
import { lower, VERDICT_TEXT, type DiskFinding } from './disk-findings.ts';
import { fullCells, isTooLarge, largestCopiedIn } from './host-disk.ts';
import { DEFAULT_MAX_APP_DISK_MB } from './remedies.ts';

export interface DiskRuleOptions {
  /** No quota above this is suggested. */
  max_app_disk_mb?: number;
}

/**
 * The verdicts on all processes that failed for disk, by the rules of the reference in their order. A process gets one for each
 * group of failures that has a reason of its own: placement, the image, copying in (by cell), run time.
 */
export function diagnoseDisk(evidence: DiskEvidence, options: DiskRuleOptions = {}): DiskFinding[] {
  const context: Context = {
    evidence,
    full: fullCells(evidence),
    failingOn: appsByCell(evidence),
    max: options.max_app_disk_mb ?? DEFAULT_MAX_APP_DISK_MB,
  };
  return evidence.processes.flatMap((process) => diagnoseProcess(process, context));
}

function diagnoseProcess(process: ProcessEvidence, context: Context): DiskFinding[] {
  const of = (...classes: string[]) => process.failures.filter((failure) => classes.includes(failure.class));
  const findings: DiskFinding[] = [];
  const add = (failures: DiskFailure[], judge: (failures: DiskFailure[]) => Judgement) => {
    if (failures.length > 0) findings.push(finding(process, failures, judge(failures), context));
  };
  add(of('insufficient-resources'), () => placement(process, context));
  const copying = of('copy-in');
  const onFullCells = isTooLarge(process)
    ? []
    : copying.filter(({ cell_id }) => cell_id !== null && context.full.has(cell_id));
  add([...of('host-disk'), ...onFullCells], (failures) => hostDisk(process, failures, context));
  add(of('image-size'), (failures) => imageCounts(process, failures, context));
  add(
    copying.filter((failure) => !onFullCells.includes(failure)),
    (failures) => copyingIn(process, failures, context),
  );
  add(atRunTime(process), (failures) =>
    isStaging(process) ? staging(process, context) : runTime(process, failures, context),
  );
  return findings;
}

/**
 * Failures of a container that ran: those that speak of disk (also inside a health check's text, or a build pack's), and
 * exits that do not, of a process whose instances have filled their disks.
 */
function atRunTime(process: ProcessEvidence): DiskFailure[] {
  const filled = process.running.some((instance) => (shareOf(instance, process.disk_mb) ?? 0) >= FULL);
  return process.failures.filter((failure) => {
    if (failure.class === 'app-exit') return filled;
    return !['insufficient-resources', 'host-disk', 'image-size', 'copy-in'].includes(failure.class);
  });
}

function finding(
  process: ProcessEvidence,
  failures: DiskFailure[],
  judgement: Judgement,
  context: Context,
): DiskFinding {
  const recovered = failures.every(({ current }) => !current);
  const times = failures.flatMap(({ at }) => at ?? []).sort();
  const used = Math.max(0, ...process.running.map(({ usage_bytes }) => usage_bytes ?? 0));
  const copied = largestCopiedIn(process);
  const failing = new Set(failures.filter(({ current }) => current).map(({ index }) => index));
  return {
    kind: process.kind,
    process_guid: process.process_guid,
    app_guid: process.app_guid,
    app_name: process.app_name,
    org_name: process.org_name,
    space_name: process.space_name,
    verdict: judgement.verdict,
    rule: VERDICT_TEXT[judgement.verdict].rule,
    confidence: recovered ? lower(judgement.confidence) : judgement.confidence,
    recovered,
    candidates: judgement.candidates ?? [],
    instances: process.instances,
    failing: failing.size,
    running: process.running.length,
    cells: cellsOf(failures),
    same_cell: sameCell(process, cellsOf(failures), context),
    running_on: process.running.map(({ index, cell_id, since, usage_bytes }) => ({
      index,
      cell_id,
      since,
      use_mb: usage_bytes === null ? null : mib(usage_bytes),
    })),
    setup: process.setup,
    stack: stackOf(process.rootfs),
    disk_mb: process.disk_mb,
    largest_use_mb: used > 0 ? mib(used) : null,
    copied_in_mb: copied === undefined ? null : mib(copied.bytes),
    first_at: times[0] ?? null,
    last_at: times.at(-1) ?? null,
    example: failures[0]!.text,
    evidence: recovered
      ? [...judgement.evidence, 'Every instance that failed runs again: the text is of an earlier crash.']
      : judgement.evidence,
    contradicting: judgement.contradicting ?? [],
    missing: judgement.missing ?? [],
    remedies: judgement.remedies,
  };
}

function appsByCell(evidence: DiskEvidence): Context['failingOn'] {
  const cells: Context['failingOn'] = new Map();
  for (const process of evidence.processes) {
    for (const failure of process.failures) {
      if (failure.cell_id === null || failure.class === 'app-exit') continue;
      const apps = cells.get(failure.cell_id) ?? new Map<string, string>();
      apps.set(appKey(process), process.app_name ?? appKey(process));
      cells.set(failure.cell_id, apps);
    }
  }
  return cells;
}

function sameCell(process: ProcessEvidence, cells: string[], context: Context): DiskFinding['same_cell'] {
  return cells.flatMap((cell_id) => {
    const others = new Map(context.failingOn.get(cell_id));
    others.delete(appKey(process));
    return others.size === 0 ? [] : [{ cell_id, apps: [...others.values()] }];
  });
}
