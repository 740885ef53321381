import { isAlias, isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap, type YAMLSeq } from 'yaml';
import type { Position, Source } from './source.ts';

/** The values of `((variables))`, by name, from vars files. */
export type Variables = ReadonlyMap<string, View>;

/** A BOSH `((variable))` or a spiff or spruce `(( expression ))` that is the whole value. */
const REFERENCE = /^\(\(\s*(.*?)\s*\)\)$/s;
const NONE: Variables = new Map();

/** The name inside `((name))`, without the `!` that spruce and older BOSH CLIs allow, or `undefined`. */
export function referenceName(text: string): string | undefined {
  return REFERENCE.exec(text)?.[1]?.replace(/^!/, '');
}

/**
 * A value in a manifest, or the place where one would be. It knows its path and its line, follows aliases and `<<` merges,
 * and looks `((variables))` up in the vars files that were given.
 */
export class View {
  readonly source: Source;
  /** For example `instance_groups[name=diego-api].jobs[name=bbs].properties`. */
  readonly path: string;
  /** The node as it stands in the file: an alias stays an alias. */
  readonly raw: Node | null | undefined;
  /** The pair that holds the value, when its parent is a map. */
  readonly pair: Pair<Node, Node | null> | undefined;
  readonly parent: View | undefined;
  readonly #variables: Variables;
  readonly #offset: number | undefined;

  constructor(
    source: Source,
    raw: Node | null | undefined,
    options: {
      path?: string;
      pair?: Pair<Node, Node | null> | undefined;
      parent?: View;
      variables?: Variables;
      offset?: number;
    } = {},
  ) {
    this.source = source;
    this.raw = raw;
    this.path = options.path ?? '';
    this.pair = options.pair;
    this.parent = options.parent;
    this.#variables = options.variables ?? NONE;
    this.#offset = options.offset;
  }

  /** The node with aliases followed; `undefined` when there is nothing here, `null` for an empty value. */
  get node(): Node | null | undefined {
    return isAlias(this.raw) ? this.source.aliases.get(this.raw) : this.raw;
  }

  get exists(): boolean {
    return this.raw !== undefined;
  }

  /** Absent, or `key:` with nothing behind it, `~` or `null`. */
  get isEmpty(): boolean {
    const node = this.node;
    return node === undefined || node === null || (isScalar(node) && node.value === null);
  }

  get map(): YAMLMap<Node, Node | null> | undefined {
    const node = this.node;
    return isMap(node) ? (node as YAMLMap<Node, Node | null>) : undefined;
  }

  get seq(): YAMLSeq<Node | null> | undefined {
    const node = this.node;
    return isSeq(node) ? (node as YAMLSeq<Node | null>) : undefined;
  }

  /** The text as written in the file, `((variables))` untouched: `2016` for a number. `undefined` when it is no scalar. */
  get written(): string | undefined {
    const node = this.node;
    if (!isScalar(node) || node.value === null) return undefined;
    return typeof node.value === 'string' ? node.value : (node.source ?? JSON.stringify(node.value));
  }

  /** The name of the variable or expression that the whole value is a reference to. */
  get reference(): string | undefined {
    return this.written === undefined ? undefined : referenceName(this.written);
  }

  /** Its value is in a variable that no vars file given holds. */
  get isUnknown(): boolean {
    return this.written?.includes('((') === true && this.resolved === undefined;
  }

  /** The value as text with variables looked up; `undefined` when absent, empty, not a scalar, or in an unknown variable. */
  get text(): string | undefined {
    const written = this.written;
    if (written === undefined) return undefined;
    return written.includes('((') ? this.resolved?.text : written;
  }

  get number(): number | undefined {
    const text = this.text;
    return text !== undefined && /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
  }

  get boolean(): boolean | undefined {
    const text = this.text;
    if (text === undefined) return undefined;
    // YAML 1.1, which the BOSH CLI and the director read, has more words for them.
    if (/^(true|yes|on)$/i.test(text)) return true;
    return /^(false|no|off)$/i.test(text) ? false : undefined;
  }

