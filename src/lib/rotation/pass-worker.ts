import { parentPort } from 'node:worker_threads';
import { CgdiegoError, InterruptedError, messageOf } from '../errors.ts';
import { Database, loadPg } from '../store/database.ts';
import { rotatePass } from './engine.ts';
import { Pace } from './pace.ts';
import type { FromPass, PassFailure, PassTask, ToPass } from './pass-thread.ts';
import { ResealThread } from './reseal-thread.ts';
import { persistently } from './retry.ts';

let abort = new AbortController();

parentPort!.on('message', (message: ToPass) => {
  if ('abort' in message) abort.abort();
  else void run(message.task);
});

// Loading it takes as long as the census, and this thread has nothing else to do meanwhile.
await loadPg();

async function run(task: PassTask): Promise<void> {
  abort = new AbortController();
  const { signal } = abort;
  const { counts } = task;
  const resealing = new ResealThread(task.keys, task.target);
  try {
    const onRetry = (error: unknown) => {
      post({ retry: messageOf(error) });
    };
    const open = () => Database.open(task.settings, { ...task.database, signal });
    const store = await persistently(open, signal, onRetry);
    try {
      const done = await rotatePass(store, task.tables, task.totals, counts, {
        ...task,
        resealing,
        pace: new Pace(task.maxRowsPerSecond),
        signal,
        onProgress: (table, rows, total) => {
          post({ progress: { table, rows, total }, counts });
        },
        onRetry,
      });
      post({ done, counts });
    } finally {
      await store.close();
    }
  } catch (error) {
    post({ failed: failureOf(error), counts });
  } finally {
    await resealing.close();
  }
}

function post(message: FromPass): void {
  parentPort!.postMessage(message);
}

function failureOf(error: unknown): PassFailure {
  if (error instanceof CgdiegoError) {
    const { message, why, next } = error;
    return { kind: error instanceof InterruptedError ? 'interrupted' : 'reported', message, why, next };
  }
  return { kind: 'bug', message: messageOf(error), stack: error instanceof Error ? error.stack : undefined };
}
