import { textPrefixes } from '../bbs/blob.ts';
import type { EncryptedTable } from '../bbs/columns.ts';
import { quote } from './census.ts';
import { staleCondition } from './stale.ts';
import type { Transaction } from './transaction.ts';
import { TextPacker, type PackedTexts } from './packed-texts.ts';
import { textAt, type RawRows } from './raw-rows.ts';

/** One version of a row: where it lies, which transaction wrote it, and its primary key as text. */
export interface RowVersion {
  ctid: string;
  xmin: string;
  key: string[];
}

/** Rows with blobs that are not under the target, in primary-key order: what is sealed and written at once. */
export interface Page {
  rows: RowVersion[];
  /** The columns of the first row, then of the second, and so on; empty where there is nothing to rewrite. */
  blobs: PackedTexts;
}

/** Pages have about so much text, so that their size in memory does not depend on how large the apps' environments are. */
const PAGE_BYTES = 192 * 1024;
/** A page ends with the row that makes it full, so there is room for one that is not very large. */
const ROOM_BYTES = 16 * 1024;
/** So much is read in one transaction. */
const READ_BYTES = 4 * PAGE_BYTES;
/** So many rows are fetched before the text is counted again. */
const FETCH_ROWS = 50;

/**
 * Goes through the rows of a table that hold a blob under another label than the target's, in primary-key order. No lock is taken. Which
 * label a blob is under is told by how its text begins; rows that are under the target already stay on the server.
 */
export class StaleRowReader {
  readonly #table: EncryptedTable;
  readonly #prefixes: readonly string[];
  readonly #prefixBytes: readonly Buffer[];
  readonly #length: number;
  readonly #mostRows: number;
  #after: readonly string[] | undefined;

