import { isAlias, isCollection, isMap, isPair, isScalar, isSeq, type Node, type Pair, Scalar } from 'yaml';
import { referenceName } from './view.ts';
import type { Source } from './source.ts';

export const MASK = '********';

/** Names of properties whose values are secrets. A certificate is none; its key is. */
const SECRET_NAME =
  /pass(word|phrase|wd)?$|password|passphrase|secret|private[_-]?key|credential|token|connection_string|encrypt_keys|((^|_)(server|client|host|agent|tls|ssl|identity|ca)_)?key$|access_key/i;
const NOT_SECRET =
  /^(name|label|active_key_label|public_key|key_name|default_key_name|.*_label|.*_file|.*_path)$/i;

export interface MaskOptions {
  /** Every value is a secret: for vars files, whose names say little. */
  everything?: boolean;
}

/** Whether a property of this name holds a secret. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name) && !NOT_SECRET.test(name);
}

/**
 * The lines of a file as they may be shown: the values of secrets and whatever repeats them are masked. A `((variable))` is no secret.
 */
export function maskedLines(source: Source, options: MaskOptions = {}): string[] {
  const secrets: Scalar[] = [];
  for (const document of source.documents) {
    collect(document.contents, options.everything === true, secrets);
  }
  const hidden: [start: number, end: number][] = secrets.flatMap((node) =>
    node.range ? [[bodyStart(source.text, node), node.range[1]] as [number, number]] : [],
  );
  const values = new Set(secrets.map((node) => String(node.value)).filter((value) => value.length >= 4));
  let offset = 0;
  return source.text.split('\n').map((line) => {
    const start = offset;
    offset += line.length + 1;
    return hideValues(hideRanges(line, start, hidden), values);
  });
}

/** The first line of a block scalar says only how it is written. */
function bodyStart(text: string, node: Scalar): number {
  const start = node.range![0];
  const block = node.type === Scalar.BLOCK_LITERAL || node.type === Scalar.BLOCK_FOLDED;
  const header = block ? text.indexOf('\n', start) : -1;
  return header === -1 ? start : header + 1;
}

function hideRanges(line: string, start: number, hidden: readonly [number, number][]): string {
  let result = line;
  for (const [from, to] of hidden.toSorted((a, b) => b[0] - a[0])) {
    const left = Math.max(from - start, 0);
    const right = Math.min(to - start, line.length);
    if (left >= right) continue;
    const part = line.slice(left, right);
    if (part.trim() === '') continue;
    const lead = /^\s*/.exec(part)![0];
    const tail = /\s*$/.exec(part)![0];
    result = result.slice(0, left) + lead + MASK + tail + result.slice(right);
  }
  return result;
}

function hideValues(line: string, values: ReadonlySet<string>): string {
  let result = line;
  for (const value of values) if (result.includes(value)) result = result.replaceAll(value, MASK);
  return result;
}

function collect(node: Node | null, everything: boolean, into: Scalar[], secret = false): void {
  if (node === null || isAlias(node)) return;
  if (isScalar(node)) {
    if ((secret || everything || isPrivateKey(node)) && isHideable(node)) into.push(node);
    return;
  }
  if (isSeq(node)) {
    for (const item of node.items) collect(item as Node | null, everything, into, secret);
    return;
  }
  if (!isMap(node)) return;
  const operationTarget = lastPathToken(node.get('path', true));
  for (const pair of node.items as Pair<Node, Node | null>[]) {
    const name = isScalar(pair.key) ? String(pair.key.value) : '';
    const inKeys = name === 'encryption_keys' && isMap(pair.value);
    const byPath = name === 'value' && operationTarget !== undefined && isSecretName(operationTarget);
    const own = inKeys || byPath || isSecretName(name);
    // `secret` is inherited only for what is a list or map of secrets, such as consul's encrypt_keys.
    const passOn = own || (secret && !NOT_SECRET.test(name));
    if (isPair(pair)) collect(pair.value, everything, into, passOn && !(own && holdsNames(pair.value)));
  }
}

/** A map below a secret's name, such as `private_key: {name: …, value: …}`, is judged by its own names. */
function holdsNames(node: Node | null): boolean {
  return (
    isCollection(node) &&
    isMap(node) &&
    node.items.some((pair) => isScalar(pair.key) && pair.key.value === 'name')
  );
}

function lastPathToken(path: unknown): string | undefined {
  if (!isScalar(path) || typeof path.value !== 'string' || !path.value.startsWith('/')) return undefined;
  return path.value.split('/').at(-1)?.replace(/\?$/, '');
}

function isHideable(node: Scalar): boolean {
  if (node.value === null || typeof node.value === 'boolean') return false;
  const text = typeof node.value === 'string' ? node.value : (node.source ?? '');
  return text !== '' && referenceName(text) === undefined;
}

function isPrivateKey(node: Scalar): boolean {
  return typeof node.value === 'string' && node.value.includes('PRIVATE KEY-----');
}
