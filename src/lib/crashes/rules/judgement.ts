import {
  MIB,
  shareOf,
  type DiskEvidence,
  type DiskFailure,
  type MissingEvidence,
  type ProcessEvidence,
} from '../evidence.ts';
import { type Confidence, type Verdict } from '../disk-findings.ts';
import { type FullCell } from '../host-disk.ts';
import { type Remedy } from '../remedies.ts';

/** Below this share of its quota an instance shows that the quota is enough. */
export const ENOUGH = 0.8;

/** From this share of its quota on a disk is as good as full. */
export const FULL = 0.95;

const STAGING_DOMAIN = 'cf-app-staging';

/** What all rules look at. */
export interface Context {
  evidence: DiskEvidence;
  full: Map<string, FullCell>;
  /** The apps that fail for disk on a cell, for whichever reason: key of the app to its name. */
  failingOn: Map<string, Map<string, string>>;
  max: number;
}

/** What one rule says; {@link finding} adds what is the same for all. */
export interface Judgement {
  verdict: Verdict;
  confidence: Confidence;
  evidence: string[];
  contradicting?: string[];
  candidates?: Verdict[];
  missing?: MissingEvidence[];
  remedies: Remedy[];
}

/** Whether it is a container that the Cloud Controller stages an app in. */
export function isStaging(process: ProcessEvidence): boolean {
  return process.kind === 'task' && process.domain === STAGING_DOMAIN;
}

/** Disk that is not reserved on a cell, MiB; the rep's own word where there is one. */
export function freeOf(cell: DiskEvidence['cells'][number]): number | null {
  if (cell.disk_available_mb !== null) return cell.disk_available_mb;
  if (cell.disk_capacity_mb === null || cell.disk_allocated_mb === null) return null;
  return cell.disk_capacity_mb - cell.disk_allocated_mb;
}

/** A sentence on the instances that run well away from the given cells, if there are any. */
export function goodElsewhere(process: ProcessEvidence, cells: string[]): string | undefined {
  const elsewhere = process.running.filter(({ cell_id }) => !cells.includes(cell_id));
  if (elsewhere.length === 0) return undefined;
  const shares = elsewhere
    .map((instance) => shareOf(instance, process.disk_mb))
    .filter((share) => share !== undefined);
  const where = elsewhere.length === 1 ? `cell ${elsewhere[0]!.cell_id}` : 'other cells';
  const use = shares.length === 0 ? '' : ` and use at most ${percent(Math.max(...shares))} of the quota`;
  return `${count(elsewhere.length, 'instance')} of the same process run on ${where}${use}.`;
}

/** The bare text of releases before 2017, when Garden-Linux could count too much while files were copied in. */
export function isLegacy(failures: DiskFailure[]): boolean {
  return failures.every((failure) => failure.pattern === 'copy-in-bare');
}

export function cellsOf(failures: readonly DiskFailure[]): string[] {
  return [...new Set(failures.flatMap(({ cell_id }) => cell_id ?? []))];
}

export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

export function mib(bytes: number): number {
  return Math.round(bytes / MIB);
}

export function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}