  /** @param mostRows rows a read at most; fewer are read where they are large */
  constructor(table: EncryptedTable, target: string, mostRows: number) {
    this.#table = table;
    this.#mostRows = mostRows;
    ({ length: this.#length, prefixes: this.#prefixes } = textPrefixes(target));
    this.#prefixBytes = this.#prefixes.map((prefix) => Buffer.from(prefix));
  }

  /** The next rows; none when there are no more. A read that failed can be repeated. */
  async read(transaction: Transaction): Promise<Page[]> {
    const pages: Page[] = [];
    let rows: RowVersion[] = [];
    let blobs = new TextPacker(PAGE_BYTES + ROOM_BYTES);
    let bytes = 0;
    const endPage = () => {
      if (rows.length === 0) return;
      pages.push({ rows, blobs: blobs.pack() });
      bytes += blobs.size;
      rows = [];
      blobs = new TextPacker(PAGE_BYTES + ROOM_BYTES);
    };
    const parameters = [this.#length, this.#prefixes, this.#mostRows, ...(this.#after ?? [])];
    for await (const batch of transaction.streamRaw(this.#query(), parameters, FETCH_ROWS)) {
      for (let row = 0; row < batch.count; row++) {
        rows.push(this.#take(batch, row * batch.columns, blobs));
        if (blobs.size >= PAGE_BYTES) endPage();
      }
      if (bytes >= READ_BYTES) break;
    }
    endPage();
    this.#after = pages.at(-1)?.rows.at(-1)!.key;
    return pages;
  }

  /** Takes a row out of a batch: the stale blobs go to the others of the page. */
  #take(batch: RawRows, first: number, blobs: TextPacker): RowVersion {
    const [ctid, xmin] = [textAt(batch, first)!, textAt(batch, first + 1)!];
    const blobsAt = first + 2 + this.#table.primaryKey.length;
    const key: string[] = [];
    for (let at = first + 2; at < blobsAt; at++) key.push(textAt(batch, at)!);
    for (let at = blobsAt; at < first + batch.columns; at++) {
      const start = Math.max(0, batch.starts[at]!);
      const end = Math.max(0, batch.ends[at]!);
      blobs.add(batch.bytes, start, this.#isCurrent(batch.bytes, start, end) ? start : end);
    }
    return { ctid, xmin, key };
  }

  #isCurrent(bytes: Buffer, start: number, end: number): boolean {
    return this.#prefixBytes.some((prefix) => {
      if (end - start < prefix.length) return false;
      for (let index = 0; index < prefix.length; index++)
        if (bytes[start + index] !== prefix[index]) return false;
      return true;
    });
  }

  #query(): string {
    const { name: table, primaryKey, columns } = this.#table;
    // Qualified, or ORDER BY would mean the select list's text: 10 before 2, and no index to read it from.
    const names = primaryKey.map(({ name }) => `t.${quote(name)}`);
    const beyond = primaryKey.map(({ type }, index) => `$${4 + index}::${type}`);
    return `SELECT ctid::text, xmin::text, ${names.map((name) => `${name}::text`).join(', ')},
        ${columns.map(({ name }) => quote(name)).join(', ')}
      FROM ${quote(table)} AS t
     WHERE (${staleCondition(this.#table)})
       ${this.#after === undefined ? '' : `AND (${names.join(', ')}) > (${beyond.join(', ')})`}
     ORDER BY ${names.join(', ')}
     LIMIT $3`;
  }
}

/**
 * Writes resealed blobs in one statement, each only where the row still is the version that was read: same place, same writing
 * transaction, same primary key. A row that somebody changed, moved or deleted meanwhile is left to them.
 *
 * The transaction id is what decides: PostgreSQL looks at it again when it had to wait for somebody who changed the row. The place
 * makes it fast, and the primary key makes it right even after VACUUM FULL has moved rows that one transaction wrote.
 * @param columns by column of the table: a text[] (`text-array.ts`) with a blob or NULL (keep it) for each row, or `null` to leave the column
 * alone
 * @returns the positions in `rows` of those that were written
 */
export async function swapPage(
  transaction: Transaction,
  table: EncryptedTable,
  rows: readonly RowVersion[],
  columns: readonly (Uint8Array | null)[],
): Promise<number[]> {
  const changed = table.columns.flatMap(({ name }, index) => {
    const values = columns[index];
    return values ? [{ name: quote(name), alias: `c${index}`, values: Buffer.from(values.buffer) }] : [];
  });
  if (changed.length === 0) return [];
  const keys = table.primaryKey.map(({ name, type }, index) => ({
    name: quote(name),
    type,
    alias: `k${index}`,
    values: rows.map(({ key }) => key[index]),
  }));
  const parameters = [
    { type: 'tid', alias: 'v_ctid', values: rows.map(({ ctid }) => ctid) },
    { type: 'xid', alias: 'v_xmin', values: rows.map(({ xmin }) => xmin) },
    ...keys,
    // The large one last: pg copies what it has of a message whenever it outgrows its buffer.
    ...changed.map((column) => ({ ...column, type: 'text' })).reverse(),
  ];
  const sql = `UPDATE ${quote(table.name)} AS t
      SET ${changed.map(({ name, alias }) => `${name} = coalesce(v.${alias}, t.${name})`).join(', ')}
     FROM unnest(${parameters.map(({ type }, index) => `$${index + 1}::${type}[]`).join(', ')})
          WITH ORDINALITY AS v (${parameters.map(({ alias }) => alias).join(', ')}, position)
    WHERE t.ctid = v.v_ctid AND t.xmin = v.v_xmin
      AND ${keys.map(({ name, alias }) => `t.${name} = v.${alias}`).join(' AND ')}
   RETURNING v.position::int - 1 AS position`;
  const written = await transaction.query<{ position: number }>(
    sql,
    parameters.map(({ values }) => values),
  );
  return written.map(({ position }) => position);
}

/** The planner must go to each row by its place: these rows are few, and it cannot know that. */
export const SWAP_SETTINGS =
  'SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL enable_seqscan = off';
