import type { EncryptedTable } from '../bbs/columns.ts';
import { throwIfAborted } from '../errors.ts';
import type { Database } from '../store/database.ts';
import { StaleRowReader, swapPage, SWAP_SETTINGS, type Page, type RowVersion } from '../store/pages.ts';
import type { OnProgress } from './run-audit.ts';
import type { Pace } from './pace.ts';
import type { ResealThread } from './reseal-thread.ts';
import { persistently } from './retry.ts';
import type { BlobFailure } from './verify.ts';

export interface EngineOptions {
  /** The label of the target key. */
  target: string;
  /** Rows a transaction at most. */
  batchSize: number;
  /** How many transactions at once. */
  connections: number;
  resealing: ResealThread;
  pace: Pace;
  signal?: AbortSignal | undefined;
  onProgress?: OnProgress | undefined;
  onRetry?: ((error: unknown) => void) | undefined;
}

/** What has been done so far. Counts are of committed transactions only. */
export interface RotationCounts {
  rows: number;
  blobs: number;
  /** Rows that somebody changed between reading and writing; the next pass finds them again. */
  conflicts: number;
  retries: number;
  /** The longest that any row was locked, in milliseconds: one UPDATE and its COMMIT. */
  longest_lock_ms: number;
  byTable: Record<string, { rows: number; blobs: number }>;
}

export function noCounts(): RotationCounts {
  return { rows: 0, blobs: 0, conflicts: 0, retries: 0, longest_lock_ms: 0, byTable: {} };
}

/** Blobs that could not be opened in a pass: all counted, the first ones kept. */
export interface Faults {
  count: number;
  examples: BlobFailure[];
}

/** So many leftovers are named one by one. */
export const MAX_LEFTOVERS = 1000;

/**
 * One pass over every table: rows that hold a blob under another label than the target's are read without locks, resealed, and
 * swapped in where nobody changed them meanwhile. All tables at once; while one page is sealed and written the next is read.
 */
export async function rotatePass(
  store: Database,
  tables: readonly EncryptedTable[],
  totals: Readonly<Record<string, number>>,
  counts: RotationCounts,
  options: EngineOptions,
): Promise<Faults> {
  const faults: Faults = { count: 0, examples: [] };
  const slots = new Slots(options.connections);
  const failure = new AbortController();
  const signal =
    options.signal === undefined ? failure.signal : AbortSignal.any([options.signal, failure.signal]);
  const results = await Promise.allSettled(tables.map((table) => rotateTable(table)));
  const failed = results.find((result) => result.status === 'rejected' && !isFollowUp(result.reason));
  if (failed?.status === 'rejected') throw failed.reason;
  throwIfAborted(options.signal);
  return faults;

  function isFollowUp(reason: unknown): boolean {
    return failure.signal.aborted && reason !== failure.signal.reason;
  }

  async function rotateTable(table: EncryptedTable): Promise<void> {
    const writing = new Set<Promise<void>>();
    try {
      const reader = new StaleRowReader(table, options.target, options.batchSize);
      for (;;) {
        signal.throwIfAborted();
        const pages = await again(() => store.readOnly((transaction) => reader.read(transaction)));
        if (pages.length === 0) break;
        for (const page of pages) {
          // A slot is taken before the page is handed on, so that reading waits for writing and memory stays flat.
          const release = await slots.take();
          const work = rewrite(table, page).finally(() => {
            release();
            writing.delete(work);
          });
          // Failures are collected below; until then they must not count as unhandled.
          work.catch((error: unknown) => {
            failure.abort(error);
          });
          writing.add(work);
        }
      }
    } catch (error) {
      failure.abort(error);
      throw error;
    } finally {
      await Promise.allSettled(writing);
    }
    if (failure.signal.aborted) throw failure.signal.reason;
  }

  async function rewrite(table: EncryptedTable, page: Page): Promise<void> {
    const width = table.columns.length;
    const resealed = await options.resealing.reseal({ blobs: page.blobs, width });
    for (const { index, label, why } of resealed.faults) {
      faults.count++;
      if (faults.examples.length < MAX_LEFTOVERS) {
        const { key } = page.rows[Math.floor(index / width)]!;
        faults.examples.push({
          table: table.name,
          key: Object.fromEntries(table.primaryKey.map(({ name }, position) => [name, key[position]!])),
          column: table.columns[index % width]!.name,
          label,
          why,
        });
      }
    }
    if (resealed.rows.length === 0) return;
    const rows = resealed.rows.map((row) => page.rows[row]!);
    await options.pace.take(rows.length, signal);
    const { swapped, lockedMs } = await again(() => swap(table, rows, resealed.columns));
    const done = (counts.byTable[table.name] ??= { rows: 0, blobs: 0 });
    const written = swapped.reduce((sum, position) => sum + resealed.blobs[position]!, 0);
    done.rows += swapped.length;
    done.blobs += written;
    counts.rows += swapped.length;
    counts.blobs += written;
    counts.conflicts += rows.length - swapped.length;
    counts.longest_lock_ms = Math.max(counts.longest_lock_ms, lockedMs);
    options.onProgress?.(table.name, swapped.length, totals[table.name] ?? 0);
  }

  async function swap(
    table: EncryptedTable,
    rows: readonly RowVersion[],
    columns: readonly (Uint8Array | null)[],
  ): Promise<{ swapped: number[]; lockedMs: number }> {
    let began = 0;
    const swapped = await store.readWrite(
      (transaction) => {
        began = performance.now();
        return swapPage(transaction, table, rows, columns);
      },
      { settings: SWAP_SETTINGS },
    );
    return { swapped, lockedMs: performance.now() - began };
  }

  function again<T>(work: () => Promise<T>): Promise<T> {
    return persistently(work, signal, (error) => {
      counts.retries++;
      options.onRetry?.(error);
    });
  }
}

/** So many at once; the others wait in line. */
class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** Resolves to what gives the slot back. */
  async take(): Promise<() => void> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return () => {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    };
  }
}
