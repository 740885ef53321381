import { setTimeout as sleep } from 'node:timers/promises';
import { InterruptedError } from '../errors.ts';

/** Lets through so many rows a second, spread evenly. */
export class Pace {
  readonly #millisecondsPerRow: number;
  #next = 0;

  constructor(rowsPerSecond: number | undefined) {
    this.#millisecondsPerRow = rowsPerSecond === undefined ? 0 : 1000 / rowsPerSecond;
  }

  /** Resolves when these rows may be written. */
  async take(rows: number, signal: AbortSignal | undefined): Promise<void> {
    if (this.#millisecondsPerRow === 0) return;
    const now = performance.now();
    const start = Math.max(now, this.#next);
    this.#next = start + rows * this.#millisecondsPerRow;
    if (start > now) {
      await sleep(start - now, undefined, { signal }).catch(() => {
        throw new InterruptedError();
      });
    }
  }
}
