import type { BlobFault } from '../bbs/blob.ts';
import { BlobBatch, type OpenedBlobs } from '../bbs/blob-batch.ts';
import { BlobSealer } from '../bbs/blob-sealer.ts';
import { Keyring, type Key } from '../bbs/keyring.ts';
import type { PackedTexts } from '../store/packed-texts.ts';
import { layOutTextArray } from '../store/text-array.ts';

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
  /** By column: a text[] for these rows, NULL where a row keeps what it has; `null` where no row gets a new blob. */
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

/** Opens blobs under the keys that their own labels name, and seals them under the target. */
export class Resealer {
  readonly #opening: BlobBatch;
  readonly #sealer: BlobSealer;
  readonly #checking: BlobBatch;

  constructor(keys: Iterable<Key>, target: Key) {
    this.#opening = new BlobBatch(new Keyring(keys));
    this.#sealer = new BlobSealer(target);
    this.#checking = new BlobBatch(new Keyring([target]));
  }

  /**
   * Opens and authenticates each blob of a page, seals it with a fresh random nonce, and lays the page out for PostgreSQL. What is laid out
   * is opened again: the page is only given out when each blob holds the plaintext that it held before.
   */
  page({ blobs, width }: ResealRequest): ResealedPage {
    const source = Buffer.from(blobs.bytes.buffer, blobs.bytes.byteOffset, blobs.bytes.byteLength);
    const starts = Int32Array.from(blobs.ends, (_, index) => (index === 0 ? 0 : blobs.ends[index - 1]!));
    const opened = this.#opening.openRanges(source, starts, blobs.ends);
    const isResealed = (index: number) => blobs.ends[index]! > starts[index]! && !opened.faults.has(index);
    const page: ResealedPage = { rows: [], blobs: [], columns: [], faults: faultsOf(opened) };
    for (let row = 0; row * width < starts.length; row++) {
      let count = 0;
      for (let index = row * width; index < (row + 1) * width; index++) if (isResealed(index)) count++;
      if (count === 0) continue;
      page.rows.push(row);
      page.blobs.push(count);
    }
    for (let column = 0; column < width; column++) {
      const cells = page.rows.map((row) => row * width + column);
      const members = cells.filter(isResealed);
      page.columns.push(members.length === 0 ? null : this.#column(opened, cells, members));
    }
    return page;
  }

  /** A text[] of these cells; those that are not among the members are NULL. */
  #column(opened: OpenedBlobs, cells: readonly number[], members: readonly number[]): Buffer {
    const sealed = new Set(members);
    const lengths = cells.map((cell) =>
      sealed.has(cell) ? this.#sealer.textLength(opened.ends[cell]! - opened.starts[cell]!) : null,
    );
    const { array, places } = layOutTextArray(lengths);
    this.#sealer.seal(opened, members, array, places);
    this.#assertHolds(array, places, opened, members);
    return array;
  }

  #assertHolds(array: Buffer, places: Int32Array, plaintexts: OpenedBlobs, members: readonly number[]): void {
    const lengths = places.map((place) => array.readInt32BE(place - 4));
    const check = this.#checking.openRanges(
      array,
      places,
      places.map((place, index) => place + lengths[index]!),
    );
    for (const [index, member] of members.entries()) {
      const difference = plaintexts.bytes.compare(
        check.bytes, check.starts[index], check.ends[index], plaintexts.starts[member], plaintexts.ends[member],
      ); // prettier-ignore
      if (difference !== 0 || check.faults.has(index))
        throw new Error('A blob that was just sealed does not hold what was sealed.');
    }
  }
}

function faultsOf(opened: OpenedBlobs): ResealFault[] {
  return Array.from(opened.faults, ([index, { fault, label, message }]) => ({
    index, fault, label: label ?? null, why: message,
  })); // prettier-ignore
}
