/**
 * Texts one beside the other as UTF-8, such as the blobs of a page: two buffers, which go from thread to thread without a copy. An empty
 * text stands for none.
 */
export interface PackedTexts {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where in `bytes` each text ends. */
  readonly ends: Int32Array<ArrayBuffer>;
}

export class TextPacker {
  #bytes: Buffer<ArrayBuffer>;
  #used = 0;
  readonly #ends: number[] = [];

  /** @param capacity how many bytes there is room for at first */
  constructor(capacity: number) {
    // An allocation of its own, not a part of Node's pool: it is given away.
    this.#bytes = Buffer.allocUnsafeSlow(capacity);
  }

  /** Bytes so far. */
  get size(): number {
    return this.#used;
  }

  /** Adds what is in `source` from `start` to `end`. */
  add(source: Uint8Array, start: number, end: number): void {
    const size = end - start;
    if (this.#used + size > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow((this.#used + size) * 2);
      this.#bytes.copy(larger, 0, 0, this.#used);
      this.#bytes = larger;
    }
    this.#bytes.set(source.subarray(start, end), this.#used);
    this.#used += size;
    this.#ends.push(this.#used);
  }

  pack(): PackedTexts {
    return { bytes: this.#bytes.subarray(0, this.#used), ends: Int32Array.from(this.#ends) };
  }
}
