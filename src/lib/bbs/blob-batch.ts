import { createCipheriv, type Cipher } from 'node:crypto';
import { BlobError, ENCODING_PREFIX, NONCE_BYTES, openBlob, parseBlob, TAG_BYTES } from './blob.ts';
import { Ghash } from './ghash.ts';
import type { Key, Keyring } from './keyring.ts';

const BLOCK_BYTES = 16;
/** Above this, a blob of its own call to OpenSSL is faster. */
const LARGEST_TOGETHER = 512;

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

interface BatchKey {
  readonly ecb: Cipher;
  readonly ghash: Ghash;
}

/**
 * Opens blobs by the hundred. It does what `openBlob` does, with the same errors and the same authentication; but a call
 * into OpenSSL costs 3 us, and a list of actual LRPs has three blobs of some sixty bytes a row. So the counter blocks of all blobs of a
 * batch go through AES in one call (GCM is AES in counter mode), and only XOR and GHASH are done here.
 */
export class BlobBatch {
  readonly #keyring: Keyring;
  readonly #keys = new Map<Key, BatchKey>();
  #arena = Buffer.allocUnsafeSlow(256 * 1024);
  #counters = Buffer.allocUnsafeSlow(256 * 1024);
  #label = Buffer.alloc(0);
  #key: Key | undefined;

  constructor(keyring: Keyring) {
    this.#keyring = keyring;
  }

  /** Opens the blobs of a batch. `null`, `undefined` and empty texts are empty plaintexts: Diego's columns without a value. */
  open(texts: readonly (string | null | undefined)[]): OpenedBlobs {
    const count = texts.length;
    const starts = new Int32Array(count);
    const ends = new Int32Array(count);
    const faults = new Map<number, BlobError>();
    const together = new Map<Key, number[]>();
    let used = 0;
    for (let i = 0; i < count; i++) {
      const text = texts[i];
      starts[i] = ends[i] = used;
      if (text === null || text === undefined || text === '') continue;
      this.#reserve(used, text.length);
      try {
        const length = this.#decode(text, used);
        const nonceAt = used + 1 + this.#arena[used]!;
        const key = this.#keyOf(used, nonceAt, text);
        if (length > LARGEST_TOGETHER) {
          const { plaintext } = openBlob(text, this.#keyring);
          plaintext.copy(this.#arena, used);
          ends[i] = used + plaintext.length;
          used += plaintext.length;
        } else {
          starts[i] = nonceAt + NONCE_BYTES;
          ends[i] = used + length - TAG_BYTES;
          used += length;
          const list = together.get(key);
          if (list === undefined) together.set(key, [i]);
          else list.push(i);
        }
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
  #decode(text: string, at: number): number {
    const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
    const expected = ((text.length - ENCODING_PREFIX.length) / 4) * 3 - padding;
    const length = this.#arena.write(text.slice(ENCODING_PREFIX.length), at, 'base64');
    const labelLength = this.#arena[at]!;
    if (
      length !== expected ||
      !text.startsWith(ENCODING_PREFIX) ||
      labelLength === 0 ||
      length < 1 + labelLength + NONCE_BYTES + TAG_BYTES ||
      text.includes('-') ||
      text.includes('_')
    ) {
      parseBlob(text);
    }
    return length;
  }

  /** Nearly all blobs of a store are under one label, so it is compared with the last one before it is looked up. */
  #keyOf(at: number, nonceAt: number, text: string): Key {
    if (this.#key !== undefined && this.#label.compare(this.#arena, at + 1, nonceAt) === 0) return this.#key;
    const { label } = parseBlob(text);
    const key = this.#keyring.get(label);
    if (key === undefined) {
      throw new BlobError('no-key', `there is no key with the label ${JSON.stringify(label)}`, label);
    }
    this.#label = Buffer.from(label, 'utf8');
    this.#key = key;
    return key;
  }

  #decrypt(
    key: Key,
    members: readonly number[],
    starts: Int32Array,
    ends: Int32Array,
    faults: Map<number, BlobError>,
  ): void {
    const { ecb, ghash } = this.#batchKey(key);
    const arena = this.#arena;
    let blocks = 0;
    for (const i of members) blocks += 1 + Math.ceil((ends[i]! - starts[i]!) / BLOCK_BYTES);
    if (this.#counters.length < blocks * BLOCK_BYTES) {
      this.#counters = Buffer.allocUnsafeSlow(blocks * BLOCK_BYTES * 2);
    }
    const counters = this.#counters;
    let at = 0;
    for (const i of members) {
      const nonceAt = starts[i]! - NONCE_BYTES;
      const last = 1 + Math.ceil((ends[i]! - starts[i]!) / BLOCK_BYTES);
      for (let counter = 1; counter <= last; counter++) {
        for (let byte = 0; byte < NONCE_BYTES; byte++) counters[at + byte] = arena[nonceAt + byte]!;
        counters[at + 12] = 0;
        counters[at + 13] = 0;
        counters[at + 14] = counter >> 8;
        counters[at + 15] = counter & 0xff;
        at += BLOCK_BYTES;
      }
    }
    const keystream = ecb.update(counters.subarray(0, at));
    at = 0;
    for (const i of members) {
      const start = starts[i]!;
      const end = ends[i]!;
      const authentic = ghash.authenticates(arena, start, end, keystream, at);
      at += BLOCK_BYTES;
      if (authentic) {
        for (let byte = start, from = at; byte < end; byte++, from++) arena[byte]! ^= keystream[from]!;
      } else {
        faults.set(i, notAuthentic(key.label));
        ends[i] = start;
      }
      at += Math.ceil((end - start) / BLOCK_BYTES) * BLOCK_BYTES;
    }
  }

  #batchKey(key: Key): BatchKey {
    const known = this.#keys.get(key);
    if (known !== undefined) return known;
    const ecb = createCipheriv('aes-256-ecb', key.secret, null).setAutoPadding(false);
    const made = { ecb, ghash: new Ghash(ecb.update(Buffer.alloc(BLOCK_BYTES))) };
    this.#keys.set(key, made);
    return made;
  }

  #reserve(used: number, more: number): void {
    if (used + more <= this.#arena.length) return;
    const larger = Buffer.allocUnsafeSlow((used + more) * 2);
    this.#arena.copy(larger, 0, 0, used);
    this.#arena = larger;
  }
}

function notAuthentic(label: string): BlobError {
  return new BlobError(
    'not-authentic',
    `the key ${JSON.stringify(label)} does not open it: it is damaged, or the passphrase is another one`,
    label,
  );
}
