import { CONTAINER_PATTERNS } from './patterns/containers.ts';
import { COPYING_PATTERNS } from './patterns/copying.ts';
import { PLACEMENT_PATTERNS } from './patterns/placement.ts';
import { RUNNING_PATTERNS } from './patterns/running.ts';

/**
 * The table that says what a text in `crash_reason`, `placement_error`, `failure_reason`, `rejection_reason` or
 * `exit_description` means. It is meant to be read and extended: the first pattern that matches wins, so a specific
 * pattern stands before the general one, and a cause before its consequences (a container that ran out of memory also
 * fails its health check and exits). Operators add their own with `--patterns FILE`; those are tried first.
 *
 * Patterns are tried without regard to case on the whole text as it was stored: cut at 1,024 characters by the BBS
 * (bbs/db/sqldb `truncateString`), so no pattern may need the end of a long text.
 */

/** Who can end it: the app's people, whoever runs the platform, or whoever decides how much room there is. */
export type Actor = 'app' | 'platform' | 'sizing';

export const ACTORS: readonly Actor[] = ['app', 'platform', 'sizing'];

/** What went wrong, one level above the single pattern: what `--by cause` groups by and `--fail-on` takes. */
export const CRASH_CLASSES = [
  'copy-in',
  'image-size',
  'disk-full',
  'host-disk',
  'memory-quota',
  'app-exit',
  'buildpack',
  'health-check',
  'proxy',
  'timeout',
  'codependent',
  'not-stopping',
  'download',
  'upload',
  'image-pull',
  'container-create',
  'volume-mount',
  'cell',
  'insufficient-resources',
  'no-compatible-cell',
  'task-not-started',
  'task-result',
  'staging',
  'stopped',
  'unknown',
] as const;

export type CrashClass = (typeof CRASH_CLASSES)[number];

export interface CrashPattern {
  /** Stable name, for `--fail-on` and for `pattern` in JSON. */
  id: string;
  /** One of {@link CRASH_CLASSES}, or an operator's own. */
  class: string;
  pattern: RegExp;
  /** What happened, in one sentence. */
  cause: string;
  /** More than one when the text alone cannot tell. */
  who: readonly Actor[];
  /** What to do about it. */
  todo: string;
  /** Where the text comes from. */
  source: string;
}

/** All patterns in the order in which they are tried. */
export const CRASH_PATTERNS: readonly CrashPattern[] = [
  ...PLACEMENT_PATTERNS,
  ...COPYING_PATTERNS,
  ...CONTAINER_PATTERNS,
  ...RUNNING_PATTERNS,
];

/** What a text means that no pattern knows. It is shown as it is, never dropped. */
export const UNKNOWN_PATTERN: Omit<CrashPattern, 'pattern'> = {
  id: 'unknown',
  class: 'unknown',
  cause: 'No pattern knows this text.',
  who: ['app', 'platform'],
  todo: 'Read it; add a pattern for it with --patterns FILE.',
  source: '',
};
