import { createCipheriv, type Cipher } from 'node:crypto';
import { NONCE_BYTES } from './blob.ts';
import { Ghash } from './ghash.ts';
import type { Key } from './keyring.ts';

const BLOCK_BYTES = 16;
const WORDS = 4;
const FIRST_CAPACITY = 256 * 1024;

/** Messages above this, in bytes, are done faster in a call of their own to OpenSSL. */
export const LARGEST_TOGETHER = 512;

/**
 * AES-256-GCM of many small messages under one key. A call into OpenSSL costs 3 us, and an actual LRP has three blobs of some sixty bytes.
 * So the counter blocks of all messages of a batch go through AES in one call (GCM is AES in counter mode), and only XOR and GHASH are
 * done here. Messages lie in one buffer, each with its nonce before and its tag behind it.
 */
export class GcmBatch {
  readonly #ecb: Cipher;
  readonly #ghash: Ghash;
  #counters = Buffer.allocUnsafeSlow(FIRST_CAPACITY);

  constructor(key: Key) {
    this.#ecb = createCipheriv('aes-256-ecb', key.secret, null).setAutoPadding(false);
    this.#ghash = new Ghash(this.#ecb.update(Buffer.alloc(BLOCK_BYTES)));
  }

  /**
   * Authenticates and decrypts in place.
   * @param members which of the messages
   * @param onFault gets those that are not authentic; they are left as they are
   */
  open(
    bytes: Uint8Array,
    members: readonly number[],
    starts: Int32Array,
    ends: Int32Array,
    onFault: (member: number) => void,
  ): void {
    const keystream = this.#keystream(bytes, members, starts, ends);
    let at = 0;
    for (const member of members) {
      const [start, end] = [starts[member]!, ends[member]!];
      if (this.#ghash.authenticates(bytes, start, end, keystream, at)) {
        at = crypt(bytes, start, end, keystream, at);
      } else {
        onFault(member);
        at += blocksOf(end - start) * BLOCK_BYTES;
      }
    }
  }

  /** Encrypts in place and writes the tags. The nonces must be fresh and random. */
  seal(bytes: Uint8Array, members: readonly number[], starts: Int32Array, ends: Int32Array): void {
    const keystream = this.#keystream(bytes, members, starts, ends);
    let at = 0;
    for (const member of members) {
      const [start, end] = [starts[member]!, ends[member]!];
      const mask = at;
      at = crypt(bytes, start, end, keystream, at);
      this.#ghash.sign(bytes, start, end, keystream, mask);
    }
  }

  /** For each message the encrypted first counter block, which masks its tag, and those that its bytes are masked with. */
  #keystream(bytes: Uint8Array, members: readonly number[], starts: Int32Array, ends: Int32Array): Buffer {
    let blocks = 0;
    for (const member of members) blocks += blocksOf(ends[member]! - starts[member]!);
    if (this.#counters.length < blocks * BLOCK_BYTES) {
      this.#counters = Buffer.allocUnsafeSlow(blocks * BLOCK_BYTES * 2);
    }
    const counters = this.#counters;
    const words = new Int32Array(counters.buffer, counters.byteOffset, blocks * WORDS);
    let at = 0;
    for (const member of members) {
      const nonceAt = starts[member]! - NONCE_BYTES;
      for (let byte = 0; byte < NONCE_BYTES; byte++) counters[at * 4 + byte] = bytes[nonceAt + byte]!;
      const first = words[at]!;
      const second = words[at + 1]!;
      const third = words[at + 2]!;
      const last = blocksOf(ends[member]! - starts[member]!);
      for (let counter = 1; counter <= last; counter++, at += WORDS) {
        words[at] = first;
        words[at + 1] = second;
        words[at + 2] = third;
        words[at + 3] = 0;
        counters[at * 4 + 14] = counter >> 8;
        counters[at * 4 + 15] = counter & 0xff;
      }
    }
    return this.#ecb.update(counters.subarray(0, at * 4));
  }
}

function blocksOf(length: number): number {
  return 1 + Math.ceil(length / BLOCK_BYTES);
}

/** Masks a message, or unmasks it; answers where the keystream of the next one begins. */
function crypt(bytes: Uint8Array, start: number, end: number, keystream: Uint8Array, at: number): number {
  let from = at + BLOCK_BYTES;
  for (let byte = start; byte < end; byte++, from++) bytes[byte]! ^= keystream[from]!;
  return at + blocksOf(end - start) * BLOCK_BYTES;
}
