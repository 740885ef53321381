import { columnsOf } from './catalogue.ts';
import type { Transaction } from './transaction.ts';
import { project, type WantedColumn } from './projection.ts';

const COLUMNS: readonly WantedColumn[] = [
  { name: 'guid', absent: "''" },
  { name: 'domain', absent: "''" },
  { name: 'state', absent: '0' },
  { name: 'cell_id', absent: "''" },
  { name: 'created_at', absent: 'NULL' },
  { name: 'updated_at', absent: 'NULL' },
  { name: 'first_completed_at', absent: 'NULL' },
  { name: 'result', absent: 'NULL' },
  { name: 'failed', absent: 'false' },
  { name: 'failure_reason', absent: "''" },
  { name: 'rejection_count', absent: '0' },
  { name: 'rejection_reason', absent: "''" },
  { name: 'task_definition', absent: 'NULL' },
];

/** A row in the order of the select list. Times are Unix nanoseconds. */
export type TaskTuple = [
  guid: string,
  domain: string,
  state: number | null,
  cellId: string,
  createdAt: string | null,
  updatedAt: string | null,
  firstCompletedAt: string | null,
  result: string | null,
  failed: boolean | null,
  failureReason: string,
  rejectionCount: number,
  rejectionReason: string,
  taskDefinition: string | null,
];

export interface TaskScope {
  cellId?: string | undefined;
  taskGuids?: readonly string[] | undefined;
  /** Only those that a cell runs. */
  onCells?: boolean;
}

export async function taskStatement(
  transaction: Transaction,
  scope: TaskScope,
): Promise<{ sql: string; values: unknown[]; missing: readonly string[] }> {
  const { sql, missing } = project(await columnsOf(transaction, 'tasks'), COLUMNS, 't');
  const values: unknown[] = [];
  const conditions: string[] = [];
  if (scope.cellId !== undefined) conditions.push(`t.cell_id = $${values.push(scope.cellId)}`);
  if (scope.onCells === true) conditions.push("t.cell_id <> ''");
  if (scope.taskGuids !== undefined)
    conditions.push(`t.guid = ANY($${values.push(scope.taskGuids)}::text[])`);
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
  return { sql: `SELECT ${sql} FROM tasks t${where} ORDER BY t.created_at, t.guid`, values, missing };
}

/** The guids of tasks that are, or begin with, what the operator typed: enough of them to say that it is ambiguous. */
export async function findTaskGuids(transaction: Transaction, typed: string): Promise<string[]> {
  const prefix = `${typed.replace(/[\\%_]/gu, '\\$&')}%`;
  const rows = await transaction.query<{ guid: string }>(
    'SELECT guid FROM tasks WHERE guid LIKE $1 ORDER BY 1 LIMIT 20',
    [prefix],
  );
  return rows.map((row) => row.guid);
}
