import { UsageError } from '../errors.ts';
import { ACTORS, CRASH_CLASSES, CRASH_PATTERNS, type CrashPattern } from './patterns.ts';
import type { CrashRecord } from './records.ts';

/**
 * Reads what `--fail-on` was given: classes, ids of patterns, or who acts (app, platform, sizing); each may be a list with
 * commas.
 *
 * @throws {UsageError} for a name that is none of them
 */
export function parseFailOn(
  names: readonly string[],
  own: readonly CrashPattern[],
): (record: CrashRecord) => boolean {
  const wanted = names.flatMap((name) => name.split(',')).map((name) => name.trim());
  const classes = new Set<string>([...CRASH_CLASSES, ...own.map((pattern) => pattern.class), 'any']);
  const ids = new Set([...CRASH_PATTERNS, ...own].map(({ id }) => id));
  for (const name of wanted) {
    if (classes.has(name) || ids.has(name) || ACTORS.some((actor) => actor === name)) continue;
    throw new UsageError(`--fail-on: there is no class "${name}".`, {
      next: `Use one of ${[...classes].join(', ')}; who acts (${ACTORS.join(', ')}); or a pattern of \`cgdiego crashes patterns\`.`,
    });
  }
  const set = new Set(wanted);
  return (record) =>
    set.has('any') ||
    set.has(record.class) ||
    set.has(record.pattern) ||
    record.who.some((who) => set.has(who));
}
