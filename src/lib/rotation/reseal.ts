import { randomBytes } from 'node:crypto';
import { BlobError, NONCE_BYTES, openBlob, sealBlob, type BlobFault } from '../bbs/blob.ts';
import { BlobBatch } from '../bbs/blob-batch.ts';
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

/** Opens blobs under the keys that their own labels name, and seals them under the target. */
export class Resealer {
  readonly #keyring: Keyring;
  readonly #target: Key;
  readonly #check: BlobBatch;

  constructor(keys: Iterable<Key>, target: Key) {
    this.#keyring = new Keyring(keys);
    this.#target = target;
    this.#check = new BlobBatch(new Keyring([target]));
  }

  /** Reseals a page and lays it out for PostgreSQL. */
  page({ blobs, width }: ResealRequest): ResealedPage {
    const resealed = this.reseal(blobs);
    const page: ResealedPage = { rows: [], blobs: [], columns: [], faults: resealed.faults };
    for (let row = 0; row * width < blobs.length; row++) {
      const count = resealed.blobs
        .slice(row * width, (row + 1) * width)
        .filter((blob) => blob !== null).length;
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

  /**
   * Opens and authenticates each blob, seals it with a fresh random nonce, and opens what was sealed again: all is only given out when
   * each holds the same plaintext.
   */
  reseal(blobs: readonly (string | null)[]): Resealed {
    const faults: ResealFault[] = [];
    const plaintexts = blobs.map((blob, index) => {
      if (blob === null) return null;
      try {
        return openBlob(blob, this.#keyring).plaintext;
      } catch (error) {
        if (!(error instanceof BlobError)) throw error;
        faults.push({ index, fault: error.fault, label: error.label ?? null, why: error.message });
        return null;
      }
    });
    // Nonces are drawn in one call: a call for each costs as much as the sealing.
    const nonces = randomBytes(NONCE_BYTES * blobs.length);
    const sealed = plaintexts.map((plaintext, index) =>
      plaintext === null
        ? null
        : sealBlob(plaintext, this.#target, nonces.subarray(index * NONCE_BYTES, (index + 1) * NONCE_BYTES)),
    );
    this.#assertHolds(sealed, plaintexts);
    return { blobs: sealed, faults };
  }

  /** Opens with the other implementation of GCM that there is here, which is the faster one for a page of blobs. */
  #assertHolds(sealed: readonly (string | null)[], plaintexts: readonly (Buffer | null)[]): void {
    const opened = this.#check.open(sealed);
    for (const [index, plaintext] of plaintexts.entries()) {
      if (plaintext === null) continue;
      const same = plaintext.compare(opened.bytes, opened.starts[index], opened.ends[index]) === 0;
      if (!same || opened.faults.has(index))
        throw new Error('A blob that was just sealed does not hold what was sealed.');
    }
  }
}
