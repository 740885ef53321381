import { Gaps } from '../foundation/gaps.ts';
import { onlyOne, selectOne } from '../foundation/select-one.ts';
import { taskOnRep, type OnReps } from '../foundation/on-reps.ts';
import { taskFromSnapshot, taskStream, type TaskRow } from '../foundation/task-json.ts';
import { prepareList, type ListOptions } from '../output/list.ts';
import { assertForOne, writeOne } from '../output/one.ts';
import { findTaskGuids } from '../store/tasks.ts';
import { taskRecord, taskText } from '../views/tasks.ts';
import { rememberIds } from './completion/remembered-ids.ts';
import type { FoundationFlags } from './foundation-flags.ts';
import { readsStore, sayGaps, withFoundation, withStore, withStoreAlone } from './load-foundation.ts';
import { askOnReps, askOnRepsOf } from './on-reps.ts';
import { mapped, seen } from './seen.ts';
import type { ShowContext } from './show-cells.ts';

export interface TasksFlags extends FoundationFlags {
  reveal: boolean;
}

/** `cgdiego tasks`: all tasks, or one. */
export async function showTasks(
  guid: string | undefined,
  flags: TasksFlags,
  options: ListOptions,
  context: ShowContext,
): Promise<void> {
  if (guid !== undefined) assertForOne(options);
  const now = Date.now();
  const list =
    guid === undefined ? prepareList(context.terminal, taskRecord(now, flags.live), options) : undefined;
  const writeTask = (task: TaskRow) =>
    writeOne(context.terminal, task, (to) => taskText(task, to, now), options);
  const gaps = new Gaps();
  if (!readsStore(flags)) {
    const foundation = await withFoundation({ ...flags, live: false }, context);
    const reps = flags.live ? await askOnReps(foundation.cells, flags, context, gaps) : undefined;
    const tasks = foundation.tasks.map((task) => withLive(taskFromSnapshot(task), reps));
    if (list !== undefined) {
      await list.write(tasks);
    } else {
      const ids = tasks.map(({ task_guid }) => task_guid);
      const found = selectOne('task', guid!, ids);
      await writeTask(tasks.find(({ task_guid }) => task_guid === found)!);
    }
    sayGaps([...foundation.gaps, ...gaps.list()], context);
    return;
  }
  const open = flags.live ? withStore : withStoreAlone;
  await open(flags, context, async (source) => {
    const reps = await askOnRepsOf({ locket: undefined, ...source }, flags, context, gaps);
    await source.store.readOnly(async (transaction) => {
      const streamOptions = { keyring: source.keyring, gaps, mask: !flags.reveal };
      if (list !== undefined) {
        const ids = new Set<string>();
        const tasks = seen(taskStream(transaction, streamOptions), (task) => ids.add(task.task_guid));
        await list.write(mapped(tasks, (task) => withLive(task, reps)));
        await rememberIds('tasks', ids);
        return;
      }
      const guids = await findTaskGuids(transaction, guid!);
      const taskGuids = [guids.find((found) => found === guid) ?? onlyOne('task', guid!, guids)];
      for await (const [task] of taskStream(transaction, streamOptions, { taskGuids })) {
        if (task !== undefined) await writeTask(withLive(task, reps));
      }
    });
  });
  sayGaps(gaps.list(), context);
}

function withLive(task: TaskRow, reps: OnReps | undefined): TaskRow {
  return reps === undefined ? task : { ...task, ...taskOnRep(task, reps) };
}
