import {
  appKey,
  imageKind,
  MIB,
  shareOf,
  stackOf,
  type DiskEvidence,
  type DiskFailure,
  type MissingEvidence,
  type ProcessEvidence,
} from './evidence.ts';
import { lower, VERDICT_TEXT, type Confidence, type DiskFinding, type Verdict } from './disk-findings.ts';
import { fullCells, isTooLarge, largestCopiedIn, type FullCell } from './host-disk.ts';
import { missingOf } from './missing.ts';
import {
  DEFAULT_MAX_APP_DISK_MB,
  makeRoom,
  raiseQuota,
  recreateCell,
  restartRep,
  shrinkApp,
  shrinkUse,
  stagingDisk,
  target,
  type Remedy,
} from './remedies.ts';

export interface DiskRuleOptions {
  /** No quota above this is suggested. */
  max_app_disk_mb?: number;
}

/** Below this share of its quota an instance shows that the quota is enough. */
const ENOUGH = 0.8;

/** From this share of its quota on a disk is as good as full. */
const FULL = 0.95;

const STAGING_DOMAIN = 'cf-app-staging';

interface Context {
  evidence: DiskEvidence;
  full: Map<string, FullCell>;
  /** The apps that fail for disk on a cell, for whichever reason: key of the app to its name. */
  failingOn: Map<string, Map<string, string>>;
  max: number;
}

/** What one rule says; {@link finding} adds what is the same for all. */
interface Judgement {
  verdict: Verdict;
  confidence: Confidence;
  evidence: string[];
  contradicting?: string[];
  candidates?: Verdict[];
  missing?: MissingEvidence[];
  remedies: Remedy[];
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
  add(of('host-disk'), (failures) => hostDisk(process, failures, context));
  add(of('image-size'), (failures) => imageCounts(process, failures, context));
  const copying = of('copy-in');
  const onFullCells = isTooLarge(process)
    ? []
    : copying.filter(({ cell_id }) => cell_id !== null && context.full.has(cell_id));
  add(onFullCells, (failures) => hostDisk(process, failures, context));
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

function isStaging(process: ProcessEvidence): boolean {
  return process.kind === 'task' && process.domain === STAGING_DOMAIN;
}

/** Rule 1. */
function placement(process: ProcessEvidence, context: Context): Judgement {
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

function freeOf(cell: DiskEvidence['cells'][number]): number | null {
  if (cell.disk_available_mb !== null) return cell.disk_available_mb;
  if (cell.disk_capacity_mb === null || cell.disk_allocated_mb === null) return null;
  return cell.disk_capacity_mb - cell.disk_allocated_mb;
}

/** Rule 2. */
function hostDisk(process: ProcessEvidence, failures: DiskFailure[], context: Context): Judgement {
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

/** Rule 3. */
function imageCounts(process: ProcessEvidence, failures: DiskFailure[], context: Context): Judgement {
  const kind = imageKind(process.rootfs);
  const said = failures.filter((failure) => failure.class === 'image-size');
  const evidence: string[] = [];
  const sizes = said.map(({ text }) => /(\d{4,})\/(\d{4,}) bytes/.exec(text)).find((match) => match !== null);
  if (sizes != null) {
    evidence.push(
      `The image has ${mib(Number(sizes[1]))} MB in its layers, the quota is ${mib(Number(sizes[2]))} MB.`,
    );
  } else if (said.length > 0) {
    evidence.push('Making the container failed because the image is larger than the quota, by its own text.');
  }
  if (kind === 'docker') evidence.push('It runs from a Docker image, whose layers count against the quota.');
  if (kind === 'layer') evidence.push('Its droplet is a layer of the image and counts against the quota.');
  const contradicting =
    kind === undefined && process.rootfs !== null && said.length > 0
      ? [`Its root file system is ${process.rootfs}, which is not an image of its own.`]
      : [];
  return {
    verdict: 'image-counts',
    confidence: said.length > 0 ? (contradicting.length > 0 ? 'medium' : 'high') : 'medium',
    evidence,
    contradicting,
    missing: process.rootfs === null ? missingOf(context.evidence, 'store') : [],
    remedies: [...target(process), ...raiseQuota(process, context.max), shrinkApp(process)],
  };
}

/** Rules 3, 4, 5, 7 and 8, for failures to copy into the container on cells that are not known to be full. */
function copyingIn(process: ProcessEvidence, failures: DiskFailure[], context: Context): Judgement {
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

/** The bare text of releases before 2017, when Garden-Linux could count too much while files were copied in. */
function isLegacy(failures: DiskFailure[]): boolean {
  return failures.every((failure) => failure.pattern === 'copy-in-bare');
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

/** Rule 4. */
function overEnforcement(
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
function quotaTooSmall(process: ProcessEvidence, failures: DiskFailure[], context: Context): Judgement {
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

/** Rule 6. */
function runTime(process: ProcessEvidence, failures: DiskFailure[], context: Context): Judgement {
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
function staging(process: ProcessEvidence, context: Context): Judgement {
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

/** Rule 8. */
function undetermined(
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

/** A sentence on the instances that run well away from the given cells, if there are any. */
function goodElsewhere(process: ProcessEvidence, cells: string[]): string | undefined {
  const elsewhere = process.running.filter(({ cell_id }) => !cells.includes(cell_id));
  if (elsewhere.length === 0) return undefined;
  const shares = elsewhere
    .map((instance) => shareOf(instance, process.disk_mb))
    .filter((share) => share !== undefined);
  const where = elsewhere.length === 1 ? `cell ${elsewhere[0]!.cell_id}` : 'other cells';
  const use = shares.length === 0 ? '' : ` and use at most ${percent(Math.max(...shares))} of the quota`;
  return `${count(elsewhere.length, 'instance')} of the same process run on ${where}${use}.`;
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

function cellsOf(failures: readonly DiskFailure[]): string[] {
  return [...new Set(failures.flatMap(({ cell_id }) => cell_id ?? []))];
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function mib(bytes: number): number {
  return Math.round(bytes / MIB);
}

function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}
