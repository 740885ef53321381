import { isMap, isScalar, isSeq, type Node } from 'yaml';

/** What an operation of an ops file (go-patch) does to the BBS's keys. */
export type KeysTarget =
  | { kind: 'active' }
  | { kind: 'bbs' }
  | { kind: 'keys' }
  | { kind: 'append' }
  | { kind: 'entry'; entry: string }
  | { kind: 'entry-field'; entry: string; field: 'label' | 'passphrase' };

export interface KeysPath {
  target: KeysTarget;
  /** The path up to the map that holds the keys, with the `?` marks it was written with. */
  bbs: string;
}

/** The tokens of a go-patch path, `?` marks taken off, `~1` and `~0` unescaped. */
function tokensOf(path: string): string[] {
  return path
    .split('/')
    .slice(1)
    .map((token) => token.replace(/\?$/, '').replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** What the path of an operation means for the BBS's keys; `undefined` when it has nothing to do with them. */
export function keysPath(path: string): KeysPath | undefined {
  const tokens = tokensOf(path);
  const at = tokens.findIndex(
    (token, index) =>
      token === 'bbs' &&
      ((tokens[index - 1] === 'diego' && tokens[index - 2] === 'properties') ||
        (tokens[index - 1] === 'property_overrides' && index === 1)),
  );
  if (at === -1) return undefined;
  const bbs = path
    .split('/')
    .slice(0, at + 2)
    .join('/');
  const [what, entry, field, ...deeper] = tokens.slice(at + 1);
  if (what === undefined) return { bbs, target: { kind: 'bbs' } };
  if (what === 'active_key_label' && entry === undefined) return { bbs, target: { kind: 'active' } };
  if (what !== 'encryption_keys' || deeper.length > 0) return undefined;
  if (entry === undefined) return { bbs, target: { kind: 'keys' } };
  if (field === 'label' || field === 'passphrase')
    return { bbs, target: { kind: 'entry-field', entry, field } };
  if (field !== undefined) return undefined;
  return { bbs, target: entry === '-' ? { kind: 'append' } : { kind: 'entry', entry } };
}

/** A value as a token of a go-patch path. */
export function pathToken(text: string): string {
  return text.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** A list of operations, each with a `path` and a `type`. */
export function isOpsFile(node: Node | null): boolean {
  return (
    isSeq(node) &&
    node.items.length > 0 &&
    node.items.every(
      (item) => isMap(item) && scalarString(item.get('path', true)) && scalarString(item.get('type', true)),
    )
  );
}

function scalarString(node: unknown): boolean {
  return isScalar(node) && typeof node.value === 'string';
}
