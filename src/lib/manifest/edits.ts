import { isAlias, isMap, isScalar, type Node, type Pair, Scalar } from 'yaml';
import { CgdiegoError, UsageError } from '../errors.ts';
import {
  anchorsNeededOutside,
  appendFlowItem,
  appendLines,
  blockItemLines,
  collectionOf,
  itemStart,
  type NeededAnchor,
  removeItem,
} from './collections.ts';
import {
  blockEntryLines,
  firstEntryLines,
  flowEntryText,
  type NewKey,
  pairText,
  separatorOf,
} from './entry-text.ts';
import { distinctBy, entryWith, type KeyBlock } from './key-blocks.ts';
import { quotingOf, scalarText } from './scalars.ts';
import type { Source } from './source.ts';
import { insertLines, lineStart, type Splice } from './splice.ts';
import type { View } from './view.ts';

type AnyPair = Pair<Node, Node | null>;

/** What an edit of a file's keys changes, and nothing else may change. */
export interface Edit {
  splices: Splice[];
  /** The lists and maps that get so many elements at their end, or lose the one at an index, by node. */
  lists: Map<Node, { add: number } | { remove: number }>;
  /** The maps in which `active_key_label` gets a new value. */
  activated: Set<Node>;
  /** What that value is. */
  active: string | undefined;
  /** The scalars that get a new value. */
  replaced: Set<Node>;
  /** What the operator should know beside the diff. */
  notes: string[];
}

export function emptyEdit(): Edit {
  return {
    splices: [],
    lists: new Map(),
    activated: new Set(),
    active: undefined,
    replaced: new Set(),
    notes: [],
  };
}

/** Adds a key to every block that lacks its label; `keyFor` says whether its passphrase stands there or in a variable. */
export function addKey(
  source: Source,
  blocks: readonly KeyBlock[],
  keyFor: (block: KeyBlock) => NewKey,
): Edit {
  const edit = emptyEdit();
  for (const block of distinctBy(blocks, ({ keys, bbs }) => keys.node ?? bbs.node)) {
    const key = keyFor(block);
    if (entryWith(block, key.label)) continue;
    assertOwnList(block);
    edit.splices.push(...addition(source, block, key));
    edit.lists.set(block.keys.isEmpty ? block.bbs.node! : block.keys.node!, { add: 1 });
    noteSharing(source, block.keys, edit.notes);
  }
  return edit;
}

function addition(source: Source, block: KeyBlock, key: NewKey): Splice[] {
  const { keys, bbs } = block;
  const asObject = block.form === 'bbs.json';
  if (keys.isEmpty) return createList(source, block, key);
  const collection = collectionOf(source.text, keys.node!)!;
  if (keys.map) {
    const text = pairText(keys, key);
    if (collection.flow) return appendFlowItem(collection, text);
    const last = keys.map.items.at(-1)!;
    const margin = source.text.slice(lineStart(source.text, itemStart(last)), itemStart(last));
    return [appendLines(collection, [margin + text])];
  }
  if (!collection.flow) return [appendLines(collection, blockEntryLines(keys, key))];
  if (collection.items.length === 0 && asObject) {
    throw new UsageError(`${placeOf(bbs)}.encryption_keys is a list, but a bbs.json has an object there.`);
  }
  return appendFlowItem(collection, flowEntryText(keys, key));
}

/** `encryption_keys` is absent or empty: it gets its first entry. */
function createList(source: Source, block: KeyBlock, key: NewKey): Splice[] {
  const { keys, bbs } = block;
  if (bbs.map?.flow === true) {
    const quote = source.json ? '"' : '';
    const list = block.form === 'bbs.json' ? `{${pairText(keys, key)}}` : `[${flowEntryText(keys, key)}]`;
    if (keys.pair) return [{ start: keys.raw!.range![0], end: keys.raw!.range![1], text: list }];
    return appendFlowItem(collectionOf(source.text, bbs.node!)!, `${quote}encryption_keys${quote}: ${list}`);
  }
  const anchor = keys.pair ?? block.active.pair!;
  const collection = collectionOf(source.text, bbs.node!)!;
  const index = bbs.map!.items.indexOf(anchor);
  if (index === -1) throw unclear(block, 'its keys come from another map');
  const { start, end } = blockItemLines(collection, index);
  const margin = ' '.repeat(itemStart(anchor) - lineStart(source.text, itemStart(anchor)));
  const entry =
    block.form === 'bbs.json' ? [`${margin}  ${pairText(keys, key)}`] : firstEntryLines(margin, key);
  if (!keys.pair) return [insertLines(source.text, end, [`${margin}encryption_keys:`, ...entry])];
  // `encryption_keys:`, `encryption_keys: ~`: what stands for nothing goes, a comment behind it stays.
  const value = keys.raw?.range;
  const splices: Splice[] = [insertLines(source.text, end, entry)];
  if (value && value[1] > value[0]) {
    const from = Math.max(start, source.text.slice(0, value[0]).trimEnd().length);
    splices.push({ start: from, end: value[1], text: '' });
  }
  return splices;
}

