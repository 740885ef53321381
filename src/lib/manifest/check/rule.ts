import type { Census } from '../../store/census.ts';
import type { View } from '../view.ts';
import type { ManifestSet } from './model.ts';

export type Severity = 'error' | 'warn';

export interface CheckContext {
  set: ManifestSet;
  /** The labels that the store uses; `undefined` when the store was not asked. */
  census: (Pick<Census, 'stored_label'> & { blobs: ReadonlyMap<string, number> }) | undefined;
  /** The releases or jobs that every VM has to carry, as regular expressions by name; see `addons.ts`. */
  addons: readonly string[];
}

/** Something that a rule found, and where. */
export interface Hit {
  at: View;
  what: string;
  why?: string;
  next?: string;
}

/** One row of the table of rules. */
export interface Rule {
  /** `family/name`, stable: it is in the JSON and may be given to --ignore. */
  id: string;
  severity: Severity;
  /** What it looks for. */
  what: string;
  /** Why it matters to the operator. */
  why: string;
  /** What to do about it. */
  next: string;
  /** Where it comes from: a Diego job or document, or practice. */
  source: string;
  check: (context: CheckContext) => Iterable<Hit>;
}
