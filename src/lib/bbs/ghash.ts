/**
 * GHASH, the authenticator of AES-GCM (NIST SP 800-38D, 6.4), over one key's hash subkey. It exists for `gcm-batch.ts`: opening a small blob
 * with node:crypto costs ten times more in crossing into OpenSSL than in work. AES itself stays OpenSSL's.
 */

const BLOCK_BYTES = 16;
const WORDS = 4;
/** x^128 + x^7 + x^2 + x + 1, in GCM's order of bits. */
const REDUCTION = 0xe1000000;

export class Ghash {
  /** For every place of a byte in a block and every value of the byte: that byte times H, as four words. 64 KiB. */
  readonly #table = new Int32Array(BLOCK_BYTES * 256 * WORDS);
  readonly #digest = new Uint8Array(BLOCK_BYTES);

  /** @param subkey H: the encryption of the zero block under the key. */
  constructor(subkey: Uint8Array) {
    const table = this.#table;
    const words = new DataView(subkey.buffer, subkey.byteOffset, BLOCK_BYTES);
    let [v0, v1, v2, v3] = [0, 4, 8, 12].map((at) => words.getInt32(at)) as [number, number, number, number];
    for (let bit = 0; bit < 128; bit++) {
      const at = ((bit >> 3) * 256 + (0x80 >> (bit & 7))) * WORDS;
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
    for (let place = 0; place < BLOCK_BYTES; place++) {
      const base = place * 256;
      for (let value = 3; value < 256; value++) {
        const lowest = value & -value;
        if (lowest === value) continue;
        const at = (base + value) * WORDS;
        const rest = (base + (value ^ lowest)) * WORDS;
        const bit = (base + lowest) * WORDS;
        for (let word = 0; word < WORDS; word++) table[at + word] = table[rest + word]! ^ table[bit + word]!;
      }
    }
  }

  /**
   * Whether the tag that follows the ciphertext in `bytes` is the right one.
   * @param mask where in `keystream` the encryption of the first counter block is, which the tag is masked with
   */
  authenticates(bytes: Uint8Array, start: number, end: number, keystream: Uint8Array, mask: number): boolean {
    this.#hash(bytes, start, end);
    let difference = 0;
    for (let place = 0; place < BLOCK_BYTES; place++)
      difference |= this.#digest[place]! ^ keystream[mask + place]! ^ bytes[end + place]!;
    return difference === 0;
  }

  /** Writes the tag behind the ciphertext; parameters as for {@link authenticates}. */
  sign(bytes: Uint8Array, start: number, end: number, keystream: Uint8Array, mask: number): void {
    this.#hash(bytes, start, end);
    for (let place = 0; place < BLOCK_BYTES; place++)
      bytes[end + place] = this.#digest[place]! ^ keystream[mask + place]!;
  }

  /** Leaves the hash of a ciphertext and its length in `#digest`. */
  #hash(bytes: Uint8Array, start: number, end: number): void {
    const table = this.#table;
    let z0 = 0;
    let z1 = 0;
    let z2 = 0;
    let z3 = 0;
    const bits = (end - start) * 8;
    for (let block = start; ; block += BLOCK_BYTES) {
      const last = block >= end;
      let r0 = 0;
      let r1 = 0;
      let r2 = 0;
      let r3 = 0;
      for (let place = 0; place < BLOCK_BYTES; place++) {
        const word = place < 8 ? (place < 4 ? z0 : z1) : place < 12 ? z2 : z3;
        const shift = 24 - (place & 3) * 8;
        const byte = last
          ? place < 12
            ? 0
            : (bits >>> shift) & 0xff
          : block + place < end
            ? bytes[block + place]!
            : 0;
        const at = (place * 256 + (((word >>> shift) & 0xff) ^ byte)) * WORDS;
        r0 ^= table[at]!;
        r1 ^= table[at + 1]!;
        r2 ^= table[at + 2]!;
        r3 ^= table[at + 3]!;
      }
      z0 = r0;
      z1 = r1;
      z2 = r2;
      z3 = r3;
      if (last) break;
    }
    const digest = this.#digest;
    for (let place = 0; place < BLOCK_BYTES; place++) {
      const word = place < 8 ? (place < 4 ? z0 : z1) : place < 12 ? z2 : z3;
      digest[place] = word >>> (24 - (place & 3) * 8);
    }
  }
}
