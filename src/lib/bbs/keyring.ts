import { createHash, createSecretKey, type KeyObject } from 'node:crypto';
import { UsageError } from '../errors.ts';

/** The longest label that fits the one length byte of a blob (bbs/encryption/key.go: less than 128). */
export const MAX_LABEL_BYTES = 127;

/** A key of the BBS: SHA-256 of the passphrase's UTF-8 bytes, used for AES-256-GCM (bbs/encryption/key.go). */
export interface Key {
  readonly label: string;
  readonly secret: KeyObject;
}

export function deriveKey(label: string, passphrase: string): Key {
  return { label, secret: createSecretKey(createHash('sha256').update(passphrase, 'utf8').digest()) };
}

/** The passphrases by label, as a keys file or a bbs.json names them. Never print this. */
export interface KeyConfig {
  passphrases: ReadonlyMap<string, string>;
  activeLabel: string | undefined;
  /** Where it was read from, for messages: a path or `standard input`. */
  source: string;
}

/** The keys that are known, by the label that is in front of every blob. */
export class Keyring {
  readonly #keys: ReadonlyMap<string, Key>;

  constructor(keys: Iterable<Key>) {
    this.#keys = new Map(Array.from(keys, (key) => [key.label, key]));
  }

  static fromPassphrases(passphrases: ReadonlyMap<string, string>): Keyring {
    return new Keyring(Array.from(passphrases, ([label, passphrase]) => deriveKey(label, passphrase)));
  }

  get(label: string): Key | undefined {
    return this.#keys.get(label);
  }

  has(label: string): boolean {
    return this.#keys.has(label);
  }

  get labels(): string[] {
    return [...this.#keys.keys()];
  }
}

/** Why a label cannot be a new key's label, or `undefined` when it can. A label that is in the store already is never refused. */
export function labelProblem(label: string): string | undefined {
  if (label === '') return 'a label must not be empty';
  const bytes = Buffer.byteLength(label, 'utf8');
  if (bytes > MAX_LABEL_BYTES) return `a label has at most ${MAX_LABEL_BYTES} bytes, this one has ${bytes}`;
  if (label.includes(':')) return 'a label must not hold a colon';
  return undefined;
}

/** @throws {UsageError} for a label that no new key may have, unless the store knows it already. */
export function assertLabel(label: string, knownLabels: Iterable<string> = []): void {
  const problem = labelProblem(label);
  if (problem === undefined || new Set(knownLabels).has(label)) return;
  throw new UsageError(`The key label ${JSON.stringify(label)} is not valid.`, {
    why: `${problem}.`,
    next: 'Choose a label such as key-2026-11, and use the same in the manifest.',
  });
}
