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

/** Aliases can make a small file endless. */
const MAX_DEPTH = 40;
const MAX_LEAVES = 100_000;

/** All scalars below a view, without the keys of the BBS, which are compared by label. */
export function leavesOf(
  view: View,
  into = new Map<string, Leaf>(),
  name = '',
  secret = false,
  depth = 0,
): Map<string, Leaf> {
  if (depth > MAX_DEPTH || into.size > MAX_LEAVES) return into;
  if (view.map) {
    for (const [key, value] of view.entries) {
      if (key === 'encryption_keys' || key === 'active_key_label') continue;
      leavesOf(value, into, key, secret || isSecretName(key), depth + 1);
    }
  } else if (view.seq) {
    for (const item of view.items) leavesOf(item, into, name, secret, depth + 1);
  } else if (view.exists) {
    const value = view.written ?? '';
    into.set(view.path, { path: view.path, name, value, shown: shownValue(value, secret) });
  }
  return into;
}

function shownValue(value: string, secret: boolean): string {
  if (value.includes('((')) return value;
  if (secret || value.includes('PRIVATE KEY-----')) return MASK;
  if (value.includes('BEGIN CERTIFICATE')) return 'a certificate';
  return value === '' ? 'nothing' : value;
}
