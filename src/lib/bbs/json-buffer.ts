import { maskText } from './mask.ts';

const FIRST_CAPACITY = 64 * 1024;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const DASH = 0x2d;
const AT = 0x40;
const SPACE = 0x20;
const DELETE = 0x7f;

const ZERO = 0x30;
const COMMA = 0x2c;
const LINE_FEED = 0x0a;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;

/** Legal in JSON text, but some terminals obey them. */
const RAW_CONTROLS = /[\u007f-\u009f]/u;
const EVERY_RAW_CONTROL = /[\u007f-\u009f]/gu;

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
    const safe = RAW_CONTROLS.test(text) ? text.replace(EVERY_RAW_CONTROL, escaped) : text;
    this.#reserve(safe.length * 3);
    this.#length += this.#bytes.write(safe, this.#length, 'utf8');
    return this;
  }

  /** Writes text that is known to be ASCII and JSON: names, punctuation, digits. */
  ascii(text: string): this {
    const length = text.length;
    this.#reserve(length);
    const out = this.#bytes;
    // A call of Buffer.write costs as much as this loop over a hundred characters.
    let at = this.#length;
    for (let i = 0; i < length; i++) out[at++] = text.charCodeAt(i);
    this.#length = at;
    return this;
  }

  /** Writes a number that is whole and not negative. */
  whole(value: number): this {
    if (value >= 1e9) return this.ascii(String(value));
    this.#reserve(10);
    const out = this.#bytes;
    let at = this.#length + (value < 10 ? 1 : value < 100 ? 2 : value < 1000 ? 3 : digitsOf(value));
    this.#length = at;
    let rest = value;
    do {
      const tenth = (rest / 10) | 0;
      out[--at] = ZERO + rest - tenth * 10;
      rest = tenth;
    } while (rest > 0);
    return this;
  }

  /** Writes a JSON string. */
  string(text: string): this {
    const length = text.length;
    this.#reserve(length + 2);
    const out = this.#bytes;
    let at = this.#length;
    out[at++] = QUOTE;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code < SPACE || code === QUOTE || code === BACKSLASH || code >= DELETE) {
        return this.raw(JSON.stringify(text));
      }
      out[at++] = code;
    }
    out[at++] = QUOTE;
    this.#length = at;
    return this;
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

  /** Writes bytes that are known to be JSON and ASCII: digits, names. */
  asciiBytes(bytes: Buffer, start: number, end: number): this {
    this.#reserve(end - start);
    const out = this.#bytes;
    let at = this.#length;
    for (let i = start; i < end; i++) out[at++] = bytes[i]!;
    this.#length = at;
    return this;
  }

  /** Writes lines of JSON as the elements of a list. */
  list(lines: Buffer): this {
    const length = Math.max(0, lines.length - 1);
    this.#reserve(length + 2);
    const out = this.#bytes;
    let at = this.#length;
    out[at++] = OPEN_LIST;
    lines.copy(out, at, 0, length);
    // A line of JSON has no line feed in it.
    for (let i = out.indexOf(LINE_FEED, at); i !== -1 && i < at + length; i = out.indexOf(LINE_FEED, i))
      out[i] = COMMA;
    at += length;
    out[at++] = CLOSE_LIST;
    this.#length = at;
    return this;
  }

  /** What was written. The next write begins anew in the same place, so it must have been used by then. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#length);
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

function digitsOf(value: number): number {
  let digits = 4;
  for (let limit = 10_000; value >= limit; limit *= 10) digits++;
  return digits;
}

function escaped(character: string): string {
  return `\\u00${character.charCodeAt(0).toString(16)}`;
}
