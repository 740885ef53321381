import type { MissingEvidence, SetupEvidence } from './evidence.ts';
import type { Remedy } from './remedies.ts';

export const VERDICTS = [
  'placement',
  'host-disk-full',
  'image-counts',
  'over-enforcement',
  'quota-too-small',
  'filled-at-run-time',
  'staging',
  'undetermined',
] as const;

export type Verdict = (typeof VERDICTS)[number];

export type Confidence = 'high' | 'medium' | 'low';

/** What each verdict says, in the words of a heading, and the number of its rule: they are tried in this order. */
export const VERDICT_TEXT: Record<Verdict, { rule: number; text: string }> = {
  placement: {
    rule: 1,
    text: 'No cell has enough unreserved disk to place it (not a matter of what it uses)',
  },
  'host-disk-full': { rule: 2, text: "The cell's own disk is full" },
  'image-counts': { rule: 3, text: 'Its image counts against the quota, and leaves too little' },
  'over-enforcement': { rule: 4, text: 'The quota is enforced too strictly on some cells' },
  'quota-too-small': { rule: 5, text: 'The disk quota is too small for what is copied in' },
  'filled-at-run-time': { rule: 6, text: 'The app fills its disk while it runs' },
  staging: { rule: 7, text: 'Staging runs out of disk' },
  undetermined: { rule: 8, text: 'The evidence does not tell the cases apart' },
};

/** One verdict on one process, for one group of its failures. */
export interface DiskFinding {
  kind: 'lrp' | 'task';
  process_guid: string;
  app_guid: string | null;
  app_name: string | null;
  org_name: string | null;
  space_name: string | null;
  verdict: Verdict;
  /** 1 to 8, as in the reference: they are tried in this order. */
  rule: number;
  confidence: Confidence;
  /** Every instance that failed runs again. */
  recovered: boolean;
  /** What else it may be; only of `undetermined`. */
  candidates: Verdict[];
  instances: number | null;
  failing: number;
  running: number;
  /** Of the failures, as far as it is known. */
  cells: string[];
  /** Other apps that fail for disk on the same cells. */
  same_cell: { cell_id: string; apps: string[] }[];
  /** Where the other instances of the process run, and what they use. */
  running_on: { index: number; cell_id: string; since: string | null; use_mb: number | null }[];
  /** What is put into its container before it starts; `null` without keys. */
  setup: SetupEvidence | null;
  stack: string;
  disk_mb: number | null;
  /** The most that a running instance uses. */
  largest_use_mb: number | null;
  /** The most that is known to be copied in. */
  copied_in_mb: number | null;
  first_at: string | null;
  last_at: string | null;
  /** Secrets masked. */
  example: string;
  evidence: string[];
  /** What speaks against it. */
  contradicting: string[];
  missing: MissingEvidence[];
  remedies: Remedy[];
}

/** One step less sure. */
export function lower(confidence: Confidence): Confidence {
  return confidence === 'high' ? 'medium' : 'low';
}
