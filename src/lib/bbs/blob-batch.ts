import { createCipheriv, createDecipheriv, type Cipher } from 'node:crypto';
import { BlobError, ENCODING_PREFIX, NONCE_BYTES, parseBlob, TAG_BYTES } from './blob.ts';
import { Ghash } from './ghash.ts';
import type { Key, Keyring } from './keyring.ts';

const BLOCK_BYTES = 16;
const FIRST_CAPACITY = 256 * 1024;
const PREFIX = Buffer.from(ENCODING_PREFIX);
/** Above this, a call of its own to OpenSSL is faster. */
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
  #texts: Buffer = Buffer.allocUnsafeSlow(0);
  #arena: Buffer = Buffer.allocUnsafeSlow(FIRST_CAPACITY);
  #counters = Buffer.allocUnsafeSlow(FIRST_CAPACITY);
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
}

/** The buffer, or a larger one with the same beginning. */
function withRoom(buffer: Buffer, used: number, more: number): Buffer {
  if (used + more <= buffer.length) return buffer;
  const larger = Buffer.allocUnsafeSlow(Math.max(FIRST_CAPACITY, (used + more) * 2));
  buffer.copy(larger, 0, 0, used);
  return larger;
}

/** Above this, crossing into Node's own decoder pays. */
const LARGEST_BY_HAND = 400;
const PADDING = 0x3d;
const NOT_BASE64 = 0xff;
const VALUES = new Uint8Array(256).fill(NOT_BASE64);
for (const [value, character] of Array.from(
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
).entries()) {
  VALUES[character.charCodeAt(0)] = value;
}

/** Standard, padded base64, as Go's base64.StdEncoding takes it. Answers how many bytes it was, -1 when it is something else. */
function decodeBase64(source: Buffer, start: number, end: number, target: Buffer, at: number): number {
  const characters = end - start;
  if (characters === 0 || characters % 4 !== 0) return -1;
  const padding = source[end - 1] !== PADDING ? 0 : source[end - 2] === PADDING ? 2 : 1;
  const expected = (characters / 4) * 3 - padding;
  if (characters > LARGEST_BY_HAND) {
    const text = source.toString('latin1', start, end);
    const isStandard = !text.includes('-') && !text.includes('_');
    return isStandard && target.write(text, at, 'base64') === expected ? expected : -1;
  }
  const whole = padding === 0 ? end : end - 4;
  let to = at;
  let odd = 0;
  for (let from = start; from < whole; from += 4) {
    const a = VALUES[source[from]!]!;
    const b = VALUES[source[from + 1]!]!;
    const c = VALUES[source[from + 2]!]!;
    const d = VALUES[source[from + 3]!]!;
    odd |= a | b | c | d;
    target[to++] = (a << 2) | (b >> 4);
    target[to++] = (b << 4) | (c >> 2);
    target[to++] = (c << 6) | d;
  }
  if (padding > 0) {
    const a = VALUES[source[whole]!]!;
    const b = VALUES[source[whole + 1]!]!;
    const c = padding === 2 ? 0 : VALUES[source[whole + 2]!]!;
    odd |= a | b | c;
    target[to++] = (a << 2) | (b >> 4);
    if (padding === 1) target[to] = (b << 4) | (c >> 2);
  }
  return odd > 0x3f ? -1 : expected;
}

function notAuthentic(label: string): BlobError {
  return new BlobError(
    'not-authentic',
    `the key ${JSON.stringify(label)} does not open it: it is damaged, or the passphrase is another one`,
    label,
  );
}
