import { NONCE_BYTES, sealBlob } from '../../src/lib/bbs/blob.ts';
import { deriveKey, type Key } from '../../src/lib/bbs/keyring.ts';
import type { Random } from './random.ts';

export interface SealerOptions {
  keys: ReadonlyMap<string, string>;
  label: string;
  otherLabels: Readonly<Record<string, number>>;
}

/** Seals the columns of a row, all of a row under the same key. The nonces come from the seed: invented data only. */
export class Sealer {
  readonly #random: Random;
  readonly #keys: readonly (readonly [Key, number])[];
  #key: Key;
  blobs = 0;

  constructor(random: Random, options: SealerOptions) {
    this.#random = random;
    const others = Object.entries(options.otherLabels);
    const rest = 1 - others.reduce((sum, [, share]) => sum + share, 0);
    if (rest < 0) throw new Error('The shares of the other labels add up to more than 1.');
    this.#keys = [[options.label, rest] as const, ...others].map(([label, share]) => {
      const passphrase = options.keys.get(label);
      if (passphrase === undefined) throw new Error(`There is no passphrase for the label ${label}.`);
      return [deriveKey(label, passphrase), share] as const;
    });
    this.#key = this.#keys[0]![0];
  }

  /** Chooses the key of the next row. */
  nextRow(): void {
    if (this.#keys.length > 1) this.#key = this.#random.weighted(this.#keys);
  }

  seal(plaintext: Uint8Array | string): string {
    this.blobs++;
    const bytes = typeof plaintext === 'string' ? Buffer.from(plaintext) : plaintext;
    return sealBlob(bytes, this.#key, this.#random.bytes(NONCE_BYTES));
  }
}

/** A blob with one character of its ciphertext changed: it still looks like a blob, and no key opens it. */
export function damage(blob: string): string {
  const at = Math.floor(blob.length / 2);
  return blob.slice(0, at) + (blob[at] === 'A' ? 'B' : 'A') + blob.slice(at + 1);
}
