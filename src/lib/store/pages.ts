import { textPrefixes } from '../bbs/blob.ts';
import type { EncryptedTable } from '../bbs/columns.ts';
import { quote } from './census.ts';
import type { Transaction } from './database.ts';

/** One version of a row: where it lies, which transaction wrote it, and its primary key as text. */
export interface RowVersion {
  ctid: string;
  xmin: string;
  key: string[];
}

/** Rows with blobs that are not under the target, in primary-key order. */
export interface Page {
  rows: RowVersion[];
  /** By row, then by column of the table: the blob, or `null` where there is nothing to rewrite. */
  blobs: (string | null)[];
  /** Whether there may be rows after these. */
  isFull: boolean;
}

/** Reading ends with so much text, so that the size of a page in memory does not depend on how large the apps' environments are. */
const PAGE_CHARACTERS = 256 * 1024;
/** So many rows are fetched before the text is counted again. */
const FETCH_ROWS = 50;

/**
 * Reads the rows after a primary key that hold a blob under another label than the target's. No lock is taken. Which label a blob is
 * under is told by how its text begins; what is under the target already stays on the server. A page has at most `limit` rows, fewer when
 * they are large.
 */
export async function readPage(
  transaction: Transaction,
  table: EncryptedTable,
  target: string,
  after: readonly string[] | undefined,
  limit: number,
): Promise<Page> {
  const { length, prefixes } = textPrefixes(target);
  // Qualified, or ORDER BY would mean the select list's text: 10 before 2, and no index to read it from.
  const names = table.primaryKey.map(({ name }) => `t.${quote(name)}`);
  const stale = table.columns.map(
    ({ name }) => `(${quote(name)} <> '' AND left(${quote(name)}, $2) <> ALL ($3))`,
  );
  const beyond = table.primaryKey.map(({ type }, index) => `$${4 + index}::${type}`);
  const sql = `SELECT ctid::text, xmin::text, ${names.map((name) => `${name}::text`).join(', ')},
      ${table.columns.map(({ name }, index) => `CASE WHEN ${stale[index]!} THEN ${quote(name)} END`).join(', ')}
    FROM ${quote(table.name)} AS t
   WHERE (${stale.join(' OR ')})
     ${after === undefined ? '' : `AND (${names.join(', ')}) > (${beyond.join(', ')})`}
   ORDER BY ${names.join(', ')}
   LIMIT $1`;
  const page: Page = { rows: [], blobs: [], isFull: false };
  let characters = 0;
  for await (const rows of transaction.stream(sql, [limit, length, prefixes, ...(after ?? [])], FETCH_ROWS)) {
    for (const row of rows as (string | null)[][]) {
      const key = row.slice(2, 2 + names.length) as string[];
      page.rows.push({ ctid: row[0]!, xmin: row[1]!, key });
      for (const blob of row.slice(2 + names.length)) {
        page.blobs.push(blob);
        characters += blob?.length ?? 0;
      }
    }
    page.isFull = page.rows.length >= limit || characters >= PAGE_CHARACTERS;
    if (page.isFull) break;
  }
  return page;
}

/** A page in parts that have so much text each as one is read for, or only one row: what is sealed and written at once. */
export function* partsOf(page: Page): Generator<Page> {
  const width = page.rows.length === 0 ? 0 : page.blobs.length / page.rows.length;
  const part = (from: number, to: number): Page => ({
    rows: page.rows.slice(from, to),
    blobs: page.blobs.slice(from * width, to * width),
    isFull: page.isFull,
  });
  let from = 0;
  let characters = 0;
  for (let row = 0; row < page.rows.length; row++) {
    for (let at = row * width; at < (row + 1) * width; at++) characters += page.blobs[at]?.length ?? 0;
    if (characters < PAGE_CHARACTERS) continue;
    yield part(from, row + 1);
    from = row + 1;
    characters = 0;
  }
  if (from < page.rows.length) yield part(from, page.rows.length);
}

/**
 * Writes resealed blobs in one statement, each only where the row still is the version that was read: same place, same writing
 * transaction, same primary key. A row that somebody changed, moved or deleted meanwhile is left to them.
 *
 * The transaction id is what decides: PostgreSQL looks at it again when it had to wait for somebody who changed the row. The place
 * makes it fast, and the primary key makes it right even after VACUUM FULL has moved rows that one transaction wrote.
 * @param columns by column of the table: a {@link textArray} with a blob or NULL (keep it) for each row, or `null` to leave the column
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
    ...changed.map((column) => ({ ...column, type: 'text' })),
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
