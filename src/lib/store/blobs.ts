import type { EncryptedTable } from '../bbs/columns.ts';
import { quote } from './census.ts';
import type { Transaction } from './transaction.ts';

/** A row of an encrypted table: its primary key as text by name, and its encrypted columns in the table's order. */
export interface BlobRow {
  key: Record<string, string>;
  blobs: (string | null)[];
}

/** All rows of a table with their blobs, in batches through a cursor. */
export async function* readBlobs(
  transaction: Transaction,
  table: EncryptedTable,
  batchSize?: number,
): AsyncGenerator<BlobRow[], void, undefined> {
  const names = table.primaryKey.map(({ name }) => name);
  const columns = [...names, ...table.columns.map(({ name }) => name)].map(quote).join(', ');
  for await (const rows of transaction.stream(`SELECT ${columns} FROM ${quote(table.name)}`, [], batchSize)) {
    yield rows.map((row) => ({
      key: Object.fromEntries(names.map((name, index) => [name, String(row[index])])),
      blobs: row.slice(names.length) as (string | null)[],
    }));
  }
}
