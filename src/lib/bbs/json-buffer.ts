import { maskText } from './mask.ts';

const FIRST_CAPACITY = 64 * 1024;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const DASH = 0x2d;
const AT = 0x40;
const SPACE = 0x20;
const DELETE = 0x7f;

// latin1 is written several times faster than utf8, and nearly everything is ASCII.
const PRINTABLE_ASCII = /^[\u0020-\u007e]*$/u;
/** Legal in JSON text, but some terminals obey them. */
const RAW_CONTROLS = /[\u007f-\u009f]/gu;

/**
 * JSON being written as bytes. Long lists come from bytes (a decrypted message) and go to bytes (standard output): a string for
 * every field in between would cost more than the decrypting.
 */
export class JsonBuffer {
  #bytes: Buffer;
  #length = 0;

  constructor(capacity = FIRST_CAPACITY) {
    this.#bytes = Buffer.allocUnsafeSlow(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** Takes back what was written since {@link JsonBuffer.length} was this. */
  truncate(length: number): void {
    this.#length = length;
  }

  /** Writes text as it is. It must be JSON already. */
  raw(text: string): this {
    if (PRINTABLE_ASCII.test(text)) return this.ascii(text);
    const safe = text.replace(RAW_CONTROLS, escaped);
    this.#reserve(safe.length * 3);
    this.#length += this.#bytes.write(safe, this.#length, 'utf8');
    return this;
  }

  /** Writes text that is known to be ASCII and JSON: names, punctuation, digits. */
  ascii(text: string): this {
    this.#reserve(text.length);
    this.#length += this.#bytes.write(text, this.#length, 'latin1');
    return this;
  }

  /** Writes a JSON string. */
  string(text: string): this {
    return this.raw(JSON.stringify(text));
  }

  /** Writes UTF-8 bytes as a JSON string; with `mask` without passwords of URLs and private keys. */
  stringBytes(bytes: Buffer, start: number, end: number, mask: boolean): this {
    this.#reserve(end - start + 2);
    const out = this.#bytes;
    let at = this.#length;
    out[at++] = QUOTE;
    for (let i = start; i < end; i++) {
      const byte = bytes[i]!;
      const special = byte < SPACE || byte === QUOTE || byte === BACKSLASH || byte >= DELETE;
      if (special || (mask && (byte === AT || (byte === DASH && bytes[i + 1] === DASH)))) {
        const text = bytes.toString('utf8', start, end);
        return this.string(mask ? maskText(text) : text);
      }
      out[at++] = byte;
    }
    out[at++] = QUOTE;
    this.#length = at;
    return this;
  }

  /** What was written, as a buffer that belongs to the caller; the next write begins a new one. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#length);
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(FIRST_CAPACITY, this.#length + (this.#length >> 2)));
    this.#length = 0;
    return taken;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

function escaped(character: string): string {
  return `\\u00${character.charCodeAt(0).toString(16)}`;
}
