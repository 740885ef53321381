import { createDecipheriv } from 'node:crypto';
import { decodeBase64 } from './base64.ts';
import { BlobError, ENCODING_PREFIX, NONCE_BYTES, parseBlob, TAG_BYTES } from './blob.ts';
import { GcmBatch, LARGEST_TOGETHER } from './gcm-batch.ts';
import type { Key, Keyring } from './keyring.ts';

const FIRST_CAPACITY = 256 * 1024;
const PREFIX = Buffer.from(ENCODING_PREFIX);

/**
 * The plaintexts of one batch, one beside the other in `bytes`: that of blob `i` is from `starts[i]` to `ends[i]`. They are overwritten
 * by the next batch. A blob that could not be opened has an empty range and an entry in `faults`.
 */
export interface OpenedBlobs {
  readonly bytes: Buffer;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly faults: ReadonlyMap<number, BlobError>;
}

/** Opens blobs by the hundred: what `openBlob` does, with the same errors and the same authentication, small ones together (`gcm-batch.ts`). */
export class BlobBatch {
  readonly #keyring: Keyring;
  readonly #batches = new Map<Key, GcmBatch>();
  #texts: Buffer = Buffer.allocUnsafeSlow(0);
  #arena: Buffer = Buffer.allocUnsafeSlow(FIRST_CAPACITY);
  #label = Buffer.alloc(0);
  #key: Key | undefined;

  constructor(keyring: Keyring) {
    this.#keyring = keyring;
  }

  /** Opens the blobs of a batch. `null`, `undefined` and empty texts are empty plaintexts: Diego's columns without a value. */
  open(texts: readonly (string | null | undefined)[]): OpenedBlobs {
    const starts = new Int32Array(texts.length);
    const ends = new Int32Array(texts.length);
    let used = 0;
    texts.forEach((text, i) => {
      starts[i] = ends[i] = used;
      if (text === null || text === undefined || text === '') return;
      this.#texts = withRoom(this.#texts, used, text.length * 3);
      used += this.#texts.write(text, used, 'utf8');
      ends[i] = used;
    });
    return this.openRanges(this.#texts, starts, ends);
  }

  /** {@link open} for texts as bytes: that of blob `i` is in `source` from `from[i]` to `to[i]`. */
  openRanges(source: Buffer, from: Int32Array, to: Int32Array): OpenedBlobs {
    const count = from.length;
    const starts = new Int32Array(count);
    const ends = new Int32Array(count);
    const faults = new Map<number, BlobError>();
    const together = new Map<Key, number[]>();
    let list: number[] = [];
    let listKey: Key | undefined;
    let used = 0;
    for (let i = 0; i < count; i++) {
      const textAt = from[i]!;
      const textEnd = to[i]!;
      starts[i] = ends[i] = used;
      if (textEnd <= textAt) continue;
      this.#arena = withRoom(this.#arena, used, textEnd - textAt);
      try {
        const length = this.#decode(source, textAt, textEnd, used);
        const nonceAt = used + 1 + this.#arena[used]!;
        const key = this.#keyOf(used, nonceAt);
        starts[i] = nonceAt + NONCE_BYTES;
        ends[i] = used + length - TAG_BYTES;
        if (length > LARGEST_TOGETHER) {
          this.#decryptAlone(key, starts[i]!, ends[i]!);
        } else {
          if (key !== listKey) {
            listKey = key;
            list = together.get(key) ?? [];
            together.set(key, list);
          }
          list.push(i);
        }
        used += length;
      } catch (error) {
        if (!(error instanceof BlobError)) throw error;
        faults.set(i, error);
        starts[i] = ends[i] = used;
      }
    }
    for (const [key, members] of together) this.#decrypt(key, members, starts, ends, faults);
    return { bytes: this.#arena, starts, ends, faults };
  }

  /** Decodes the base64 into the arena and answers its length. Whatever is odd is left to `parseBlob`, which names it. */
  #decode(source: Buffer, start: number, end: number, at: number): number {
    const from = start + ENCODING_PREFIX.length;
    const hasPrefix = source[start] === PREFIX[0] && source[start + 1] === PREFIX[1];
    const length = hasPrefix ? decodeBase64(source, from, end, this.#arena, at) : -1;
    const labelLength = this.#arena[at]!;
    if (length === -1 || labelLength === 0 || length < 1 + labelLength + NONCE_BYTES + TAG_BYTES) {
      parseBlob(source.toString('utf8', start, end));
      throw new BlobError('malformed', 'it is not base64');
    }
    return length;
  }

  /** Nearly all blobs of a store are under one label, so it is compared with the last one before it is looked up. */
  #keyOf(at: number, nonceAt: number): Key {
    const arena = this.#arena;
    const last = this.#label;
    if (this.#key !== undefined && last.length === nonceAt - at - 1) {
      let same = 0;
      while (same < last.length && arena[at + 1 + same] === last[same]) same++;
      if (same === last.length) return this.#key;
    }
    const label = arena.toString('utf8', at + 1, nonceAt);
    const key = this.#keyring.get(label);
    if (key === undefined) {
      throw new BlobError('no-key', `there is no key with the label ${JSON.stringify(label)}`, label);
    }
    this.#label = Buffer.from(label, 'utf8');
    this.#key = key;
    return key;
  }

  /** A large blob, in its place. */
  #decryptAlone(key: Key, start: number, end: number): void {
    const arena = this.#arena;
    const nonce = arena.subarray(start - NONCE_BYTES, start);
    const decipher = createDecipheriv('aes-256-gcm', key.secret, nonce, { authTagLength: TAG_BYTES });
    decipher.setAuthTag(arena.subarray(end, end + TAG_BYTES));
    const plaintext = decipher.update(arena.subarray(start, end));
    try {
      decipher.final();
    } catch {
      throw notAuthentic(key.label);
    }
    plaintext.copy(arena, start);
  }

  #decrypt(
    key: Key,
    members: readonly number[],
    starts: Int32Array,
    ends: Int32Array,
    faults: Map<number, BlobError>,
  ): void {
    let batch = this.#batches.get(key);
    if (batch === undefined) this.#batches.set(key, (batch = new GcmBatch(key)));
    batch.open(this.#arena, members, starts, ends, (member) => {
      faults.set(member, notAuthentic(key.label));
      ends[member] = starts[member]!;
    });
  }
}

/** The buffer, or a larger one with the same beginning. */
function withRoom(buffer: Buffer, used: number, more: number): Buffer {
  if (used + more <= buffer.length) return buffer;
  const larger = Buffer.allocUnsafeSlow(Math.max(FIRST_CAPACITY, (used + more) * 2));
  buffer.copy(larger, 0, 0, used);
  return larger;
}

function notAuthentic(label: string): BlobError {
  return new BlobError(
    'not-authentic',
    `the key ${JSON.stringify(label)} does not open it: it is damaged, or the passphrase is another one`,
    label,
  );
}
