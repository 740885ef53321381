import { TASK_DEFINITION } from '../bbs/message-types.ts';
import { actualLrpStatement, type ActualLrpTuple, type LrpScope } from '../store/actual-lrps.ts';
import type { Transaction } from '../store/transaction.ts';
import { desiredLrpStatement, type DesiredLrpTuple } from '../store/desired-lrps.ts';
import { taskStatement, type TaskScope, type TaskTuple } from '../store/tasks.ts';
import type { Gaps } from './gaps.ts';
import { openDesired, type ValueOpener } from './open-values.ts';
import { actualLrpOf, desiredLrpOf, taskOf, type TaskNeeds } from './rows.ts';
import type { ActualLrp, DesiredLrp, Task } from './types.ts';

/** The snapshot's parts as they stream out of the store, in batches. What cannot be read is a gap. */

const BATCH = 1000;

export async function* streamDesiredLrps(
  transaction: Transaction,
  opener: ValueOpener,
  gaps: Gaps,
  scope: Pick<LrpScope, 'processGuids'> = {},
): AsyncGenerator<DesiredLrp[]> {
  const { sql, values, missing } = await desiredLrpStatement(transaction, scope, [
    'volume_placement',
    'metric_tags',
  ]);
  gaps.missingColumns('desired_lrps', missing);
  for await (const batch of transaction.stream(`${sql} ORDER BY d.process_guid`, values, BATCH)) {
    const rows = batch as DesiredLrpTuple[];
    const { drivers, tags } = openDesired(opener, rows);
    yield rows.map((row, i) => desiredLrpOf(row, drivers[i]!, tags[i]));
  }
}

export async function* streamActualLrps(
  transaction: Transaction,
  gaps: Gaps,
  scope: LrpScope = {},
): AsyncGenerator<ActualLrp[]> {
  const { sql, values, missing } = await actualLrpStatement(transaction, scope, false);
  gaps.missingColumns('actual_lrps', missing);
  const ordered = `${sql} ORDER BY a.process_guid, a.instance_index, 3`;
  for await (const batch of transaction.stream(ordered, values, BATCH)) {
    yield (batch as ActualLrpTuple[]).map(actualLrpOf);
  }
}

export async function* streamTasks(
  transaction: Transaction,
  opener: ValueOpener,
  gaps: Gaps,
  scope: TaskScope = {},
): AsyncGenerator<Task[]> {
  const { sql, values, missing } = await taskStatement(transaction, scope);
  gaps.missingColumns('tasks', missing);
  for await (const batch of transaction.stream(sql, values, BATCH)) {
    const rows = batch as TaskTuple[];
    const definitions = opener.messages(
      'tasks.task_definition',
      TASK_DEFINITION,
      rows.map((row) => row[12]),
      true,
    ) as (TaskNeeds | null | undefined)[];
    yield rows.map((row, i) => taskOf(row, definitions[i]));
  }
}

/** All of a stream in one list. */
export async function collect<Row>(batches: AsyncIterable<Row[]>): Promise<Row[]> {
  const all: Row[] = [];
  for await (const batch of batches) for (const row of batch) all.push(row);
  return all;
}