/** Makes `label` the active key in every block. Each must have it among its keys. */
export function activateKey(source: Source, blocks: readonly KeyBlock[], label: string): Edit {
  const edit = { ...emptyEdit(), active: label };
  for (const block of distinctBy(blocks, ({ active, bbs }) => active.raw ?? bbs.node)) {
    if (block.active.text === label) continue;
    edit.splices.push(...activation(source, block, label, edit.notes));
    edit.activated.add(ownerOf(source, block));
  }
  return edit;
}

/** The map that holds the pair, which a `<<` merge may have brought in. */
function ownerOf(source: Source, block: KeyBlock): Node {
  const pair = block.active.pair;
  if (pair === undefined || block.bbs.map!.items.includes(pair)) return block.bbs.node!;
  let owner: Node | undefined;
  for (const target of source.aliases.values()) {
    if (isMap(target) && (target.items as unknown[]).includes(pair)) owner = target;
  }
  return owner ?? block.bbs.node!;
}

function activation(source: Source, block: KeyBlock, label: string, notes: string[]): Splice[] {
  const { active, bbs } = block;
  const { text } = source;
  const reference = active.reference;
  if (reference !== undefined) {
    throw new UsageError(`The active key label of ${placeOf(bbs)} is the variable ((${reference})).`, {
      why: 'A reference is never replaced by its value.',
      next: `Give the vars file that sets ${reference} with --vars-file, or set the variable where it is kept (credhub set).`,
    });
  }
  if (active.raw === undefined || active.raw === null) {
    return insertActive(source, block, label);
  }
  const raw = active.raw;
  if (isAlias(raw)) {
    return [{ start: raw.range![0], end: raw.range![1], text: scalarText(label, 'plain') }];
  }
  if (!isScalar(raw)) throw unclear(block, 'its active_key_label is not a text');
  const splices = [replaceScalar(text, raw, scalarText(label, quotingOf(raw, source.json)), label)];
  if (raw.anchor !== undefined) {
    splices.push(...handOverAnchor(source, raw, active.pair!, notes));
  }
  if (raw.range![0] === raw.range![1]) {
    // `active_key_label:` with nothing behind it: the colon needs a space.
    splices[0] = { ...splices[0]!, text: ` ${splices[0]!.text}` };
  }
  return splices;
}

/** The new text of a scalar where the old one stood; a block scalar of one line keeps its header. */
function replaceScalar(text: string, node: Scalar, written: string, value: string): Splice {
  const [start, end] = node.range!;
  if (node.type === Scalar.BLOCK_LITERAL || node.type === Scalar.BLOCK_FOLDED) {
    const source = text.slice(start, end);
    const lines = source.split('\n').slice(1);
    const content = lines.filter((line) => line.trim() !== '');
    const [line = ''] = content;
    // Spaces and a line break at the end may belong to the value: then the header cannot stay.
    if (content.length === 1 && node.value === line.trim() && /^[^\s\p{Cc}]+$/u.test(value)) {
      const at = start + source.indexOf(line, source.indexOf('\n'));
      const from = at + line.search(/\S/);
      return { start: from, end: at + line.trimEnd().length, text: value };
    }
    return { start, end: text.slice(0, end).trimEnd().length, text: written };
  }
  return { start, end, text: written };
}

/**
 * Others refer to the old active label by its anchor and must keep it: the first alias becomes the anchor, and the rest
 * refers to that.
 */
function handOverAnchor(source: Source, node: Scalar, pair: AnyPair, notes: string[]): Splice[] {
  const users = [...source.aliases].filter(([, target]) => target === node).map(([alias]) => alias);
  const first = users[0];
  if (first === undefined) return [];
  const { anchor } = node;
  const tokens = (pair.srcToken?.sep ?? []) as { type: string; offset: number; source: string }[];
  const token = tokens.find(({ type }) => type === 'anchor');
  if (anchor === undefined || token === undefined) return [];
  const behind = /^[ \t]*/.exec(source.text.slice(token.offset + token.source.length))![0].length;
  notes.push(anchorNote(source, anchor, first));
  return [
    { start: token.offset, end: token.offset + token.source.length + behind, text: '' },
    { start: first.range![0], end: first.range![1], text: `&${anchor} ${oneLineText(source, node)}` },
  ];
}

