import { BlobBatch, type OpenedBlobs } from '../bbs/blob-batch.ts';
import { PayloadError } from '../bbs/envelope.ts';
import { JsonBuffer } from '../bbs/json-buffer.ts';
import type { Keyring } from '../bbs/keyring.ts';
import { maskValue } from '../bbs/mask.ts';
import { isPlainJson } from '../bbs/plain-json.ts';
import { writeEnvelopedMembers, writeMembers, type MessageType } from '../bbs/message-json.ts';
import type { RawRows } from '../store/raw-rows.ts';
import type { Gaps } from './gaps.ts';
import { RowReader } from './row-reader.ts';

/** How the value of an encrypted column becomes a part of a row's JSON. */
export type BlobMember =
  /** The members of the message stand beside the row's own. */
  | { column: string; form: 'members'; type: MessageType }
  /** The message is an object of its own. */
  | { column: string; form: 'object'; name: string; type: MessageType }
  /** JSON as it is stored; `null` and nothing become `empty`. */
  | { column: string; form: 'json'; name: string; empty: '{}' | '[]' | 'null' };

export interface RowJsonOptions {
  /** For the gaps. */
  table: string;
  blobs: readonly BlobMember[];
  /** Writes the row's members in the clear, without braces. There is at least one. `values` are what {@link peek} asks for. */
  head: (out: JsonBuffer, row: RowReader, values: PeekedValues) => void;
  /** Columns whose values the head must know; they are written in their places all the same. */
  peek?: readonly string[];
  /** Writes members behind all others, each with a comma before it. */
  tail?: (out: JsonBuffer, row: RowReader) => void;
  /** The column of the first blob; the others follow it. */
  firstBlob: number;
  keyring: Keyring | undefined;
  mask: boolean;
  gaps: Gaps;
}

/** Values by column; one that is absent or cannot be read is `null`. */
export type PeekedValues = Readonly<Record<string, unknown>>;

const NULL = Buffer.from('null');
const NOTHING: PeekedValues = {};

/**
 * Rows with encrypted columns as lines of JSON in bytes: opened by the batch and written without objects in between. A value that cannot
 * be read leaves its members out, its column's name in `unreadable`, and a gap.
 */
export class RowJson {
  readonly #options: RowJsonOptions;
  readonly #batch: BlobBatch | undefined;
  readonly #out = new JsonBuffer(256 * 1024);
  readonly #scratch = new JsonBuffer();
  #from = new Int32Array(0);
  #to = new Int32Array(0);

  constructor(options: RowJsonOptions) {
    this.#options = options;
    this.#batch = options.keyring === undefined ? undefined : new BlobBatch(options.keyring);
    if (this.#batch === undefined && options.blobs.length > 0) {
      options.gaps.add('keys', 'no encryption keys were given, so nothing that is encrypted was read');
    }
  }

