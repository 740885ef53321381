import { setTimeout as sleep } from 'node:timers/promises';
import { InterruptedError } from '../errors.ts';
import { isConnectionLost, isContention, isTimeout } from '../store/errors.ts';

const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 5000;
/** How long a server may be away (a failover of RDS takes one to two minutes) before the work is given up. */
const PATIENCE_MS = 180_000;

/**
 * Does something until it succeeds: deadlocks, lock timeouts and lost connections pass. Each try must be a transaction of its own.
 * @throws what it failed with last, when it does not pass within three minutes; at once when it is something else
 */
export async function persistently<T>(
  work: () => Promise<T>,
  signal: AbortSignal | undefined,
  onRetry: (error: unknown) => void,
): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS;
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
    try {
      return await work();
    } catch (error) {
      const passes = isConnectionLost(error) || isContention(error) || isTimeout(error);
      if (!passes || signal?.aborted === true || Date.now() > deadline) throw error;
      onRetry(error);
      // Two that met in a deadlock must not meet again.
      await sleep(wait * (0.5 + Math.random()), undefined, { signal }).catch(() => {
        throw new InterruptedError();
      });
    }
  }
}
