/**
 * Texts one beside the other as UTF-8, such as the blobs of a page: two buffers, which go from thread to thread without a copy, where
 * thousands of strings would be cloned one by one. An empty text stands for none.
 */
export interface PackedTexts {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where in `bytes` each text ends. */
  readonly ends: Uint32Array<ArrayBuffer>;
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

  add(text: string): void {
    const size = Buffer.byteLength(text);
    if (this.#used + size > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow((this.#used + size) * 2);
      this.#bytes.copy(larger, 0, 0, this.#used);
      this.#bytes = larger;
    }
    this.#used += this.#bytes.write(text, this.#used);
    this.#ends.push(this.#used);
  }

  pack(): PackedTexts {
    return { bytes: this.#bytes.subarray(0, this.#used), ends: Uint32Array.from(this.#ends) };
  }
}

export function unpack({ bytes, ends }: PackedTexts): string[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from(ends, (end, index) => buffer.toString('utf8', index === 0 ? 0 : ends[index - 1], end));
}
