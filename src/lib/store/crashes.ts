import { actualLrpStatement, type ActualLrpTuple } from './actual-lrps.ts';
import type { Transaction } from './transaction.ts';
import { taskStatement, type TaskTuple } from './tasks.ts';

/**
 * The instances that crashed or could not be placed. `crash_count` tells it and not the state: the first crashes go back to UNCLAIMED
 * at once, and an instance that runs again keeps its count and its reason.
 */
export async function readCrashedLrps(transaction: Transaction): Promise<ActualLrpTuple[]> {
  const { sql, values } = await actualLrpStatement(transaction, {}, false);
  return collect<ActualLrpTuple>(
    transaction.stream(`${sql} WHERE a.crash_count > 0 OR a.placement_error <> ''`, values),
  );
}

/** The tasks that failed or were rejected. */
export async function readFailedTasks(transaction: Transaction): Promise<TaskTuple[]> {
  const { sql, values } = await taskStatement(transaction, {});
  const tasks = await collect<TaskTuple>(transaction.stream(sql, values));
  return tasks.filter((row) => row[8] === true || row[9] !== '' || row[10] > 0 || row[11] !== '');
}

async function collect<Row>(batches: AsyncIterable<unknown[][]>): Promise<Row[]> {
  const all: Row[] = [];
  for await (const batch of batches) for (const row of batch) all.push(row as Row);
  return all;
}
