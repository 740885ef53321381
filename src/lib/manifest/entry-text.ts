import { isAlias, isMap, isPair, isScalar, type Node, type Pair, type YAMLMap } from 'yaml';
import { collectionOf, dashOffsets } from './collections.ts';
import { type Quoting, quotingOf, scalarText } from './scalars.ts';
import type { Source } from './source.ts';
import { lineStart } from './splice.ts';
import type { View } from './view.ts';

export interface NewKey {
  label: string;
  /** The passphrase, or the `((variable))` that holds it. */
  passphrase: string;
}

type AnyPair = Pair<Node, Node | null>;
type Field = keyof NewKey;
const FIELDS: readonly Field[] = ['label', 'passphrase'];

/** How an entry of the file is written, so that a new one looks the same. */
interface Style {
  order: readonly Field[];
  quoting: Record<Field, Quoting>;
  keyText: Record<Field, string>;
  separator: Record<Field, string>;
}

const PLAIN_STYLE: Style = {
  order: FIELDS,
  quoting: { label: 'plain', passphrase: 'plain' },
  keyText: { label: 'label', passphrase: 'passphrase' },
  separator: { label: ': ', passphrase: ': ' },
};

function styleOf(source: Source, map: YAMLMap | undefined): Style {
  if (map === undefined) return PLAIN_STYLE;
  const style: Style = {
    order: [],
    quoting: { ...PLAIN_STYLE.quoting },
    keyText: { ...PLAIN_STYLE.keyText },
    separator: { ...PLAIN_STYLE.separator },
  };
  const order: Field[] = [];
  for (const pair of map.items as AnyPair[]) {
    const field = isScalar(pair.key)
      ? FIELDS.find((name) => name === (pair.key as { value?: unknown }).value)
      : undefined;
    if (field === undefined || order.includes(field)) continue;
    order.push(field);
    style.keyText[field] = source.text.slice(pair.key.range![0], pair.key.range![1]);
    style.separator[field] = separatorOf(source, pair);
    const value = isAlias(pair.value) ? source.aliases.get(pair.value) : pair.value;
    style.quoting[field] = quotingOf(value, source.json);
  }
  return { ...style, order: [...order, ...FIELDS.filter((field) => !order.includes(field))] };
}

/** What stands between a key and its value: a colon and the spaces that line the values up. */
export function separatorOf(source: Source, pair: AnyPair): string {
  const between = source.text.slice(pair.key.range![1], pair.value?.range?.[0] ?? 0);
  return /^[ \t]*:[ \t]+$/.test(between) || (source.json && /^\s*:\s*$/.test(between)) ? between : ': ';
}

function fieldText(style: Style, field: Field, key: NewKey): string {
  return `${style.keyText[field]}${style.separator[field]}${scalarText(key[field], style.quoting[field])}`;
}

/** `{label: …, passphrase: …}` as the last entry of the list is written, or plainly. */
export function flowEntryText(keys: View, key: NewKey): string {
  const { source } = keys;
  const map = lastMap(keys);
  const style = styleOf(source, map);
  const pairs = (map?.items ?? []) as AnyPair[];
  const cloneable =
    map?.flow === true &&
    pairs.length === FIELDS.length &&
    pairs.every((pair) => isPair(pair) && isScalar(pair.value));
  const original = cloneable ? source.text.slice(map.range![0], map.range![1]) : '';
  if (!cloneable || /[#\n]/.test(original)) {
    return `{${style.order.map((field) => fieldText(style, field, key)).join(', ')}}`;
  }
  // The same braces, spaces and commas around the new values.
  let text = '';
  let done = map.range![0];
  for (const [index, pair] of pairs.entries()) {
    const { range } = pair.value!;
    const field = style.order[index]!;
    text += source.text.slice(done, range![0]) + scalarText(key[field], style.quoting[field]);
    done = range![1];
  }
  return text + source.text.slice(done, map.range![1]);
}

/** The lines of a new entry for a list with one entry a line or more, laid out as its last one. */
export function blockEntryLines(keys: View, key: NewKey): string[] {
  const { source } = keys;
  const { text } = source;
  const collection = collectionOf(text, keys.node!)!;
  const dash = dashOffsets(collection).at(-1) ?? 0;
  // Of a complex key (`? keys`, `: - label`) only the place counts.
  const margin = text.slice(lineStart(text, dash), dash).replace(/\S/g, ' ');
  const item = collection.items.at(-1) as Node | null;
  if (isMap(item) && item.flow === true) return [`${margin}- ${flowEntryText(keys, key)}`];
  const map = lastMap(keys);
  const style = styleOf(source, map);
  const fields = style.order.map((field) => fieldText(style, field, key));
  const first = isMap(item) ? (item.items[0] as AnyPair | undefined)?.key.range?.[0] : undefined;
  const gap = first === undefined ? ' ' : text.slice(dash + 1, first);
  if (first !== undefined && gap.includes('\n')) {
    const indent = text.slice(lineStart(text, first), first).replace(/\S/g, ' ');
    return [`${margin}-`, ...fields.map((field) => indent + field)];
  }
  // An anchor or a tag in the gap belongs to the old entry.
  const space = /^ +$/.test(gap) ? gap : ' ';
  const indent = margin + ' '.repeat(1 + space.length);
  return fields.map((field, index) => (index === 0 ? `${margin}-${space}${field}` : indent + field));
}

/** The lines of an entry for a list that has none yet, its dash `margin` spaces from the left. */
export function firstEntryLines(margin: string, key: NewKey): string[] {
  return [
    `${margin}- ${fieldText(PLAIN_STYLE, 'label', key)}`,
    `${margin}  ${fieldText(PLAIN_STYLE, 'passphrase', key)}`,
  ];
}

/** `"label": "passphrase"` for an object of keys, as its last one is written. */
export function pairText(keys: View, key: NewKey): string {
  const { source } = keys;
  const last = keys.map?.items.at(-1);
  const quoting = source.json ? 'json' : undefined;
  const label = scalarText(key.label, quoting ?? quotingOf(last?.key, false));
  const value = last?.value;
  const passphrase = scalarText(
    key.passphrase,
    quoting ?? quotingOf(isAlias(value) ? source.aliases.get(value) : value, false),
  );
  const separator = last === undefined ? ': ' : separatorOf(source, last);
  return `${label}${separator}${passphrase}`;
}

function lastMap(keys: View): YAMLMap | undefined {
  for (const item of (keys.seq?.items ?? []).toReversed()) {
    const node = isAlias(item) ? keys.source.aliases.get(item) : item;
    if (isMap(node)) return node;
  }
  return undefined;
}
