import type { JsonBuffer } from '../bbs/json-buffer.ts';
import { writeRfc3339 } from '../bbs/timestamps.ts';
import type { RawRows } from '../store/raw-rows.ts';

const TRUE = 0x74;

/** The values of one row, written as JSON by their columns without becoming strings. */
export class RowReader {
  readonly #rows: RawRows;
  #first = 0;

  constructor(rows: RawRows) {
    this.#rows = rows;
  }

  /** Goes to a row. */
  at(row: number): this {
    this.#first = row * this.#rows.columns;
    return this;
  }

  text(column: number): string | null {
    const { bytes, starts, ends } = this.#rows;
    const at = this.#first + column;
    return starts[at] === -1 ? null : bytes.toString('utf8', starts[at], ends[at]);
  }

  /** A string; NULL is empty. With `mask` without passwords of URLs. */
  writeString(out: JsonBuffer, column: number, mask = false): void {
    const at = this.#first + column;
    out.stringBytes(this.#rows.bytes, this.#rows.starts[at]!, this.#rows.ends[at]!, mask);
  }

  /** A whole number; NULL is 0. */
  writeWhole(out: JsonBuffer, column: number): void {
    const { bytes, starts, ends } = this.#rows;
    const at = this.#first + column;
    if (starts[at] === -1) out.ascii('0');
    else out.asciiBytes(bytes, starts[at]!, ends[at]!);
  }

  /** `true`, `false`; NULL is `null`. */
  writeBoolean(out: JsonBuffer, column: number): void {
    const at = this.#first + column;
    const start = this.#rows.starts[at]!;
    out.ascii(start === -1 ? 'null' : this.#rows.bytes[start] === TRUE ? 'true' : 'false');
  }

  /** Unix nanoseconds as RFC 3339; 0 and NULL are `null`. */
  writeTime(out: JsonBuffer, column: number): void {
    const at = this.#first + column;
    writeRfc3339(out, this.#rows.bytes, this.#rows.starts[at]!, this.#rows.ends[at]!);
  }

  /** A whole number to look something up by; NULL is `undefined`. */
  whole(column: number): number | undefined {
    const { bytes, starts, ends } = this.#rows;
    const at = this.#first + column;
    const start = starts[at]!;
    if (start === -1) return undefined;
    const hasOneDigit = ends[at] === start + 1;
    if (hasOneDigit) return bytes[start]! - 0x30;
    return Number(this.text(column));
  }
}
