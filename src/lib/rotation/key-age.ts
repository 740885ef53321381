import { dateOfLabel } from '../manifest/generate.ts';
import { finishedRotations, type RecordSummary } from './read-records.ts';

/** How old the active key is, as `keys age -o json` prints it. */
export interface KeyAge {
  label: string;
  /** When it came into use; `null` when nothing says so. */
  since: string | null;
  /** Where that is from. */
  source: 'record' | 'label' | 'unknown';
  age_days: number | null;
  max_age_days: number;
  /** The day on which it is due to be rotated. */
  due_on: string | null;
  verdict: 'ok' | 'due' | 'unknown';
}

const DAY_MS = 86_400_000;

/**
 * The age of the active key: from the record of the rotation to it, else from the date in its label (the first of the month where it
 * has no day).
 */
export function keyAge(
  label: string,
  records: readonly RecordSummary[],
  maxAgeMs: number,
  now: Date,
): KeyAge {
  // The first rotation to it: a later one only fetched stragglers.
  const rotated = finishedRotations(records)
    .filter(({ target_label }) => target_label === label)
    .map(({ finished_at }) => new Date(finished_at))
    .toSorted((a, b) => a.getTime() - b.getTime())[0];
  const since = rotated ?? dateOfLabel(label);
  const common = { label, max_age_days: maxAgeMs / DAY_MS };
  if (since === undefined) {
    return { ...common, since: null, source: 'unknown', age_days: null, due_on: null, verdict: 'unknown' };
  }
  const age = now.getTime() - since.getTime();
  return {
    ...common,
    since: since.toISOString(),
    source: rotated ? 'record' : 'label',
    age_days: Math.floor(age / DAY_MS),
    due_on: new Date(since.getTime() + maxAgeMs).toISOString().slice(0, 10),
    verdict: age > maxAgeMs ? 'due' : 'ok',
  };
}
