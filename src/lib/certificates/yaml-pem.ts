import type { Document, LineCounter, Node, Pair, YAMLMap } from 'yaml';
import { UsageError } from '../errors.ts';
import { looksLikePem, type PemContents, readPem } from './pem.ts';

type Yaml = typeof import('yaml');

/** Aliases may repeat a part of a document, and parts of that; more than this is an attack or an accident. */
const MAX_NODES = 200_000;
const MAX_DEPTH = 100;

/** A YAML value that holds PEM. */
export interface PemValue {
  /** The key in its map; empty when it stands in a list or alone. */
  name: string;
  /** For example `instance_groups[name=diego-api].jobs[name=bbs].properties.diego.bbs.server_cert`. */
  path: string;
  /** Line of the value's first line of text, from 1. */
  line: number;
  pem: PemContents;
}

/**
 * Finds PEM anywhere in YAML and gives it in groups: the values of one map belong together. `((variables))` hold no PEM and are
 * passed over.
 *
 * @throws {UsageError} with file, line and column when it is not YAML.
 */
export async function pemInYaml(text: string, source: string): Promise<PemValue[][]> {
  const yaml = await import('yaml');
  const lineCounter = new yaml.LineCounter();
  const groups: PemValue[][] = [];
  for (const document of yaml.parseAllDocuments(text, { lineCounter, uniqueKeys: false })) {
    const [error] = document.errors;
    if (error !== undefined) {
      const { line, col } = lineCounter.linePos(error.pos[0]);
      throw new UsageError(`${source}:${line}:${col}: this is not valid YAML.`, {
        // The parser quotes the lines in question after the first one, and they may hold secrets.
        why: error.message.split('\n')[0]!.replace(/ at line \d+, column \d+:?$/, ''),
        next: 'Mend the file; nothing in it was checked.',
      });
    }
    const walker = new Walker(yaml, document, lineCounter, source, groups);
    walker.walk(document.contents, '', 0);
  }
  return groups;
}

class Walker {
  #nodes = 0;
  readonly #yaml: Yaml;
  readonly #document: Document.Parsed;
  readonly #lineCounter: LineCounter;
  readonly #source: string;
  readonly #groups: PemValue[][];

  constructor(
    yaml: Yaml,
    document: Document.Parsed,
    lineCounter: LineCounter,
    source: string,
    groups: PemValue[][],
  ) {
    this.#yaml = yaml;
    this.#document = document;
    this.#lineCounter = lineCounter;
    this.#source = source;
    this.#groups = groups;
  }

  walk(unresolved: unknown, path: string, depth: number): void {
    this.#count(depth);
    const node = this.#resolve(unresolved);
    if (this.#yaml.isMap(node)) this.#walkMap(node, path, depth);
    else if (this.#yaml.isSeq(node)) {
      for (const [index, item] of node.items.entries()) {
        this.walk(item, `${path}${this.#elementName(this.#resolve(item), index)}`, depth + 1);
      }
    } else this.#add([this.#pemOf(node, '', path)]);
  }

  #walkMap(map: YAMLMap, path: string, depth: number): void {
    const values: (PemValue | null)[] = [];
    for (const { key, value } of this.#pairsOf(map, depth)) {
      const name = this.#nameOf(key);
      const at = path === '' ? name : `${path}.${name}`;
      const target = this.#resolve(value);
      // A list of PEM texts (`ca_certs`) belongs to its key as one text would.
      const items = this.#yaml.isSeq(target) ? target.items : [];
      const listed = items.map((item, index) => this.#pemOf(this.#resolve(item), name, `${at}[${index}]`));
      const own = this.#pemOf(target, name, at);
      if (own === null && listed.every((one) => one === null)) this.walk(target, at, depth + 1);
      else values.push(own, ...listed);
    }
    this.#add(values);
  }

  /** The pairs of a map with those of merged maps (`<<: *anchor`), which its own keys override. */
  #pairsOf(map: YAMLMap, depth: number): Pair[] {
    this.#count(depth);
    const isMerge = ({ key }: Pair) => this.#yaml.isScalar(key) && key.value === '<<';
    const own = map.items.filter((pair) => !isMerge(pair));
    const merged = map.items.filter(isMerge).flatMap(({ value }) => {
      const target = this.#resolve(value);
      const maps = this.#yaml.isSeq(target) ? target.items.map((item) => this.#resolve(item)) : [target];
      return maps.flatMap((one) => (this.#yaml.isMap(one) ? this.#pairsOf(one, depth + 1) : []));
    });
    const names = new Set(own.map(({ key }) => this.#nameOf(key)));
    return [...own, ...merged.filter(({ key }) => !names.has(this.#nameOf(key)))];
  }

  #pemOf(node: unknown, name: string, path: string): PemValue | null {
    if (!this.#yaml.isScalar(node) || typeof node.value !== 'string' || !looksLikePem(node.value))
      return null;
    const { line } = this.#lineCounter.linePos(node.range?.[0] ?? 0);
    // A block scalar's text starts on the line after its indicator.
    const isBlock = node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED';
    return { name, path, line: isBlock ? line + 1 : line, pem: readPem(node.value) };
  }

  #add(values: (PemValue | null)[]): void {
    const group = values.filter((value) => value !== null);
    if (group.length > 0) this.#groups.push(group);
  }

  /** Elements of lists go by their name where they have one, as in BOSH's own paths; operations by their path. */
  #elementName(node: unknown, index: number): string {
    if (!this.#yaml.isMap(node)) return `[${index}]`;
    const operation = this.#textOf(node, 'type') === undefined ? undefined : this.#textOf(node, 'path');
    if (operation !== undefined) return `[${operation}]`;
    const name = this.#textOf(node, 'name');
    return name === undefined ? `[${index}]` : `[name=${name}]`;
  }

  #textOf(map: YAMLMap, name: string): string | undefined {
    const value = this.#resolve(map.items.find(({ key }) => this.#nameOf(key) === name)?.value);
    return this.#yaml.isScalar(value) && typeof value.value === 'string' ? value.value : undefined;
  }

  #nameOf(key: unknown): string {
    return this.#yaml.isScalar(key) ? String(key.value) : '?';
  }

  #resolve(node: unknown): Node | null | undefined {
    return this.#yaml.isAlias(node) ? node.resolve(this.#document) : (node as Node | null | undefined);
  }

  #count(depth: number): void {
    if (++this.#nodes > MAX_NODES || depth > MAX_DEPTH) {
      throw new UsageError(`${this.#source} is nested too deeply, or its aliases expand to too much.`, {
        why: `at most ${MAX_DEPTH} levels and ${MAX_NODES} nodes are read.`,
      });
    }
  }
}
