import { ENCRYPTED_TABLES, type EncryptedColumn, type EncryptedTable } from '../bbs/columns.ts';
import type { Database } from './database.ts';
import type { Transaction } from './transaction.ts';

/** Whether the database has a table (or view) of this name on its search path. */
export async function hasTable(database: Database, table: string): Promise<boolean> {
  return database.readOnly(async (transaction) => {
    const rows = await transaction.query<{ found: boolean }>('SELECT to_regclass($1) IS NOT NULL AS found', [
      table,
    ]);
    return rows[0]!.found;
  });
}

/** The columns of a table on the search path, by name; empty when there is no such table. */
export async function columnsOf(transaction: Transaction, table: string): Promise<Set<string>> {
  const rows = await transaction.query<{ name: string }>(
    'SELECT attname AS name FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped',
    [table],
  );
  return new Set(rows.map((row) => row.name));
}

/** The encrypted tables and columns that this store has. Releases differ: older ones lack some columns. */
export async function encryptedTables(transaction: Transaction): Promise<EncryptedTable[]> {
  const tables: EncryptedTable[] = [];
  for (const table of ENCRYPTED_TABLES) {
    const present = await columnsOf(transaction, table.name);
    const columns = table.columns.filter((column) => present.has(column.name));
    if (columns.length > 0) {
      // `presence` came with a later release; before it, `evacuating` told the same two rows of an instance apart.
      const primaryKey = await primaryKeyOf(transaction, table);
      tables.push({ ...table, columns, primaryKey });
    }
  }
  return tables;
}

async function primaryKeyOf(
  transaction: Transaction,
  table: EncryptedTable,
): Promise<EncryptedTable['primaryKey']> {
  const rows = await transaction.query<{ name: string; type: string }>(
    `SELECT a.attname AS name, format_type(a.atttypid, NULL) AS type
       FROM pg_index i
       CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k (attnum, position)
       JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
      WHERE i.indrelid = to_regclass($1) AND i.indisprimary
      ORDER BY k.position`,
    [table.name],
  );
  if (rows.length === 0) return table.primaryKey;
  return rows.map(({ name, type }) => ({ name, type: KEY_TYPES[type] ?? 'text' }));
}

const KEY_TYPES: Readonly<Record<string, 'integer' | 'boolean'>> = { integer: 'integer', boolean: 'boolean' };

/** A text column that looks encrypted and that cgdiego does not know. */
export interface UnknownEncryptedColumn {
  table: string;
  column: EncryptedColumn['name'];
}

/** Text columns of the store's schema, other than the known ones, in which every value that is sampled looks like a blob. */
export async function unknownEncryptedColumns(transaction: Transaction): Promise<UnknownEncryptedColumn[]> {
  const known = new Set(
    ENCRYPTED_TABLES.flatMap((table) => table.columns.map((column) => `${table.name}.${column.name}`)),
  );
  const candidates = await transaction.query<{
    table: string;
    column: string;
    relation: string;
    quoted: string;
  }>(
    `SELECT c.relname AS table, a.attname AS column, c.oid::regclass::text AS relation, quote_ident(a.attname) AS quoted
       FROM pg_class c
       JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      WHERE c.relkind IN ('r', 'p')
        AND c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = to_regclass('desired_lrps'))
        AND a.atttypid IN ('text'::regtype, 'varchar'::regtype)
        AND has_column_privilege(c.oid, a.attnum, 'SELECT')
      ORDER BY 1, a.attnum`,
  );
  const tables = new Map<string, typeof candidates>();
  for (const candidate of candidates) {
    if (known.has(`${candidate.table}.${candidate.column}`)) continue;
    tables.set(candidate.relation, [...(tables.get(candidate.relation) ?? []), candidate]);
  }
  const found: UnknownEncryptedColumn[] = [];
  for (const [relation, columns] of tables) {
    // LIKE is there to be fast: almost nothing begins with 02. The shortest blob has a label of one byte, a nonce and a tag.
    const looks = columns.map(
      ({ quoted }) =>
        `coalesce(bool_or(${quoted} LIKE '02%' AND ${quoted} ~ '^02[A-Za-z0-9+/]{38,}={0,2}$'), false)`,
    );
    const [row] = await transaction.query<{ looks: boolean[] }>(
      `SELECT ARRAY[${looks.join(', ')}] AS looks FROM ${relation}`,
    );
    for (const [index, { table, column }] of columns.entries())
      if (row!.looks[index] === true) found.push({ table, column });
  }
  return found;
}
