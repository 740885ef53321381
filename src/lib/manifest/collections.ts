import { isCollection, isMap, isPair, isScalar, type Node, type Pair, Scalar } from 'yaml';
import { behindLine, insertLines, lineBreakOf, lineStart, removeLines, type Splice } from './splice.ts';

type AnyPair = Pair<Node, Node | null>;

/** A list or map of the file whose elements can be taken out and added. */
export interface Collection {
  text: string;
  node: Node;
  /** In brackets or braces; else one element a line, indented. */
  flow: boolean;
  items: readonly (Node | AnyPair | null)[];
}

interface Token {
  type: string;
  offset: number;
  source: string;
}

interface ItemTokens {
  start: Token[];
}

export function collectionOf(text: string, node: Node): Collection | undefined {
  if (!isCollection(node)) return undefined;
  return { text, node, flow: node.flow === true, items: node.items as (Node | AnyPair | null)[] };
}

/**
 * Where what the node says ends, comments behind it not counted: behind the last character, or behind the line break of a block
 * scalar's last line.
 */
export function contentEnd(node: Node | AnyPair | null | undefined): number {
  if (node === null || node === undefined) return 0;
  if (isPair(node)) {
    const value = node.value;
    const keyEnd = contentEnd(node.key);
    // An empty value has its range where the parser noticed that nothing comes.
    if (value === null || isBlank(value)) return colonEnd(node) ?? keyEnd;
    return contentEnd(value);
  }
  if (isCollection(node) && node.flow !== true && node.items.length > 0) {
    return contentEnd(node.items.at(-1) as Node | AnyPair | null);
  }
  return node.range?.[1] ?? 0;
}

function isBlank(node: Node): boolean {
  return isScalar(node) && node.source === '' && node.type === Scalar.PLAIN;
}

function colonEnd(pair: AnyPair): number | undefined {
  const { sep } = (pair.srcToken ?? {}) as { sep?: Token[] };
  // Anchors and tags of the empty value stand behind the colon.
  const last = sep?.findLast((token) => ['map-value-ind', 'anchor', 'tag'].includes(token.type));
  return last === undefined ? undefined : last.offset + last.source.length;
}

/** Where an element begins: the value of a list's item (with its anchor or tag), the key of a map's pair. */
export function itemStart(item: Node | AnyPair): number {
  const node = isPair(item) ? item.key : item;
  return node.range?.[0] ?? 0;
}

function tokens(collection: Collection): ItemTokens[] {
  const { srcToken } = collection.node as { srcToken?: { items?: ItemTokens[] } };
  return srcToken?.items ?? [];
}

/** The offsets of the dashes of a block list. */
export function dashOffsets(collection: Collection): number[] {
  return tokens(collection).flatMap((item) => {
    const dash = item.start.find((token) => token.type === 'seq-item-ind');
    return dash === undefined ? [] : [dash.offset];
  });
}

/** The lines of element `index` of a block collection, from the beginning of its first line to behind its last. */
export function blockItemLines(collection: Collection, index: number): { start: number; end: number } {
  const { text, items } = collection;
  const item = items[index];
  const dash = isMap(collection.node) ? undefined : dashOffsets(collection)[index];
  const first = dash ?? itemStart(item!);
  const end = item === null || item === undefined ? first + 1 : Math.max(contentEnd(item), first + 1);
  return { start: lineStart(text, first), end: behindLine(text, end) };
}

/** Whether the first line of the element holds nothing in front of it but space. */
function ownsFirstLine(collection: Collection, index: number): boolean {
  const { start } = blockItemLines(collection, index);
  const first = isMap(collection.node)
    ? itemStart(collection.items[index]!)
    : (dashOffsets(collection)[index] ?? start);
  return /^\s*$/.test(collection.text.slice(start, first));
}

/** Takes element `index` out. `undefined` when its lines hold something else too. */
export function removeItem(collection: Collection, index: number): Splice[] | undefined {
  if (collection.flow) return removeFlowItem(collection, index);
  if (!ownsFirstLine(collection, index)) return undefined;
  const { start, end } = blockItemLines(collection, index);
  return [removeLines(collection.text, start, end)];
}

/** Puts lines behind the last element of a block collection that has one. */
export function appendLines(collection: Collection, lines: readonly string[]): Splice {
  const { text } = collection;
  const { start, end } = blockItemLines(collection, collection.items.length - 1);
  const indent = /^[ ]*/.exec(text.slice(start))![0].length;
  return insertLines(text, behindOwnComments(text, end, indent), lines);
}

/** Comment lines that are indented deeper than the element belong to it: what is added comes behind them. */
function behindOwnComments(text: string, end: number, indent: number): number {
  let offset = end;
  for (;;) {
    const next = /^([ ]*)#[^\n]*(\n|$)/.exec(text.slice(offset, offset + 10_000));
    if (!next || next[1]!.length <= indent) return offset;
    offset += next[0].length;
  }
}

