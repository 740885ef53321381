import { CgdiegoError, UsageError } from '../errors.ts';

const SHOWN = 8;

/**
 * The one id that is or begins with what the operator typed.
 * @param what singular, such as `cell`
 * @throws {UsageError} when several begin with it, {CgdiegoError} when none does
 */
export function selectOne(what: string, typed: string, ids: Iterable<string>): string {
  const matching: string[] = [];
  for (const id of ids) {
    if (id === typed) return id;
    if (id.startsWith(typed)) matching.push(id);
  }
  return onlyOne(what, typed, matching);
}

/** {@link selectOne} over ids that were narrowed down already. */
export function onlyOne(what: string, typed: string, matching: readonly string[]): string {
  if (matching.length === 1) return matching[0]!;
  if (matching.length === 0) {
    throw new CgdiegoError(`There is no ${what} ${JSON.stringify(typed)}.`, {
      why: 'None has this id, and none begins with it.',
      next: `List them with cgdiego ${what === 'LRP' ? 'lrps' : `${what}s`}.`,
    });
  }
  // A store was not asked for all of them, so they are counted only where all are shown.
  const more = matching.length > SHOWN ? ', and more' : '';
  const count = more === '' ? matching.length : 'Several';
  throw new UsageError(`${count} ${what}s begin with ${JSON.stringify(typed)}.`, {
    why: `${matching.slice(0, SHOWN).join(', ')}${more}.`,
    next: 'Type more of the one that you mean.',
  });
}
