import { randomBytes } from 'node:crypto';
import { NONCE_BYTES, sealBlob, type BlobFault } from '../bbs/blob.ts';
import { BlobBatch, type OpenedBlobs } from '../bbs/blob-batch.ts';
import { Keyring, type Key } from '../bbs/keyring.ts';
import { unpack, type PackedTexts } from '../store/packed-texts.ts';
import { textArray } from '../store/text-array.ts';

/** A page of a table as it is handed to the sealing: all blobs of the first row, then of the second, and so on. */
export interface ResealRequest {
  blobs: PackedTexts;
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
  readonly #target: Key;
  readonly #opening: BlobBatch;
  readonly #checking: BlobBatch;

  constructor(keys: Iterable<Key>, target: Key) {
    this.#target = target;
    this.#opening = new BlobBatch(new Keyring(keys));
    this.#checking = new BlobBatch(new Keyring([target]));
  }

  /** Reseals a page and lays it out for PostgreSQL. */
  page({ blobs: packed, width }: ResealRequest): ResealedPage {
    const blobs = unpack(packed);
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
   * each holds the same plaintext. OpenSSL seals, and `BlobBatch` opens, so that each of the two implementations vouches for the other.
   */
  reseal(blobs: readonly string[]): Resealed {
    const opened = this.#opening.open(blobs);
    const faults = Array.from(opened.faults, ([index, { fault, label, message }]): ResealFault => ({
      index,
      fault,
      label: label ?? null,
      why: message,
    }));
    // Nonces are drawn in one call: a call for each costs as much as the sealing.
    const nonces = randomBytes(NONCE_BYTES * blobs.length);
    const sealed = blobs.map((blob, index) => {
      // An empty text is a column without a value, and stays one.
      if (blob === '' || opened.faults.has(index)) return null;
      const plaintext = opened.bytes.subarray(opened.starts[index], opened.ends[index]);
      const nonce = nonces.subarray(index * NONCE_BYTES, (index + 1) * NONCE_BYTES);
      return sealBlob(plaintext, this.#target, nonce);
    });
    this.#assertHolds(sealed, opened);
    return { blobs: sealed, faults };
  }

  #assertHolds(sealed: readonly (string | null)[], plaintexts: OpenedBlobs): void {
    const check = this.#checking.open(sealed);
    for (const [index, blob] of sealed.entries()) {
      if (blob === null) continue;
      const difference = plaintexts.bytes.compare(
        check.bytes, check.starts[index], check.ends[index], plaintexts.starts[index], plaintexts.ends[index],
      ); // prettier-ignore
      if (difference !== 0 || check.faults.has(index))
        throw new Error('A blob that was just sealed does not hold what was sealed.');
    }
  }
}
