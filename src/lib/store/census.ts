import { textPrefixes } from '../bbs/blob.ts';
import { encryptedTables, unknownEncryptedColumns } from './catalogue.ts';
import { storedKeyLabel } from './configuration.ts';
import type { Transaction } from './database.ts';

/** What is in one encrypted column: how many blobs under which label, and what is no blob. */
export interface ColumnCensus {
  table: string;
  column: string;
  /** `false`: it looks encrypted, but cgdiego does not know it and does not touch it. */
  known: boolean;
  /** Blobs by the label in front of them. */
  labels: Record<string, number>;
  null: number;
  empty: number;
  /** Neither NULL nor empty nor the beginning of a blob. */
  malformed: number;
}

/** One consistent look at the store: what it is encrypted under. No blob leaves the server and no key is needed. */
export interface Census {
  /** The label that the last BBS stored when its own re-encryption had ended; `null` when none did yet. */
  stored_label: string | null;
  /** Rows by table. */
  rows: Record<string, number>;
  columns: ColumnCensus[];
}

/** Takes the census in the given transaction (REPEATABLE READ, so that all of it is of one moment). */
export async function takeCensus(transaction: Transaction): Promise<Census> {
  const columns: ColumnCensus[] = [];
  const rows: Record<string, number> = {};
  const stored = await storedKeyLabel(transaction);
  const expected = new Set(stored === null || stored === '' ? [] : [stored]);
  for (const table of await encryptedTables(transaction)) {
    const names = table.columns.map(({ name }) => name);
    const counted = await countTable(transaction, table.name, names, expected, true);
    columns.push(...counted.columns);
    rows[table.name] = counted.rows;
  }
  for (const { table, column } of await unknownEncryptedColumns(transaction)) {
    columns.push(...(await countTable(transaction, table, [column], expected, false)).columns);
  }
  return { stored_label: stored, rows, columns };
}

interface CountRow {
  column: string;
  kind: string;
  label: Buffer | null;
  blobs: string;
}

/** So many rows from the beginning of a table are looked at first, to learn which labels to expect in it. */
const FIRST_LOOK = 200;
/** So many labels are told by their prefix; a store with more than that is told slowly. */
const MOST_EXPECTED = 6;

async function countTable(
  transaction: Transaction,
  table: string,
  columns: readonly string[],
  expected: Set<string>,
  known: boolean,
): Promise<{ rows: number; columns: ColumnCensus[] }> {
  for (const { label } of await countBlobs(transaction, table, columns, [], FIRST_LOOK)) {
    if (label !== null && expected.size < MOST_EXPECTED) expected.add(label.toString('utf8'));
  }
  const census = columns.map((column): ColumnCensus => ({
    table, column, known, labels: {}, null: 0, empty: 0, malformed: 0,
  })); // prettier-ignore
  let values = 0;
  for (const row of await countBlobs(transaction, table, columns, [...expected])) {
    const entry = census.find(({ column }) => column === row.column)!;
    const count = Number(row.blobs);
    values += count;
    if (row.kind === 'null' || row.kind === 'empty' || row.kind === 'malformed') entry[row.kind] += count;
    else {
      const label = row.label?.toString('utf8') ?? [...expected][Number(row.kind)]!;
      entry.labels[label] = (entry.labels[label] ?? 0) + count;
    }
  }
  return { rows: values / columns.length, columns: census };
}

/**
 * Counts the values of encrypted columns by what they are. The label is in the clear in front of every blob, so the server finds it.
 * Blobs under an expected label begin with a prefix that no other blob has, which is told by reading a few characters; `kind` is the
 * position of that label then. Of the others the first byte, decoded from four characters, is the label's length, and as many
 * characters as it takes are decoded. A blob is at least label, nonce (12) and tag (16) long.
 *
 * CASE keeps decode() away from text that is not base64, on which it would fail. The padding is only counted where it decides,
 * because that reads the whole value.
 */
function countBlobs(
  transaction: Transaction,
  table: string,
  columns: readonly string[],
  expected: readonly string[],
  limit?: number,
): Promise<CountRow[]> {
  const parameters: unknown[] = [];
  const byPrefix = expected.map((label, position) => {
    const { length, prefixes } = textPrefixes(label);
    parameters.push(length, prefixes);
    const shortest = Math.ceil((Buffer.byteLength(label) + 29 + 2) / 3) * 4 + 2;
    return `WHEN left(value, $${parameters.length - 1}) = ANY ($${parameters.length})
             AND octet_length(value) >= ${shortest} AND octet_length(value) % 4 = 2 THEN '${position}'`;
  });
  // Each column is read by a branch of its own: so every value is fetched once, and only what is not expected is looked at closely.
  const branches = columns.map((column) => {
    const rows =
      limit === undefined
        ? quote(table)
        : `(SELECT ${quote(column)} FROM ${quote(table)} LIMIT ${limit}) AS first`;
    return `SELECT '${column.replaceAll("'", "''")}' AS column, kind, label, count(*) AS blobs
      FROM (SELECT ${quote(column)} AS value FROM ${rows}) AS t
      CROSS JOIN LATERAL (
        SELECT CASE WHEN value IS NULL THEN 'null' WHEN value = '' THEN 'empty' ${byPrefix.join(' ')} END AS told OFFSET 0
      ) AS e
      CROSS JOIN LATERAL (
        SELECT CASE WHEN told IS NULL AND value ~ '^02[A-Za-z0-9+/]{4}' AND octet_length(value) % 4 = 2
               THEN get_byte(decode(substr(value, 3, 4), 'base64'), 0) ELSE 0 END AS length
        OFFSET 0
      ) AS h
      CROSS JOIN LATERAL (
        SELECT CASE WHEN told IS NULL THEN substr(value, 3, (h.length + 3) / 3 * 4) END AS head OFFSET 0
      ) AS p
      CROSS JOIN LATERAL (
        SELECT CASE WHEN told IS NOT NULL THEN told
                    WHEN h.length BETWEEN 1 AND 127
                     AND ((octet_length(value) - 2) / 4 * 3 - 2 >= h.length + 29
                       OR (octet_length(value) - 2) / 4 * 3 - (length(value) - length(rtrim(value, '='))) >= h.length + 29)
                     AND head ~ '^[A-Za-z0-9+/]+$' THEN 'blob'
                    ELSE 'malformed' END AS kind
        OFFSET 0
      ) AS k
      CROSS JOIN LATERAL (
        SELECT CASE WHEN kind = 'blob' THEN substr(decode(head, 'base64'), 2, h.length) END AS label
      ) AS l
     GROUP BY 1, 2, 3`;
  });
  return transaction.query<CountRow>(branches.join(' UNION ALL '), parameters);
}

/** An identifier from the catalogue, quoted. */
export function quote(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}

/** Blobs by label over all columns, known to cgdiego or not. */
export function blobsByLabel(census: Census): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { labels } of census.columns) {
    for (const [label, blobs] of Object.entries(labels)) sums.set(label, (sums.get(label) ?? 0) + blobs);
  }
  return sums;
}

export function malformedBlobs(census: Census): number {
  return census.columns.reduce((sum, column) => sum + column.malformed, 0);
}
