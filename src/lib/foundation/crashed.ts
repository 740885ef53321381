import { TASK_DEFINITION } from '../bbs/message-types.ts';
import { readCrashedLrps, readFailedTasks } from '../store/crashes.ts';
import { desiredLrpStatement, DESIRED_LRP_PLAIN, type DesiredLrpTuple } from '../store/desired-lrps.ts';
import type { StoreSource } from './from-store.ts';
import { Gaps } from './gaps.ts';
import { ValueOpener } from './open-values.ts';
import { actualLrpOf, desiredLrpOf, taskOf, type DesiredMetricTags, type TaskNeeds } from './rows.ts';
import type { ActualLrp, DesiredLrp, Gap, Task } from './types.ts';

/** The part of a foundation that does not run as it should. */
export interface CrashedPart {
  /** Only those of the instances. */
  desired_lrps: DesiredLrp[];
  actual_lrps: ActualLrp[];
  tasks: Task[];
  gaps: Gap[];
}

/**
 * What crashed, could not be placed or failed, from the store in one read-only snapshot. Names of apps come from encrypted columns; only
 * those of what failed are decrypted, so that this is quick on a foundation of any size.
 */
export async function crashedPart(source: Pick<StoreSource, 'store' | 'keyring'>): Promise<CrashedPart> {
  const gaps = new Gaps();
  const opener = new ValueOpener(source.keyring, gaps);
  return source.store.readOnly(async (transaction) => {
    const actual = (await readCrashedLrps(transaction)).map(actualLrpOf);
    const taskRows = await readFailedTasks(transaction);
    const definitions = opener.messages(
      'tasks.task_definition',
      TASK_DEFINITION,
      taskRows.map((row) => row[12]),
      true,
    ) as (TaskNeeds | null | undefined)[];
    const guids = [...new Set(actual.map(({ process_guid }) => process_guid))];
    const { sql, values } = await desiredLrpStatement(transaction, { processGuids: guids }, ['metric_tags']);
    const desired: DesiredLrp[] = [];
    for await (const batch of transaction.stream(sql, values)) {
      const rows = batch as DesiredLrpTuple[];
      const tags = opener.json(
        'desired_lrps.metric_tags',
        'object',
        rows.map((row) => row[DESIRED_LRP_PLAIN] as string | null),
      ) as (DesiredMetricTags | null | undefined)[];
      rows.forEach((row, i) => desired.push(desiredLrpOf(row, null, tags[i])));
    }
    return {
      desired_lrps: desired,
      actual_lrps: actual,
      tasks: taskRows.map((row, i) => taskOf(row, definitions[i])),
      gaps: gaps.list(),
    };
  });
}
