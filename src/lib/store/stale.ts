import { textPrefixes } from '../bbs/blob.ts';
import type { EncryptedTable } from '../bbs/columns.ts';
import { quote } from './census.ts';
import type { Transaction } from './transaction.ts';

/** What a rotation has before it, in one table. */
export interface StaleRows {
  /** Rows that hold a blob which is not under the target. */
  rows: number;
  /** Characters of all blobs of these rows; almost always all of them are stale, or none. */
  characters: number;
}

/**
 * The condition that a row holds a blob under another label than the target's; `$1` and `$2` are the length and the list of the target's
 * {@link textPrefixes}. The first column of a table is the large one, which is stored out of line: it is looked at last, and mostly needs
 * not be.
 */
export function staleCondition(table: EncryptedTable): string {
  return table.columns
    .map(({ name }) => quote(name))
    .map((column) => `(${column} <> '' AND left(${column}, $1) <> ALL ($2))`)
    .reverse()
    .join(' OR ');
}

/** Counts the rows of a table that hold a blob under another label than the target's. */
export async function countStaleRows(
  transaction: Transaction,
  table: EncryptedTable,
  target: string,
): Promise<StaleRows> {
  const { length, prefixes } = textPrefixes(target);
  const size = table.columns.map(({ name }) => `coalesce(octet_length(${quote(name)}), 0)`).join(' + ');
  const [row] = await transaction.query<{ rows: string; characters: string }>(
    `SELECT count(*) AS rows, coalesce(sum(${size}), 0) AS characters FROM ${quote(table.name)} WHERE ${staleCondition(table)}`,
    [length, prefixes],
  );
  return { rows: Number(row!.rows), characters: Number(row!.characters) };
}

/** A few blobs under a label, from anywhere in the store, to try a key on. */
export async function sampleBlobs(
  transaction: Transaction,
  tables: readonly EncryptedTable[],
  label: string,
  limit: number,
): Promise<string[]> {
  const { length, prefixes } = textPrefixes(label);
  const parts = tables.flatMap((table) =>
    table.columns.map(({ name }) => {
      const column = quote(name);
      return `(SELECT ${column} AS blob FROM ${quote(table.name)} WHERE left(${column}, $1) = ANY ($2) LIMIT $3)`;
    }),
  );
  if (parts.length === 0) return [];
  const rows = await transaction.query<{ blob: string }>(`${parts.join(' UNION ALL ')} LIMIT $3`, [
    length,
    prefixes,
    limit,
  ]);
  return rows.map(({ blob }) => blob);
}

/** Primary keys of rows with a blob under a label, the first ones, as `table/key`. */
export async function rowsUnderLabel(
  transaction: Transaction,
  tables: readonly EncryptedTable[],
  label: string,
  limit: number,
): Promise<string[]> {
  const { length, prefixes } = textPrefixes(label);
  const names: string[] = [];
  for (const table of tables) {
    if (names.length >= limit) break;
    const under = table.columns.map(({ name }) => `left(${quote(name)}, $1) = ANY ($2)`).join(' OR ');
    const key = table.primaryKey.map(({ name }) => `${quote(name)}::text`).join(", '/', ");
    const rows = await transaction.query<{ key: string }>(
      `SELECT concat(${key}) AS key FROM ${quote(table.name)} WHERE ${under} ORDER BY 1 LIMIT $3`,
      [length, prefixes, limit - names.length],
    );
    names.push(...rows.map((row) => `${table.name}/${row.key}`));
  }
  return names;
}
