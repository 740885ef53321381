import { CgdiegoError } from '../errors.ts';
import type { Database } from '../store/database.ts';
import { isConnectionLost } from '../store/errors.ts';
import { persistently } from './retry.ts';

/** The advisory lock of a rotation: "cgdiego" in ASCII, as a number. Advisory locks belong to one database. */
const ROTATION_LOCK = BigInt(`0x${Buffer.from('cgdiego').toString('hex')}`).toString();

/**
 * Holds the rotation's advisory lock while `work` runs. When the server goes away, the lock is taken again with the first
 * connection; should another run have it by then, `signal` of the work is aborted.
 * @throws {CgdiegoError} at once when another run holds it
 */
export async function withRunLock<T>(
  store: Database,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const combined = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  const running: { result?: Promise<T> } = {};
  const hold = () =>
    store.session(async (query, lost) => {
      const [row] = await query<{ held: boolean }>('SELECT pg_try_advisory_lock($1) AS held', [
        ROTATION_LOCK,
      ]);
      if (!row!.held) throw new LockTakenError();
      running.result ??= work(combined);
      // Ends with the work, or with the connection; the work goes on in the second case and the lock is taken anew.
      const gone = new Promise<'lost'>((resolve) => {
        lost.addEventListener('abort', () => {
          resolve('lost');
        });
        if (lost.aborted) resolve('lost');
      });
      return Promise.race([running.result.then(() => 'done' as const), gone]);
    });
  try {
    while ((await persistently(hold, combined, () => undefined)) === 'lost');
  } catch (error) {
    if (running.result === undefined) throw error;
    // The work has its own opinion of what went wrong; the lock's is only heard when another run took it.
    if (error instanceof LockTakenError || isConnectionLost(error)) stop.abort(error);
    return await running.result.catch((reason: unknown) => {
      throw stop.signal.aborted ? error : reason;
    });
  }
  return running.result!;
}

class LockTakenError extends CgdiegoError {
  constructor() {
    super('Another rotation of this store is running.', {
      why: "It holds the advisory lock. Two would only get in each other's way.",
      next: "Wait for it, or find it: SELECT * FROM pg_stat_activity WHERE application_name LIKE 'cgdiego/%'.",
    });
  }
}