  /** One line of JSON for each row. The next call overwrites them. */
  lines(rows: RawRows): Buffer {
    const { blobs, head, tail } = this.#options;
    this.#findBlobs(rows);
    const [from, to] = [this.#from, this.#to];
    const opened = this.#batch?.openRanges(rows.bytes, from, to);
    const out = this.#out;
    const reader = new RowReader(rows);
    let at = 0;
    for (let row = 0; row < rows.count; row++) {
      out.ascii('{');
      head(out, reader.at(row), this.#peek(opened, at));
      let unreadable = '';
      for (const blob of blobs) {
        let reason: string | undefined;
        if (to[at]! <= from[at]!) {
          this.#empty(blob);
        } else if (opened === undefined) {
          reason = '';
        } else {
          reason = opened.faults.size === 0 ? undefined : opened.faults.get(at)?.message;
          reason ??= this.#write(blob, opened.bytes, opened.starts[at]!, opened.ends[at]!);
        }
        if (reason !== undefined) {
          if (reason !== '') this.#options.gaps.count(`${this.#options.table}.${blob.column}`, reason);
          if (blob.form !== 'members') out.ascii(`,"${blob.name}":null`);
          unreadable += unreadable === '' ? `"${blob.column}"` : `,"${blob.column}"`;
        }
        at++;
      }
      tail?.(out, reader);
      if (unreadable === '') out.ascii(',"unreadable":[]}\n');
      else out.ascii(`,"unreadable":[${unreadable}]}\n`);
    }
    return out.take();
  }

  /** The same as objects, for whoever sorts, filters or picks columns. */
  objects(rows: RawRows): Record<string, unknown>[] {
    if (rows.count === 0) return [];
    const text = this.lines(rows).toString('utf8');
    return JSON.parse(`[${text.slice(0, -1).replaceAll('\n', ',')}]`) as Record<string, unknown>[];
  }

  /** What the head wants to know of the row whose blobs begin at `first`. What is wrong with a value is said when it is written. */
  #peek(opened: OpenedBlobs | undefined, first: number): PeekedValues {
    const { blobs, peek } = this.#options;
    if (peek === undefined) return NOTHING;
    const values: Record<string, unknown> = {};
    blobs.forEach((blob, i) => {
      if (!peek.includes(blob.column)) return;
      const at = first + i;
      const isThere = opened !== undefined && this.#to[at]! > this.#from[at]! && !opened.faults.has(at);
      values[blob.column] = isThere ? this.#valueOf(blob, opened, at) : null;
    });
    return values;
  }

  #valueOf(blob: BlobMember, { bytes, starts, ends }: OpenedBlobs, at: number): unknown {
    const out = this.#scratch;
    out.truncate(0);
    try {
      if (blob.form === 'json') return JSON.parse(bytes.toString('utf8', starts[at], ends[at]));
      out.ascii('{');
      writeEnvelopedMembers(out, blob.type, bytes, starts[at]!, ends[at]!, this.#options.mask);
      return JSON.parse(out.ascii('}').take().toString('utf8'));
    } catch (error) {
      if (error instanceof PayloadError || error instanceof SyntaxError) return null;
      throw error;
    }
  }

  /** Where the blobs of the batch are, row after row. */
  #findBlobs({ count, columns, starts, ends }: RawRows): void {
    const { blobs, firstBlob } = this.#options;
    const width = blobs.length;
    if (this.#from.length !== count * width) {
      this.#from = new Int32Array(count * width);
      this.#to = new Int32Array(count * width);
    }
    let at = 0;
    for (let row = 0; row < count; row++) {
      const first = row * columns + firstBlob;
      for (let blob = 0; blob < width; blob++, at++) {
        this.#from[at] = starts[first + blob]!;
        this.#to[at] = ends[first + blob]!;
      }
    }
  }

  #empty(blob: BlobMember): void {
    if (blob.form === 'json') this.#out.ascii(`,"${blob.name}":${blob.empty}`);
    else if (blob.form === 'object') this.#out.ascii(`,"${blob.name}":null`);
    else this.#members(blob.type, Buffer.alloc(0), 0, 0, false);
  }

  /** Answers why it could not, or `undefined`. */
  #write(blob: BlobMember, bytes: Buffer, start: number, end: number): string | undefined {
    const out = this.#out;
    const mark = out.length;
    try {
      if (blob.form === 'members') {
        this.#members(blob.type, bytes, start, end, true);
      } else if (blob.form === 'object') {
        out.ascii(`,"${blob.name}":{`);
        writeEnvelopedMembers(out, blob.type, bytes, start, end, this.#options.mask);
        out.ascii('}');
      } else {
        out.ascii(`,"${blob.name}":`);
        this.#json(blob, bytes, start, end);
      }
      return undefined;
    } catch (error) {
      out.truncate(mark);
      if (error instanceof PayloadError) return error.message;
      throw error;
    }
  }

  #members(type: MessageType, bytes: Buffer, start: number, end: number, enveloped: boolean): void {
    const out = this.#out;
    if (!enveloped && type.always.length === 0) return;
    out.ascii(',');
    const written = enveloped
      ? writeEnvelopedMembers(out, type, bytes, start, end, this.#options.mask)
      : writeMembers(out, type, bytes, start, end, this.#options.mask);
    if (!written) out.truncate(out.length - 1);
  }

  /** JSON that the BBS stored: it is parsed to be sure that it is, and written as it is unless there is something to mask. */
  #json(blob: BlobMember & { form: 'json' }, bytes: Buffer, start: number, end: number): void {
    const out = this.#out;
    if (end - start === NULL.length && bytes.compare(NULL, 0, NULL.length, start, end) === 0) {
      out.ascii(blob.empty);
      return;
    }
    if (!this.#options.mask && isPlainJson(bytes, start, end)) {
      out.asciiBytes(bytes, start, end);
      return;
    }
    const text = bytes.toString('utf8', start, end);
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      throw new PayloadError('it is not JSON');
    }
    if (this.#options.mask && MAY_HOLD_SECRETS.test(text)) out.raw(JSON.stringify(maskValue(value)));
    else if (end - start < 200 && COMPACT.test(text)) out.ascii(text);
    else out.raw(JSON.stringify(value));
  }
}

/** What `maskValue` would change has one of these in it. */
const MAY_HOLD_SECRETS = /@|PRIVATE KEY|private_?key|passw|passphrase|secret|token|credential/iu;
/** Printable ASCII on one line can be written as it is. */
const COMPACT = /^[\u0020-\u007e]*$/u;
