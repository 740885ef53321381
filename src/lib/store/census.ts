import { NONCE_BYTES, TAG_BYTES, textPrefixes } from '../bbs/blob.ts';
import { ENCRYPTED_TABLES, type EncryptedTable } from '../bbs/columns.ts';
import { CgdiegoError } from '../errors.ts';
import { encryptedTables, unknownEncryptedColumns } from './catalogue.ts';
import { storedKeyLabel } from './configuration.ts';
import type { Transaction } from './transaction.ts';

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

/**
 * Takes the census in the given transaction (REPEATABLE READ, so that all of it is of one moment).
 * @param labels that are likely in the store: these are told by their prefix, which is fast
 * @throws {CgdiegoError} when a table of the BBS is not there: no blob in another database says nothing about a key
 */
export async function takeCensus(transaction: Transaction, labels: Iterable<string> = []): Promise<Census> {
  const stored = await storedKeyLabel(transaction);
  const census: Census = { stored_label: stored, rows: {}, columns: [] };
  const expected = new Set(labels);
  if (stored !== null) expected.add(stored);
  expected.delete('');
  const tables = await encryptedTables(transaction);
  assertStore(tables);
  for (const table of tables) {
    const names = table.columns.map(({ name }) => name);
    const counted = await countTable(transaction, table.name, names, expected, true);
    census.columns.push(...counted.columns);
    census.rows[table.name] = counted.rows;
  }
  for (const { table, column } of await unknownEncryptedColumns(transaction)) {
    census.columns.push(...(await countTable(transaction, table, [column], expected, false)).columns);
  }
  return census;
}

function assertStore(tables: readonly EncryptedTable[]): void {
  const present = new Set(tables.map(({ name }) => name));
  const missing = ENCRYPTED_TABLES.map(({ name }) => name).filter((name) => !present.has(name));
  if (missing.length === 0) return;
  throw new CgdiegoError('This database is not the store of a BBS.', {
    why: `It has no table ${missing.join(', ')}, or the role does not see its schema.`,
    next: "Check the database name: cf-deployment's is diego, cloud.gov's is cfdb. Locket's database is another one.",
  });
}

/** So many labels are told by their prefix; any others one by one. */
const MOST_EXPECTED = 8;

async function countTable(
  transaction: Transaction,
  table: string,
  columns: readonly string[],
  expected: ReadonlySet<string>,
  known: boolean,
): Promise<{ rows: number; columns: ColumnCensus[] }> {
  const labels = [...expected].slice(0, MOST_EXPECTED);
  const census = columns.map((column): ColumnCensus => ({
    table, column, known, labels: {}, null: 0, empty: 0, malformed: 0,
  })); // prettier-ignore
  const { rows, counts } = await countExpected(transaction, table, columns, labels);
  for (const [index, entry] of census.entries()) {
    const { nulls, empty, blobs, others } = counts[index]!;
    entry.null = nulls;
    entry.empty = empty;
    for (const [position, label] of labels.entries())
      if (blobs[position]! > 0) entry.labels[label] = blobs[position]!;
    if (others === 0) continue;
    for (const { label, blobs } of await countOthers(transaction, table, entry.column, labels)) {
      if (label === null) entry.malformed = Number(blobs);
      else entry.labels[label.toString('utf8')] = Number(blobs);
    }
  }
  return { rows, columns: census };
}

/** Conditions that tell blobs under some labels by the beginning of their text; see {@link textPrefixes}. */
class PrefixConditions {
  readonly parameters: unknown[] = [];
  readonly #conditions: ((column: string) => string)[];

  constructor(labels: readonly string[]) {
    this.#conditions = labels.map((label) => {
      const { length, prefixes } = textPrefixes(label);
      this.parameters.push(prefixes);
      const parameter = `$${this.parameters.length}`;
      // Length byte, label, nonce and tag, in base64.
      const shortest = Math.ceil((1 + Buffer.byteLength(label) + NONCE_BYTES + TAG_BYTES) / 3) * 4 + 2;
      return (column) =>
        `(left(${column}, ${length}) = ANY (${parameter}) AND octet_length(${column}) >= ${shortest} AND octet_length(${column}) % 4 = 2)`;
    });
  }

  of(column: string): string[] {
    return this.#conditions.map((condition) => condition(column));
  }
}

