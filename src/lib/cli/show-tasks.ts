import { Gaps } from '../foundation/gaps.ts';
import { onlyOne, selectOne } from '../foundation/select-one.ts';
import { taskFromSnapshot, taskStream } from '../foundation/task-json.ts';
import { prepareList, type ListOptions } from '../output/list.ts';
import { writeOne } from '../output/one.ts';
import { findTaskGuids } from '../store/tasks.ts';
import { taskRecord, taskText } from '../views/tasks.ts';
import { rememberIds } from './completion/remembered-ids.ts';
import type { SourceFlags } from './foundation-flags.ts';
import { readsStore, sayGaps, withFoundation, withStoreAlone } from './load-foundation.ts';
import { seen } from './seen.ts';
import type { ShowContext } from './show-cells.ts';

export interface TasksFlags extends SourceFlags {
  reveal: boolean;
}

/** `cgdiego tasks`: all tasks, or one. */
export async function showTasks(
  guid: string | undefined,
  flags: TasksFlags,
  options: ListOptions,
  context: ShowContext,
): Promise<void> {
  const now = Date.now();
  const list = guid === undefined ? prepareList(context.terminal, taskRecord(now), options) : undefined;
  if (!readsStore(flags)) {
    const { tasks, gaps } = await withFoundation(flags, context);
    if (list !== undefined) {
      await list.write(tasks.map(taskFromSnapshot));
    } else {
      const found = selectOne(
        'task',
        guid!,
        tasks.map(({ task_guid }) => task_guid),
      );
      const task = taskFromSnapshot(tasks.find(({ task_guid }) => task_guid === found)!);
      await writeOne(context.terminal, task, (to) => taskText(task, to, now), options);
    }
    sayGaps(gaps, context);
    return;
  }
  const gaps = new Gaps();
  await withStoreAlone(flags, context, ({ store, keyring }) =>
    store.readOnly(async (transaction) => {
      const streamOptions = { keyring, gaps, mask: !flags.reveal };
      if (list !== undefined) {
        const ids = new Set<string>();
        await list.write(seen(taskStream(transaction, streamOptions), (task) => ids.add(task.task_guid)));
        await rememberIds('tasks', ids);
        return;
      }
      const guids = await findTaskGuids(transaction, guid!);
      const taskGuids = [guids.find((found) => found === guid) ?? onlyOne('task', guid!, guids)];
      for await (const [task] of taskStream(transaction, streamOptions, { taskGuids })) {
        if (task !== undefined) {
          await writeOne(context.terminal, task, (to) => taskText(task, to, now), options);
        }
      }
    }),
  );
  sayGaps(gaps.list(), context);
}
