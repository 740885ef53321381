import { Worker } from 'node:worker_threads';
import { Keyring, type Key } from '../bbs/keyring.ts';
import { reseal, type Resealed } from './reseal.ts';
import type { ResealWorkerData } from './reseal-worker.ts';

export interface ResealPool {
  reseal(blobs: readonly (string | null)[]): Promise<Resealed>;
  close(): Promise<void>;
}

/** Seals on this thread. */
export function inlinePool(keys: readonly Key[], target: Key): ResealPool {
  const keyring = new Keyring(keys);
  return {
    reseal: (blobs) => Promise.resolve(reseal(blobs, keyring, target)),
    close: () => Promise.resolve(),
  };
}

/** Seals on threads of their own: AES in Node costs most of a rotation's time, and this thread has PostgreSQL to talk to. */
export function threadPool(keys: readonly Key[], target: Key, threads: number): ResealPool {
  const data: ResealWorkerData = { keys: [...keys], target: target.label };
  const waiting = new Map<
    number,
    { resolve: (resealed: Resealed) => void; reject: (error: Error) => void }
  >();
  let nextId = 0;
  let failure: Error | undefined;

  const workers = Array.from({ length: threads }, () => {
    const worker = new Worker(new URL('./reseal-worker.js', import.meta.url), { workerData: data });
    const handle = { worker, busy: 0 };
    worker.on('message', ({ id, resealed }: { id: number; resealed: Resealed }) => {
      handle.busy--;
      waiting.get(id)!.resolve(resealed);
      waiting.delete(id);
    });
    worker.on('error', (error) => {
      failure = error instanceof Error ? error : new Error(String(error));
      for (const { reject } of waiting.values()) reject(failure);
      waiting.clear();
    });
    return handle;
  });

  return {
    reseal: (blobs) =>
      new Promise((resolve, reject) => {
        if (failure !== undefined) {
          reject(failure);
          return;
        }
        const id = nextId++;
        const handle = workers.reduce((least, other) => (other.busy < least.busy ? other : least));
        handle.busy++;
        waiting.set(id, { resolve, reject });
        handle.worker.postMessage({ id, blobs });
      }),
    close: async () => {
      await Promise.all(workers.map(({ worker }) => worker.terminate()));
    },
  };
}
