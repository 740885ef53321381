import { isSecretName, MASK } from '../mask.ts';
import type { View } from '../view.ts';

/** A value of a manifest by its path, fit to be shown. */
export interface Leaf {
  path: string;
  /** The last name of the path. */
  name: string;
  /** For comparing only. */
  value: string;
  /** For showing: secrets and certificates masked. */
  shown: string;
}

/** Aliases can make a small file very large: a real manifest has some thousands of values. */
const MOST_VALUES = 200_000;

/** All scalars below a view, without the keys of the BBS, which are compared by label. */
export function leavesOf(view: View, into: Map<string, Leaf>): void {
  let visited = 0;
  const inside = new Set<unknown>();
  const visit = (value: View, name: string, secret: boolean): void => {
    const { node } = value;
    if (visited++ > MOST_VALUES || inside.has(node)) return;
    if (value.map || value.seq) {
      // An alias may refer to what contains it.
      inside.add(node);
      for (const [key, child] of value.entries) {
        if (key !== 'encryption_keys' && key !== 'active_key_label') {
          visit(child, key, secret || isSecretName(key));
        }
      }
      for (const item of value.items) visit(item, name, secret);
      inside.delete(node);
    } else if (value.exists) {
      const written = value.written ?? '';
      into.set(value.path, { path: value.path, name, value: written, shown: shownValue(written, secret) });
    }
  };
  visit(view, '', false);
}

function shownValue(value: string, secret: boolean): string {
  if (value.includes('((')) return value;
  if (secret || value.includes('PRIVATE KEY-----')) return MASK;
  if (value.includes('BEGIN CERTIFICATE')) return 'a certificate';
  return value === '' ? 'nothing' : value;
}