function insertActive(source: Source, block: KeyBlock, label: string): Splice[] {
  const { active, bbs, keys } = block;
  const { text } = source;
  if (active.pair) {
    const at = separatorEnd(source, active.pair);
    return [{ start: at, end: at, text: ` ${scalarText(label, source.json ? 'json' : 'plain')}` }];
  }
  const collection = collectionOf(text, bbs.node!)!;
  if (collection.flow) {
    const written = source.json
      ? `"active_key_label": ${JSON.stringify(label)}`
      : `active_key_label: ${scalarText(label, 'plain')}`;
    return appendFlowItem(collection, written);
  }
  const index = bbs.map!.items.indexOf(keys.pair!);
  if (index === -1) throw unclear(block, 'its keys come from another map');
  const at = itemStart(keys.pair!);
  const margin = text.slice(lineStart(text, at), at);
  const line = `active_key_label${separatorOf(source, keys.pair!)}${scalarText(label, 'plain')}`;
  if (margin.trim() === '') return [insertLines(text, lineStart(text, at), [margin + line])];
  // The first key of a list's item: `- encryption_keys:`.
  const indent = margin.replace(/\S/g, ' ');
  return [{ start: at, end: at, text: `${line}${text.includes('\r\n') ? '\r\n' : '\n'}${indent}` }];
}

function separatorEnd(source: Source, pair: AnyPair): number {
  const colon = source.text.indexOf(':', pair.key.range![1]);
  return colon + 1;
}

/** Takes the key out of every block that has it. It must not be active in any. */
export function removeKey(source: Source, blocks: readonly KeyBlock[], label: string): Edit {
  const edit = emptyEdit();
  for (const block of distinctBy(blocks, ({ keys, bbs }) => keys.node ?? bbs.node)) {
    const entry = entryWith(block, label);
    if (entry === undefined) continue;
    assertOwnList(block);
    const collection = collectionOf(source.text, block.keys.node!)!;
    const item = collection.items[entry.index]!;
    for (const needed of anchorsNeededOutside(item, source.aliases)) {
      edit.splices.push(passOnAnchor(source, block, label, needed, edit.notes));
    }
    const splices = removeItem(collection, entry.index);
    if (splices === undefined) throw unclear(block, 'its entry shares its line with something else');
    edit.splices.push(...splices);
    edit.lists.set(block.keys.node!, { remove: entry.index });
    noteSharing(source, block.keys, edit.notes);
  }
  return edit;
}

/** Others refer to a value of the entry that goes: the first of them becomes the anchor. */
function passOnAnchor(
  source: Source,
  block: KeyBlock,
  label: string,
  { node, anchor, firstAlias }: NeededAnchor,
  notes: string[],
): Splice {
  if (!isScalar(node)) {
    throw new CgdiegoError(`The entry of ${label} in ${placeOf(block.bbs)} cannot be taken out.`, {
      why: `It holds the anchor &${anchor}, which other places of ${source.path} refer to.`,
      next: 'Write the value at those places, or move the anchor there, and run the command again.',
    });
  }
  notes.push(anchorNote(source, anchor, firstAlias));
  return {
    start: firstAlias.range![0],
    end: firstAlias.range![1],
    text: `&${anchor} ${oneLineText(source, node)}`,
  };
}

function anchorNote(source: Source, anchor: string, alias: Node): string {
  const { line } = source.at(alias.range![0]);
  return `The anchor &${anchor} moved to line ${line}, where the value stays the same: other places refer to it.`;
}

/** A scalar as it is written, or quoted when it is written over several lines. */
function oneLineText(source: Source, node: Scalar): string {
  const written = source.text.slice(node.range![0], node.range![1]);
  return written.includes('\n') ? scalarText(String(node.value), 'single') : written;
}

/** The list itself may be a variable: then it is not in this file. */
function assertOwnList(block: KeyBlock): void {
  const { keys, bbs } = block;
  const reference = keys.reference;
  if (reference !== undefined) {
    throw new UsageError(`The keys of ${placeOf(bbs)} are in the variable ((${reference})).`, {
      why: 'The list is not in this file, and a reference is never replaced by its value.',
      next: `Change the variable ${reference} where it is kept (a vars file or CredHub).`,
    });
  }
  if (!keys.isEmpty && !keys.map && !keys.seq)
    throw unclear(block, 'encryption_keys is neither a list nor an object');
}

function noteSharing(source: Source, keys: View, notes: string[]): void {
  if (![...source.aliases.values()].some((target) => target === keys.node)) return;
  notes.push(
    `The list at line ${source.at(keys.node!.range![0]).line} is used in several places through an alias: it changes for all of them.`,
  );
}

function unclear(block: KeyBlock, why: string): CgdiegoError {
  return new CgdiegoError(`The keys of ${placeOf(block.bbs)} cannot be edited safely.`, {
    why: `In this file ${why}.`,
    next: 'Edit this place by hand; nothing was written.',
  });
}

/** `FILE:LINE path`, as messages name a place. */
export function placeOf(view: View): string {
  const { line } = view.position;
  return `${view.source.path}:${line}${view.path === '' ? '' : ` ${view.path}`}`;
}