  /** What the reference stands for, when a vars file says. */
  get resolved(): View | undefined {
    const name = this.reference;
    if (name === undefined) return undefined;
    const [head = '', ...fields] = name.split('.');
    const whole = this.#variables.get(name) ?? this.#variables.get(head);
    if (whole === undefined || this.#variables.has(name)) return whole;
    return fields.reduce<View>((view, field) => view.get(field), whole);
  }

  /** This value, or what the variable that it names holds. */
  get value(): View {
    return this.resolved ?? this;
  }

  get position(): Position {
    const offset = this.#offset ?? this.pair?.key.range?.[0] ?? this.raw?.range?.[0];
    if (offset !== undefined) return this.source.at(offset);
    return this.parent?.position ?? { line: 1, column: 1 };
  }

  /** The value under a key, with `<<` merges; a view of nothing when there is none. */
  get(key: string): View {
    const pair = this.map === undefined ? undefined : findPair(this.source, this.map, key, new Set());
    return this.child(pair?.value ?? (pair ? null : undefined), joinPath(this.path, key), pair);
  }

  /** `get` along several keys. */
  at(...keys: string[]): View {
    return keys.reduce<View>((view, key) => view.get(key), this);
  }

  /** The items of a list; none when it is no list. */
  get items(): View[] {
    return (this.seq?.items ?? []).map((item, index) => {
      const view = this.child(item, '');
      const name = view.get('name').written;
      return this.child(item, `${this.path}[${name === undefined ? index : `name=${name}`}]`);
    });
  }

  /** The keys and values of a map, merges included. */
  get entries(): [string, View][] {
    const map = this.map;
    if (map === undefined) return [];
    const keys = new Set<string>();
    collectKeys(this.source, map, keys, new Set());
    return Array.from(keys, (key) => [key, this.get(key)]);
  }

  /** A view of nothing at an offset of the file, to point there. */
  place(offset: number): View {
    return new View(this.source, undefined, { parent: this, offset });
  }

  private child(raw: Node | null | undefined, path: string, pair?: Pair<Node, Node | null>): View {
    return new View(this.source, raw, { path, pair, parent: this, variables: this.#variables });
  }
}

/** The roots of a file's documents. */
export function roots(source: Source, variables: Variables = NONE): View[] {
  return source.documents.map(
    (document) => new View(source, document.contents as Node | null, { variables }),
  );
}

export function joinPath(path: string, key: string): string {
  const plain = /^[A-Za-z0-9_<-]+$/.test(key) ? key : JSON.stringify(key);
  return path === '' ? plain : `${path}.${plain}`;
}

type NodeMap = YAMLMap<Node, Node | null>;

function keyText(pair: Pair<Node, Node | null>): string | undefined {
  return isScalar(pair.key) ? String(pair.key.value) : undefined;
}

function findPair(
  source: Source,
  map: NodeMap,
  key: string,
  seen: Set<NodeMap>,
): Pair<Node, Node | null> | undefined {
  // Of two equal keys the last one counts for most parsers.
  const own = map.items.findLast((pair) => keyText(pair) === key);
  if (own !== undefined) return own;
  seen.add(map);
  for (const merged of mergedMaps(source, map)) {
    const pair = seen.has(merged) ? undefined : findPair(source, merged, key, seen);
    if (pair !== undefined) return pair;
  }
  return undefined;
}

function collectKeys(source: Source, map: NodeMap, into: Set<string>, seen: Set<NodeMap>): void {
  seen.add(map);
  const merges = mergedMaps(source, map);
  for (const pair of map.items) {
    const key = keyText(pair);
    if (key !== undefined && (key !== '<<' || merges.length === 0)) into.add(key);
  }
  for (const merged of merges) if (!seen.has(merged)) collectKeys(source, merged, into, seen);
}

/** The maps behind `<<`. A spiff `<<: (( merge ))` has none. */
function mergedMaps(source: Source, map: NodeMap): NodeMap[] {
  const found: NodeMap[] = [];
  const add = (node: unknown): void => {
    const target = isAlias(node) ? source.aliases.get(node) : node;
    if (isMap(target)) found.push(target as NodeMap);
    else if (isSeq(target) && target !== node) return;
    else if (isSeq(target)) target.items.forEach(add);
  };
  for (const pair of map.items) if (keyText(pair) === '<<') add(pair.value);
  return found;
}
