import { Worker } from 'node:worker_threads';
import type { EncryptedTable } from '../bbs/columns.ts';
import type { Key } from '../bbs/keyring.ts';
import { CgdiegoError, InterruptedError } from '../errors.ts';
import type { DatabaseOptions } from '../store/database.ts';
import type { ConnectionSettings } from '../store/settings.ts';
import type { Faults, RotationCounts } from './engine.ts';
import type { OnProgress } from './run-audit.ts';

/** What a pass over the store needs; all of it can be sent to another thread. */
export interface PassTask {
  settings: ConnectionSettings;
  database: Omit<DatabaseOptions, 'signal'>;
  keys: Key[];
  /** The label of the target key. */
  target: string;
  tables: EncryptedTable[];
  /** Rows to rewrite by table, for the progress. */
  totals: Record<string, number>;
  /** What earlier passes did; the pass goes on counting. */
  counts: RotationCounts;
  /** Rows a transaction at most. */
  batchSize: number;
  /** How many transactions at once. */
  connections: number;
  maxRowsPerSecond: number | undefined;
}

export type ToPass = { task: PassTask } | { abort: true };

export type FromPass =
  | { progress: { table: string; rows: number; total: number }; counts: RotationCounts }
  | { retry: string }
  | { done: Faults; counts: RotationCounts }
  | { failed: PassFailure; counts: RotationCounts };

/** An error on its way between threads, which keeps neither its class nor what cgdiego adds to it. */
export interface PassFailure {
  kind: 'interrupted' | 'reported' | 'bug';
  message: string;
  why?: string | undefined;
  next?: string | undefined;
  stack?: string | undefined;
}

export interface PassHooks {
  signal: AbortSignal | undefined;
  onProgress: OnProgress | undefined;
  onRetry: (why: string) => void;
}

/**
 * The collector of a thread may be told to collect often, the main thread's may not; and a rotation moves a hundred times more than it
 * holds. That, and not speed, is why passes have a thread: with the garbage of the main thread a rotation took 50 MB more.
 */
const LIMITS = { maxYoungGenerationSizeMb: 4 };

/** Runs passes on a thread. It is there from the start, so that it has loaded what it needs by the time that it is needed. */
export class PassThread {
  readonly #worker = new Worker(new URL('./pass-worker.js', import.meta.url), { resourceLimits: LIMITS });

  /**
   * One pass; see `rotatePass`. `task.counts` is kept up to date, also when it throws.
   * @throws {CgdiegoError} as the pass did
   */
  async run(task: PassTask, { signal, onProgress, onRetry }: PassHooks): Promise<Faults> {
    const worker = this.#worker;
    const abort = () => {
      worker.postMessage({ abort: true } satisfies ToPass);
    };
    signal?.addEventListener('abort', abort, { once: true });
    try {
      return await new Promise<Faults>((resolve, reject) => {
        worker.removeAllListeners();
        worker.on('error', reject);
        worker.on('exit', () => {
          reject(new Error('The thread of the rotation ended.'));
        });
        worker.on('message', (message: FromPass) => {
          if ('counts' in message) Object.assign(task.counts, message.counts);
          if ('progress' in message) {
            const { table, rows, total } = message.progress;
            onProgress?.(table, rows, total);
          } else if ('retry' in message) onRetry(message.retry);
          else if ('done' in message) resolve(message.done);
          else reject(errorOf(message.failed));
        });
        worker.postMessage({ task } satisfies ToPass);
        if (signal?.aborted === true) abort();
      });
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  async close(): Promise<void> {
    this.#worker.removeAllListeners();
    await this.#worker.terminate();
  }
}

function errorOf({ kind, message, why, next, stack }: PassFailure): Error {
  switch (kind) {
    case 'interrupted':
      return new InterruptedError(message, { why, next });
    case 'reported':
      return new CgdiegoError(message, { why, next });
    case 'bug':
      return Object.assign(new Error(message), stack === undefined ? {} : { stack });
  }
}
