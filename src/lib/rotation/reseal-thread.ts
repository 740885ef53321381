import { Worker } from 'node:worker_threads';
import type { Key } from '../bbs/keyring.ts';
import type { ResealedPage, ResealRequest } from './reseal.ts';
import type { ResealWorkerData } from './reseal-worker.ts';

/** As for the thread of the passes. */
const LIMITS = { maxYoungGenerationSizeMb: 4 };

interface Waiting {
  resolve: (page: ResealedPage) => void;
  reject: (error: Error) => void;
}

/**
 * Reseals on a thread of its own: that is half of a rotation's work outside PostgreSQL, and this thread has PostgreSQL to talk to. One such
 * thread seals 100,000 blobs in a second, which is more than a server on two cores takes.
 */
export class ResealThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #failure: Error | undefined;
  #nextId = 0;

  constructor(keys: Key[], target: string) {
    this.#worker = this.#start({ keys, target });
  }

  /** The request's buffers are given away. */
  reseal(request: ResealRequest): Promise<ResealedPage> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      const id = this.#nextId++;
      this.#waiting.set(id, { resolve, reject });
      const { bytes, ends } = request.blobs;
      this.#worker.postMessage({ id, request }, [bytes.buffer, ends.buffer]);
    });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #start(workerData: ResealWorkerData): Worker {
    const worker = new Worker(new URL('./reseal-worker.js', import.meta.url), {
      workerData,
      resourceLimits: LIMITS,
    });
    worker.on('message', ({ id, page }: { id: number; page: ResealedPage }) => {
      this.#waiting.get(id)!.resolve(page);
      this.#waiting.delete(id);
    });
    worker.on('error', (error) => {
      this.#failure = error instanceof Error ? error : new Error(String(error));
      for (const { reject } of this.#waiting.values()) reject(this.#failure);
      this.#waiting.clear();
    });
    return worker;
  }
}
