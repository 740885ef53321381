import { Worker } from 'node:worker_threads';
import type { Key } from '../bbs/keyring.ts';
import { Resealer, type ResealedPage, type ResealRequest } from './reseal.ts';
import type { ResealWorkerData } from './reseal-worker.ts';

export interface ResealPool {
  reseal(request: ResealRequest): Promise<ResealedPage>;
  close(): Promise<void>;
}

/** Seals on this thread. */
export function inlinePool(keys: readonly Key[], target: Key): ResealPool {
  const resealer = new Resealer(keys, target);
  return {
    reseal: (request) => Promise.resolve(resealer.page(request)),
    close: () => Promise.resolve(),
  };
}

/** A page is a few megabytes; without a limit the collector lets garbage pile up to many times that. */
const WORKER_LIMITS = { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: 64 };

/** Seals on threads of their own: AES in Node costs most of a rotation's time, and this thread has PostgreSQL to talk to. */
export function threadPool(keys: readonly Key[], target: Key, threads: number): ResealPool {
  const data: ResealWorkerData = { keys: [...keys], target: target.label };
  const waiting = new Map<
    number,
    { resolve: (page: ResealedPage) => void; reject: (error: Error) => void }
  >();
  let nextId = 0;
  let failure: Error | undefined;

  const workers = Array.from({ length: threads }, () => {
    const worker = new Worker(new URL('./reseal-worker.js', import.meta.url), {
      workerData: data,
      resourceLimits: WORKER_LIMITS,
    });
    const handle = { worker, busy: 0 };
    worker.on('message', ({ id, page }: { id: number; page: ResealedPage }) => {
      handle.busy--;
      waiting.get(id)!.resolve(page);
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
    reseal: (request) =>
      new Promise((resolve, reject) => {
        if (failure !== undefined) {
          reject(failure);
          return;
        }
        const id = nextId++;
        const handle = workers.reduce((least, other) => (other.busy < least.busy ? other : least));
        handle.busy++;
        waiting.set(id, { resolve, reject });
        handle.worker.postMessage({ id, request });
      }),
    close: async () => {
      await Promise.all(workers.map(({ worker }) => worker.terminate()));
    },
  };
}
