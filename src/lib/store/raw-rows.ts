import { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import type pg from 'pg';

/**
 * A batch of rows as the server sent them: the values' text in UTF-8, one beside the other. A list of LRPs has a million values, and a string
 * for each of them would cost more than decrypting them.
 *
 * The value of row `r` in column `c` is at `r * columns + c`: `bytes` from `starts` to `ends`, NULL when `starts` is -1. All of it is
 * overwritten by the batch after the next one.
 */
export interface RawRows {
  readonly count: number;
  readonly columns: number;
  readonly bytes: Buffer;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

/** The same form for rows that are in memory already: of strings, numbers, booleans and `null`. */
export function rawRowsOf(rows: readonly (readonly unknown[])[]): RawRows {
  const columns = rows[0]?.length ?? 0;
  const starts = new Int32Array(rows.length * columns);
  const ends = new Int32Array(rows.length * columns);
  const texts: string[] = [];
  let used = 0;
  for (const [row, values] of rows.entries()) {
    for (let column = 0; column < columns; column++) {
      const at = row * columns + column;
      const text = textOf(values[column]);
      starts[at] = text === null ? -1 : used;
      if (text !== null) used += Buffer.byteLength(text);
      ends[at] = used;
      texts.push(text ?? '');
    }
  }
  return { count: rows.length, columns, bytes: Buffer.from(texts.join('')), starts, ends };
}

/** As PostgreSQL writes it. */
function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'boolean') return value ? 't' : 'f';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A value as text. */
export function textAt({ bytes, starts, ends }: RawRows, at: number): string | null {
  return starts[at] === -1 ? null : bytes.toString('utf8', starts[at], ends[at]);
}

const DATA_ROW = 0x44;
const HEADER_BYTES = 5;

/** One of the two places where rows are collected: one is read while the other fills. */
interface Arena {
  bytes: Buffer;
  used: number;
  count: number;
  starts: Int32Array;
  ends: Int32Array;
}

/**
 * Stands between a connection's socket and pg's parser. While it is open, rows (DataRow, PostgreSQL's frontend/backend protocol) are
 * kept as they are; every other message goes on to pg, so that cursors, errors and notices are its own business as ever.
 */
export class RowTap {
  #full = newArena();
  #filling = newArena();
  #isOpen = false;
  /** The beginning of a header whose rest has not come yet. */
  #held: Buffer | undefined;
  /** How much of the last message has not come yet, and whether that is a row to be kept. */
  #missing = 0;
  #isKeeping = false;
  #parser = new EventEmitter();

  /** Must be called before the connection connects. */
  constructor(connection: pg.Connection) {
    const attachable = connection as unknown as { attachListeners: (stream: Duplex | EventEmitter) => void };
    const attach = attachable.attachListeners.bind(connection);
    attachable.attachListeners = (stream) => {
      this.#parser = new EventEmitter();
      attach(this.#parser);
      stream.on('data', (chunk: Buffer) => {
        this.#receive(chunk);
      });
      stream.on('end', () => this.#parser.emit('end'));
    };
  }

  /** From here on rows are kept. */
  open(): void {
    this.#isOpen = true;
    this.#filling.used = this.#filling.count = 0;
  }

  /** Rows go to pg again. Those that were kept are forgotten. */
  close(): void {
    this.#isOpen = false;
  }

  /** The rows that have come since the last call. */
  take(): RawRows {
    const arena = this.#filling;
    this.#filling = this.#full;
    this.#full = arena;
    this.#filling.used = this.#filling.count = 0;
    return locate(arena);
  }

  #receive(chunk: Buffer): void {
    const bytes = this.#held === undefined ? chunk : Buffer.concat([this.#held, chunk]);
    this.#held = undefined;
    let from = 0;
    let at = Math.min(this.#missing, bytes.length);
    this.#missing -= at;
    while (at + HEADER_BYTES <= bytes.length) {
      const isRow = this.#isOpen && bytes[at] === DATA_ROW;
      if (isRow !== this.#isKeeping) {
        this.#pass(bytes, from, at);
        from = at;
        this.#isKeeping = isRow;
      }
      if (isRow) this.#filling.count++;
      const next = at + 1 + bytes.readUInt32BE(at + 1);
      at = Math.min(next, bytes.length);
      this.#missing = next - at;
    }
    this.#pass(bytes, from, at);
    if (at < bytes.length) this.#held = Buffer.from(bytes.subarray(at));
  }

  #pass(bytes: Buffer, from: number, to: number): void {
    if (from >= to) return;
    if (this.#isKeeping) this.#keep(bytes, from, to);
    else this.#parser.emit('data', bytes.subarray(from, to));
  }

  #keep(bytes: Buffer, from: number, to: number): void {
    const arena = this.#filling;
    const used = arena.used + (to - from);
    if (used > arena.bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(used, arena.bytes.length * 2));
      arena.bytes.copy(larger, 0, 0, arena.used);
      arena.bytes = larger;
    }
    bytes.copy(arena.bytes, arena.used, from, to);
    arena.used = used;
  }
}

function newArena(): Arena {
  return {
    bytes: Buffer.alloc(0),
    used: 0,
    count: 0,
    starts: new Int32Array(0),
    ends: new Int32Array(0),
  };
}

/** Finds the values in the messages: 5 bytes header, 2 bytes for how many, then each with 4 bytes for its length, -1 for NULL. */
function locate(arena: Arena): RawRows {
  const { bytes, count } = arena;
  const columns = count === 0 ? 0 : bytes.readUInt16BE(HEADER_BYTES);
  if (arena.starts.length < count * columns) {
    arena.starts = new Int32Array(count * columns);
    arena.ends = new Int32Array(count * columns);
  }
  const { starts, ends } = arena;
  let at = 0;
  let value = 0;
  for (let row = 0; row < count; row++) {
    at += HEADER_BYTES + 2;
    for (let column = 0; column < columns; column++, value++) {
      const length = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
      at += 4;
      if (length === -1) {
        starts[value] = ends[value] = -1;
      } else {
        starts[value] = at;
        at += length;
        ends[value] = at;
      }
    }
  }
  return { count, columns, bytes, starts, ends };
}
