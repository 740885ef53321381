import { randomBytes } from 'node:crypto';
import { BlobError, NONCE_BYTES, openBlob, sealBlob, type BlobFault } from '../bbs/blob.ts';
import { Keyring, type Key } from '../bbs/keyring.ts';
import { textArray } from '../store/text-array.ts';

/** A page of a table as it is handed to the sealing: all blobs of the first row, then of the second, and so on. */
export interface ResealRequest {
  blobs: readonly (string | null)[];
  /** How many encrypted columns the table has. */
  width: number;
}

/** A page as it goes back to the table. */
export interface ResealedPage {
  /** The positions of the rows that get new blobs, ascending. */
  rows: number[];
  /** How many new blobs each of these rows gets. */
  blobs: number[];
  /** By column: a text[] for these rows, or `null` where no row gets a new blob. */
  columns: (Uint8Array | null)[];
  faults: ResealFault[];
}

/** Reseals a page and lays it out for PostgreSQL. */
export function resealPage({ blobs, width }: ResealRequest, keyring: Keyring, target: Key): ResealedPage {
  const resealed = reseal(blobs, keyring, target);
  const page: ResealedPage = { rows: [], blobs: [], columns: [], faults: resealed.faults };
  for (let row = 0; row * width < blobs.length; row++) {
    let count = 0;
    for (let column = 0; column < width; column++) if (resealed.blobs[row * width + column] !== null) count++;
    if (count === 0) continue;
    page.rows.push(row);
    page.blobs.push(count);
  }
  for (let column = 0; column < width; column++) {
    const values = page.rows.map((row) => resealed.blobs[row * width + column] ?? null);
    page.columns.push(values.some((value) => value !== null) ? textArray(values) : null);
  }
  return page;
}

/** A blob that could not be opened, by its place in the list that was given. It is left as it is. */
export interface ResealFault {
  index: number;
  fault: BlobFault;
  label: string | null;
  why: string;
}

export interface Resealed {
  /** The new blobs; `null` where there was none, or it could not be opened. */
  blobs: (string | null)[];
  faults: ResealFault[];
}

/**
 * Opens each blob under the key that its own label names, seals it under the target with a fresh random nonce, and opens what was
 * sealed again: it is only given out when it holds the same plaintext.
 */
export function reseal(blobs: readonly (string | null)[], keyring: Keyring, target: Key): Resealed {
  const check = new Keyring([target]);
  // Nonces are drawn in one call: a call for each costs as much as the sealing.
  const nonces = randomBytes(NONCE_BYTES * blobs.length);
  const resealed: Resealed = { blobs: [], faults: [] };
  for (const [index, blob] of blobs.entries()) {
    const nonce = nonces.subarray(index * NONCE_BYTES, (index + 1) * NONCE_BYTES);
    resealed.blobs.push(blob === null ? null : resealOne(blob, nonce, index));
  }
  return resealed;

  function resealOne(blob: string, nonce: Buffer, index: number): string | null {
    let plaintext: Buffer;
    try {
      plaintext = openBlob(blob, keyring).plaintext;
    } catch (error) {
      if (!(error instanceof BlobError)) throw error;
      resealed.faults.push({ index, fault: error.fault, label: error.label ?? null, why: error.message });
      return null;
    }
    const sealed = sealBlob(plaintext, target, nonce);
    if (!openBlob(sealed, check).plaintext.equals(plaintext)) {
      throw new Error('A blob that was just sealed does not hold what was sealed.');
    }
    return sealed;
  }
}