/** Puts `item` behind the last element in brackets or braces, laid out as the elements before it are. */
export function appendFlowItem(collection: Collection, item: string): Splice[] {
  const { text, node, items } = collection;
  const open = node.range![0];
  if (items.length === 0) return [{ start: open + 1, end: open + 1, text: item }];
  const last = items.at(-1)!;
  const end = contentEnd(last);
  const separator = flowSeparator(collection);
  const trailing = trailingComma(collection);
  const behind = trailing === undefined ? end : trailing + 1;
  const comma = trailing === undefined ? [{ start: end, end, text: ',' }] : [];
  const addition = trailing === undefined ? item : `${item},`;
  if (!separator.includes('\n')) {
    const insertion = `${separator}${addition}`;
    return trailing === undefined
      ? [{ start: end, end, text: `,${insertion}` }]
      : [{ start: behind, end: behind, text: insertion }];
  }
  // A comment behind the last element stays on its line.
  const comment = /^[ \t]*#[^\r\n]*/.exec(text.slice(behind))?.[0].length ?? 0;
  const at = behind + comment;
  return comma.length > 0 && at === end
    ? [{ start: end, end, text: `,${separator}${addition}` }]
    : [...comma, { start: at, end: at, text: `${separator}${addition}` }];
}

/** What stands between the elements: a space, or a line break and the indentation. */
function flowSeparator({ text, node, items }: Collection): string {
  const start = itemStart(items.at(-1)!);
  const blank = /\s*$/.exec(text.slice(node.range![0] + 1, start))![0];
  const broken = /(\r?\n)[^\n]*$/.exec(blank);
  if (broken) return broken[0];
  if (items.length > 1) return blank;
  if (blank.includes('\n')) return blank;
  // JSON without spaces stays so.
  return /":\S/.test(text) && !text.includes('": ') ? '' : ' ';
}

function trailingComma(collection: Collection): number | undefined {
  const list = tokens(collection);
  const behindLast = list.at(-1)?.start.find((token) => token.type === 'comma');
  return behindLast !== undefined && behindLast.offset >= contentEnd(collection.items.at(-1))
    ? behindLast.offset
    : undefined;
}

function removeFlowItem(collection: Collection, index: number): Splice[] {
  const { text, items } = collection;
  const item = items[index]!;
  const next = items[index + 1];
  const start = propsStart(collection, index);
  if (next) return [{ start, end: propsStart(collection, index + 1), text: '' }];
  const trailing = trailingComma(collection);
  const end = trailing === undefined ? contentEnd(item) : trailing + 1;
  if (index === 0) return [{ start, end, text: '' }];
  // The last one: the white space in front of it goes, and so does the comma unless one stood behind it too.
  const blank = /\s*$/.exec(text.slice(contentEnd(items[index - 1]), start))![0].length;
  const comma = tokens(collection)[index]?.start.find((token) => token.type === 'comma');
  const cut = { start: start - blank, end, text: '' };
  if (trailing !== undefined || comma === undefined) return [cut];
  if (comma.offset + 1 >= cut.start) return [{ ...cut, start: Math.min(comma.offset, cut.start) }];
  // A comment stands behind the comma: whatever follows the element must not become part of it.
  const rest = /^[^\n]*/.exec(text.slice(end))![0];
  const breaks = rest.trim() === '' ? '' : lineBreakOf(text);
  return [
    { start: comma.offset, end: comma.offset + 1, text: '' },
    { ...cut, text: breaks },
  ];
}

/** Where the element begins with its anchor and tag, which stand in front of the node's range. */
function propsStart(collection: Collection, index: number): number {
  const item = collection.items[index]!;
  const start = tokens(collection)[index]?.start.find(
    (token) => token.type === 'anchor' || token.type === 'tag' || token.type === 'explicit-key-ind',
  );
  return Math.min(start?.offset ?? Infinity, itemStart(item));
}

/** A node with an anchor, and the first alias that refers to it. */
export interface NeededAnchor {
  node: Node;
  anchor: string;
  firstAlias: Node;
}

/** The anchors in the node (or in a part of it) that aliases outside of it need, in the file's order. */
export function anchorsNeededOutside(node: Node | AnyPair, aliases: ReadonlyMap<Node, Node>): NeededAnchor[] {
  const inside = new Set<unknown>();
  const collect = (part: unknown): void => {
    if (part === null || part === undefined) return;
    if (isPair(part)) {
      collect(part.key);
      collect(part.value);
      return;
    }
    inside.add(part);
    if (isCollection(part)) part.items.forEach(collect);
  };
  collect(node);
  const needed = new Map<Node, NeededAnchor>();
  for (const [alias, target] of aliases) {
    const { anchor } = target as { anchor?: string };
    if (anchor === undefined || !inside.has(target) || inside.has(alias) || needed.has(target)) continue;
    needed.set(target, { node: target, anchor, firstAlias: alias });
  }
  return [...needed.values()];
}
