import { UsageError } from '../errors.ts';
import { ACTORS, type Actor, type CrashPattern } from './patterns.ts';

/**
 * An operator's own patterns from a parsed YAML or JSON file: a list of
 * `{id, pattern, class?, cause?, who?, todo?, source?}`. `pattern` is a regular expression as JavaScript has them, tried
 * without regard to case.
 *
 * @throws {UsageError} naming the entry and what is wrong with it.
 */
export function parseOwnPatterns(document: unknown, file: string): CrashPattern[] {
  const list: unknown = isObject(document) && 'patterns' in document ? document.patterns : document;
  if (!Array.isArray(list)) {
    throw new UsageError(`${file} is not a list of patterns.`, {
      next: 'Write a list of entries with id, pattern, class, cause, who (app, platform, sizing), todo and source.',
    });
  }
  const patterns = list.map((entry, index) => parseEntry(entry, `${file}, entry ${index + 1}`));
  const seen = new Set<string>();
  for (const { id } of patterns) {
    if (seen.has(id)) throw new UsageError(`${file} has two patterns with the id ${id}.`);
    seen.add(id);
  }
  return patterns;
}

function parseEntry(entry: unknown, where: string): CrashPattern {
  if (!isObject(entry)) throw new UsageError(`${where}: not an object.`);
  const text = (name: string): string | undefined => {
    const value = entry[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value !== 'string') throw new UsageError(`${where}: ${name} is not a text.`);
    return value;
  };
  const id = text('id');
  const source = text('pattern');
  if (!id) throw new UsageError(`${where}: no id.`);
  if (!source) throw new UsageError(`${where} (${id}): no pattern.`);
  let pattern: RegExp;
  try {
    pattern = new RegExp(source, 'i');
  } catch (error) {
    throw new UsageError(`${where} (${id}): the pattern is not a regular expression.`, {
      why: (error as Error).message,
    });
  }
  return {
    id,
    pattern,
    class: text('class') ?? id,
    cause: text('cause') ?? '',
    who: parseWho(entry.who, `${where} (${id})`),
    todo: text('todo') ?? '',
    source: text('source') ?? where,
  };
}

function parseWho(value: unknown, where: string): Actor[] {
  const names: unknown[] = value === undefined || value === null ? ['app', 'platform'] : [value].flat();
  return names.map((name) => {
    const actor = ACTORS.find((known) => known === name);
    if (actor === undefined) {
      throw new UsageError(`${where}: who is ${JSON.stringify(name)}.`, {
        next: `Use one or more of ${ACTORS.join(', ')}.`,
      });
    }
    return actor;
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