/** What the values of a column are; `blobs` by label. */
interface Kinds {
  nulls: number;
  empty: number;
  blobs: number[];
  others: number;
}

/**
 * One scan of a table. It is grouped by what all columns of a row are, which are a handful of cases, so that PostgreSQL looks at each
 * value once.
 */
async function countExpected(
  transaction: Transaction,
  table: string,
  columns: readonly string[],
  labels: readonly string[],
): Promise<{ rows: number; counts: Kinds[] }> {
  const conditions = new PrefixConditions(labels);
  const [isNull, isEmpty, isOther] = [-1, -2, -3];
  const kinds = columns.map((name) => {
    const column = quote(name);
    const labelled = conditions.of(column).map((condition, label) => `WHEN ${condition} THEN ${label}`);
    return `CASE ${labelled.join(' ')} WHEN ${column} IS NULL THEN ${isNull} WHEN ${column} = '' THEN ${isEmpty} ELSE ${isOther} END`;
  });
  const groups = await transaction.query<{ kinds: number[]; rows: string }>(
    `SELECT ARRAY[${kinds.join(', ')}] AS kinds, count(*) AS rows FROM ${quote(table)} GROUP BY 1`,
    conditions.parameters,
  );
  const rowsWhere = (index: number, kind: number) =>
    groups.reduce((sum, group) => (group.kinds[index] === kind ? sum + Number(group.rows) : sum), 0);
  return {
    rows: groups.reduce((sum, group) => sum + Number(group.rows), 0),
    counts: columns.map((_, index) => ({
      nulls: rowsWhere(index, isNull),
      empty: rowsWhere(index, isEmpty),
      blobs: labels.map((_, label) => rowsWhere(index, label)),
      others: rowsWhere(index, isOther),
    })),
  };
}

/**
 * Counts the blobs of a column that are under none of some labels, by label; `null` is no blob. The label is in the clear in front of
 * every blob, so the server finds it: the first byte, decoded from four characters, is its length, and as many characters as it
 * takes are decoded. A blob is at least label, nonce (12) and tag (16) long.
 *
 * CASE keeps decode() away from text that is not base64, on which it would fail. The padding is only counted where it decides,
 * because that reads the whole value.
 */
function countOthers(
  transaction: Transaction,
  table: string,
  column: string,
  labels: readonly string[],
): Promise<{ label: Buffer | null; blobs: string }[]> {
  const value = quote(column);
  const conditions = new PrefixConditions(labels);
  const told = conditions.of(value).map((condition) => `AND NOT ${condition}`);
  return transaction.query(
    `SELECT CASE WHEN h.length BETWEEN 1 AND 127
                  AND ((octet_length(value) - 2) / 4 * 3 - 2 >= h.length + 29
                    OR (octet_length(value) - 2) / 4 * 3 - (length(value) - length(rtrim(value, '='))) >= h.length + 29)
                  AND p.head ~ '^[A-Za-z0-9+/]+$'
            THEN substr(decode(p.head, 'base64'), 2, h.length) END AS label,
            count(*) AS blobs
       FROM (SELECT ${value} AS value FROM ${quote(table)} WHERE ${value} <> '' ${told.join(' ')} OFFSET 0) AS t
       CROSS JOIN LATERAL (
         SELECT CASE WHEN value ~ '^02[A-Za-z0-9+/]{4}' AND octet_length(value) % 4 = 2
                THEN get_byte(decode(substr(value, 3, 4), 'base64'), 0) ELSE 0 END AS length
         OFFSET 0
       ) AS h
       CROSS JOIN LATERAL (SELECT substr(value, 3, (h.length + 3) / 3 * 4) AS head OFFSET 0) AS p
      GROUP BY 1`,
    conditions.parameters,
  );
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
