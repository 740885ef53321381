import type { EncryptedTable } from '../bbs/columns.ts';
import type { Transaction } from './transaction.ts';

/**
 * What the role lacks for a rotation: SELECT on the primary key, SELECT and UPDATE on the encrypted columns, and the same on the value
 * of `configurations`. Empty when it may do all of it.
 */
export async function missingPrivileges(
  transaction: Transaction,
  tables: readonly EncryptedTable[],
): Promise<string[]> {
  const needs: [relation: string, column: string, privilege: 'SELECT' | 'UPDATE'][] = [
    ['configurations', 'value', 'SELECT'],
    ['configurations', 'value', 'UPDATE'],
  ];
  for (const table of tables) {
    for (const { name } of table.primaryKey) needs.push([table.name, name, 'SELECT']);
    for (const { name } of table.columns)
      needs.push([table.name, name, 'SELECT'], [table.name, name, 'UPDATE']);
  }
  const rows = await transaction.query<{ missing: string }>(
    `SELECT n.privilege || ' (' || n.name || ') ON ' || n.relation AS missing
       FROM unnest($1::text[], $2::text[], $3::text[]) AS n (relation, name, privilege)
      WHERE to_regclass(n.relation) IS NOT NULL
        AND NOT has_column_privilege(to_regclass(n.relation), n.name, n.privilege)`,
    [
      needs.map(([table]) => table),
      needs.map(([, column]) => column),
      needs.map(([, , privilege]) => privilege),
    ],
  );
  return rows.map(({ missing }) => missing);
}

/** Whether the server is a standby, which takes no writes. */
export async function isStandby(transaction: Transaction): Promise<boolean> {
  const [row] = await transaction.query<{ standby: boolean }>('SELECT pg_is_in_recovery() AS standby');
  return row!.standby;
}
