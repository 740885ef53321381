/**
 * GHASH, the authenticator of AES-GCM (NIST SP 800-38D, 6.4), over one key's hash subkey. It exists for `gcm-batch.ts`: opening a small blob
 * with node:crypto costs ten times more in crossing into OpenSSL than in work. AES itself stays OpenSSL's.
 */

const BLOCK_BYTES = 16;
const WORDS = 4;
/** x^128 + x^7 + x^2 + x + 1, in GCM's order of bits. */
const REDUCTION = 0xe1000000;

export class Ghash {
  /** For every value of a byte: that byte in the first place times H, as four words. 4 KiB, which fit the processor's cache. */
  readonly #table = new Int32Array(256 * WORDS);
  readonly #digest = new Int32Array(WORDS);

  /** @param subkey H: the encryption of the zero block under the key. */
  constructor(subkey: Uint8Array) {
    const table = this.#table;
    const words = new DataView(subkey.buffer, subkey.byteOffset, BLOCK_BYTES);
    let [v0, v1, v2, v3] = [0, 4, 8, 12].map((at) => words.getInt32(at)) as [number, number, number, number];
    for (let bit = 0x80; bit > 0; bit >>= 1) {
      const at = bit * WORDS;
      table[at] = v0;
      table[at + 1] = v1;
      table[at + 2] = v2;
      table[at + 3] = v3;
      const carry = v3 & 1;
      v3 = (v3 >>> 1) | (v2 << 31);
      v2 = (v2 >>> 1) | (v1 << 31);
      v1 = (v1 >>> 1) | (v0 << 31);
      v0 = (v0 >>> 1) ^ (carry === 1 ? REDUCTION : 0);
    }
    for (let value = 3; value < 256; value++) {
      const lowest = value & -value;
      if (lowest === value) continue;
      for (let word = 0; word < WORDS; word++) {
        table[value * WORDS + word] = table[(value ^ lowest) * WORDS + word]! ^ table[lowest * WORDS + word]!;
      }
    }
  }

  /**
   * Whether the tag that follows the ciphertext in `bytes` is the right one.
   * @param mask where in `keystream` the encryption of the first counter block is, which the tag is masked with
   */
  authenticates(bytes: Uint8Array, start: number, end: number, keystream: Uint8Array, mask: number): boolean {
    this.#hash(bytes, start, end);
    const digest = this.#digest;
    let difference = 0;
    for (let word = 0; word < WORDS; word++)
      difference |= digest[word]! ^ wordAt(keystream, mask + 4 * word) ^ wordAt(bytes, end + 4 * word);
    return difference === 0;
  }

  /** Writes the tag behind the ciphertext; parameters as for {@link authenticates}. */
  sign(bytes: Uint8Array, start: number, end: number, keystream: Uint8Array, mask: number): void {
    this.#hash(bytes, start, end);
    for (let place = 0; place < BLOCK_BYTES; place++) {
      const word = this.#digest[place >> 2]!;
      bytes[end + place] = (word >>> (24 - (place & 3) * 8)) ^ keystream[mask + place]!;
    }
  }

  /** Leaves the hash of a ciphertext and its length in `#digest`. */
  #hash(bytes: Uint8Array, start: number, end: number): void {
    const table = this.#table;
    let z0 = 0;
    let z1 = 0;
    let z2 = 0;
    let z3 = 0;
    for (let block = start; ; block += BLOCK_BYTES) {
      const last = block >= end;
      if (last) {
        // The length of what is authenticated besides (nothing), then that of the ciphertext, in bits.
        z3 ^= (end - start) * 8;
      } else if (block + BLOCK_BYTES <= end) {
        z0 ^= wordAt(bytes, block);
        z1 ^= wordAt(bytes, block + 4);
        z2 ^= wordAt(bytes, block + 8);
        z3 ^= wordAt(bytes, block + 12);
      } else {
        z0 ^= partialWord(bytes, block, end);
        z1 ^= partialWord(bytes, block + 4, end);
        z2 ^= partialWord(bytes, block + 8, end);
        z3 ^= partialWord(bytes, block + 12, end);
      }
      // Horner's rule over the bytes of the block, from the last: times x^8, which is a shift and a reduction, plus a byte times H.
      let r0 = 0;
      let r1 = 0;
      let r2 = 0;
      let r3 = 0;
      for (let place = WORDS - 1; place >= 0; place--) {
        let word = place === 3 ? z3 : place === 2 ? z2 : place === 1 ? z1 : z0;
        for (let byte = 0; byte < 4; byte++) {
          const at = (word & 0xff) << 2;
          word >>>= 8;
          const dropped = r3 & 0xff;
          r3 = ((r3 >>> 8) | (r2 << 24)) ^ table[at + 3]!;
          r2 = ((r2 >>> 8) | (r1 << 24)) ^ table[at + 2]!;
          r1 = ((r1 >>> 8) | (r0 << 24)) ^ table[at + 1]!;
          r0 = (r0 >>> 8) ^ REDUCED[dropped]! ^ table[at]!;
        }
      }
      z0 = r0;
      z1 = r1;
      z2 = r2;
      z3 = r3;
      if (last) break;
    }
    const digest = this.#digest;
    digest[0] = z0;
    digest[1] = z1;
    digest[2] = z2;
    digest[3] = z3;
  }
}

/** What the byte that a shift by eight drops comes back as, in the first word. */
const REDUCED = Int32Array.from({ length: 256 }, (_, dropped) => {
  let reduced = 0;
  for (let bit = 0; bit < 8; bit++) if (dropped & (1 << bit)) reduced ^= REDUCTION >>> (7 - bit);
  return reduced;
});

function wordAt(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

/** Behind the end there are zeros. */
function partialWord(bytes: Uint8Array, at: number, end: number): number {
  let word = 0;
  for (let place = at; place < at + 4; place++) word = (word << 8) | (place < end ? bytes[place]! : 0);
  return word;
}
