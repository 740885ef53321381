import { isAlias, isMap, isPair, isScalar, isSeq, type Node, type Pair } from 'yaml';
import { CgdiegoError, messageOf } from '../errors.ts';
import type { Edit } from './edits.ts';
import { parseSource, type Source } from './source.ts';

type AnyPair = Pair<Node, Node | null>;
type Item = Node | AnyPair | null | undefined;

/**
 * Parses the edited text and compares it with the old tree: the intended places changed, and nothing else did. An edit that
 * cannot be proved so is refused before anything is written.
 * @throws {CgdiegoError} when something else would change too, or the new text does not parse.
 */
export function verifyEdit(before: Source, text: string, edit: Edit): Source {
  let after: Source;
  try {
    after = parseSource(before.path, text);
  } catch (error) {
    throw refused(before, `the edited text would not parse (${messageOf(error)})`, error);
  }
  const comparison = new Comparison(before, after, edit);
  const difference =
    before.documents.length === after.documents.length
      ? before.documents
          .map((document, index) =>
            comparison.difference(document.contents as Item, after.documents[index]!.contents as Item),
          )
          .find((offset) => offset !== undefined)
      : 0;
  if (difference !== undefined) {
    throw refused(before, `line ${before.at(difference).line} would change its meaning too`);
  }
  return after;
}

function refused(source: Source, why: string, cause?: unknown): CgdiegoError {
  return new CgdiegoError(`${source.path} cannot be edited without changing something else.`, {
    why: `It was tried in memory, and ${why}.`,
    next: 'Edit this file by hand; nothing was written.',
    cause,
  });
}

/** Compares two trees node by node; an alias is the same as what it stands for. */
class Comparison {
  readonly #before: Source;
  readonly #after: Source;
  readonly #edit: Edit;
  readonly #seen = new Set<Node>();

  constructor(before: Source, after: Source, edit: Edit) {
    this.#before = before;
    this.#after = after;
    this.#edit = edit;
  }

  /** The offset in the old text of the first thing that differs without being meant to. */
  difference(before: Item, after: Item): number | undefined {
    if (isPair(before) && isPair(after)) {
      return this.difference(before.key, after.key) ?? this.difference(before.value, after.value);
    }
    const old = isAlias(before) ? this.#before.aliases.get(before) : (before as Node | null | undefined);
    const now = isAlias(after) ? this.#after.aliases.get(after) : (after as Node | null | undefined);
    // Both refer to the same anchor: it is compared where it stands, once.
    if (isAlias(before) && isAlias(after) && before.source === after.source && !isScalar(old))
      return undefined;
    if (old === null || old === undefined || now === null || now === undefined) {
      return (old ?? null) === (now ?? null) ? undefined : (old?.range?.[0] ?? 0);
    }
    if (this.#edit.replaced.has(old) && !isAlias(before)) return undefined;
    if (isScalar(old) && isScalar(now)) {
      return Object.is(old.value, now.value) ? undefined : (old.range?.[0] ?? 0);
    }
    if (this.#seen.has(old) && isAlias(before)) return undefined;
    this.#seen.add(old);
    if (isMap(old) && isMap(now)) return this.#mapDifference(old, now);
    if (isSeq(old) && isSeq(now)) return this.#listDifference(old, old.items as Item[], now.items as Item[]);
    return old.range?.[0] ?? 0;
  }

  #mapDifference(old: Node & { items: unknown[] }, now: Node & { items: unknown[] }): number | undefined {
    const listed = this.#edit.lists.get(old);
    const ownList = listed !== undefined && !this.#isKeysObject(old);
    const meant = new Set<string>();
    if (this.#edit.activated.has(old)) {
      meant.add('active_key_label');
      const pair = (now.items as AnyPair[]).find(
        ({ key }) => isScalar(key) && key.value === 'active_key_label',
      );
      if (!isScalar(pair?.value) || pair.value.value !== this.#edit.active) return old.range?.[0] ?? 0;
    }
    if (ownList) meant.add('encryption_keys');
    const others = (items: unknown[]): Item[] =>
      (items as AnyPair[]).filter((pair) => !(isScalar(pair.key) && meant.has(String(pair.key.value))));
    return this.#listDifference(ownList ? undefined : old, others(old.items), others(now.items));
  }

  /** `encryption_keys` of a bbs.json, in contrast to the map around a list that is only now made. */
  #isKeysObject(map: Node & { items: unknown[] }): boolean {
    return !(map.items as AnyPair[]).some(
      (pair) =>
        isScalar(pair.key) && (pair.key.value === 'encryption_keys' || pair.key.value === 'active_key_label'),
    );
  }

  #listDifference(node: Node | undefined, old: readonly Item[], now: readonly Item[]): number | undefined {
    const change = node && this.#edit.lists.get(node);
    const expected = change && 'remove' in change ? old.toSpliced(change.remove, 1) : old;
    const kept = change && 'add' in change ? now.slice(0, -change.add) : now;
    if (expected.length !== kept.length) return node?.range?.[0] ?? offsetOf(old[0]);
    for (const [index, item] of expected.entries()) {
      const found = this.difference(item, kept[index]);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

function offsetOf(item: Item): number {
  const node = isPair(item) ? item.key : item;
  return node?.range?.[0] ?? 0;
}
