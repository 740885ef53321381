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
  for (const table of await encryptedTables(transaction)) {
    const counted = await countTable(
      transaction,
      table.name,
      table.columns.map(({ name }) => name),
      true,
    );
    columns.push(...counted.columns);
    rows[table.name] = counted.rows;
  }
  for (const { table, column } of await unknownEncryptedColumns(transaction)) {
    columns.push(...(await countTable(transaction, table, [column], false)).columns);
  }
  return { stored_label: await storedKeyLabel(transaction), rows, columns };
}

/**
 * The label is in the clear in front of every blob, so the server finds it: the first byte, decoded from four characters, is
 * its length, and then as many characters as it takes are decoded. A blob is at least label, nonce (12) and tag (16) long.
 * CASE keeps decode() away from text that is not base64, on which it would fail. The padding is only counted where it decides,
 * because that reads the whole value.
 */
async function countTable(
  transaction: Transaction,
  table: string,
  columns: readonly string[],
  known: boolean,
): Promise<{ rows: number; columns: ColumnCensus[] }> {
  const values = columns.map((column) => `('${column}', t.${quote(column)})`).join(', ');
  const counts = await transaction.query<{
    column: string;
    kind: string;
    label: Buffer | null;
    blobs: string;
  }>(
    `SELECT v.name AS column, k.kind, l.label, count(*) AS blobs
       FROM ${quote(table)} AS t
       CROSS JOIN LATERAL (VALUES ${values}) AS v (name, value)
       CROSS JOIN LATERAL (
         SELECT CASE WHEN v.value ~ '^02[A-Za-z0-9+/]{4}' AND octet_length(v.value) % 4 = 2
                THEN get_byte(decode(substr(v.value, 3, 4), 'base64'), 0) ELSE 0 END AS length
         OFFSET 0
       ) AS h
       CROSS JOIN LATERAL (SELECT substr(v.value, 3, (h.length + 3) / 3 * 4) AS head OFFSET 0) AS p
       CROSS JOIN LATERAL (
         SELECT CASE WHEN v.value IS NULL THEN 'null'
                     WHEN v.value = '' THEN 'empty'
                     WHEN h.length BETWEEN 1 AND 127
                      AND ((octet_length(v.value) - 2) / 4 * 3 - 2 >= h.length + 29
                        OR (octet_length(v.value) - 2) / 4 * 3 - (length(v.value) - length(rtrim(v.value, '='))) >= h.length + 29)
                      AND p.head ~ '^[A-Za-z0-9+/]+$' THEN 'blob'
                     ELSE 'malformed' END AS kind
         OFFSET 0
       ) AS k
       CROSS JOIN LATERAL (
         SELECT CASE WHEN k.kind = 'blob' THEN substr(decode(p.head, 'base64'), 2, h.length) END AS label
       ) AS l
      GROUP BY 1, 2, 3`,
  );
  const census = columns.map((column): ColumnCensus => ({
    table, column, known, labels: {}, null: 0, empty: 0, malformed: 0,
  })); // prettier-ignore
  let blobs = 0;
  for (const row of counts) {
    const entry = census.find(({ column }) => column === row.column)!;
    const count = Number(row.blobs);
    blobs += count;
    if (row.kind === 'blob') {
      const label = row.label!.toString('utf8');
      entry.labels[label] = (entry.labels[label] ?? 0) + count;
    } else {
      entry[row.kind as 'null' | 'empty' | 'malformed'] += count;
    }
  }
  return { rows: blobs / columns.length, columns: census };
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
