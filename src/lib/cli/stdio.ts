import process from 'node:process';
import { outputError } from '../output/sink.ts';

const broken = new AbortController();

/**
 * Aborted when stdout takes no more: with a `ClosedPipeError` when the reader has closed the pipe, with a `CgdiegoError` when
 * writing failed. The command hears of it like of an interruption, so that iterators, cursors and connections are closed in
 * order.
 */
export const stdoutBroken: AbortSignal = broken.signal;

/** Listens to the process's own streams. Once, before anything is written. */
export function watchStdio(): void {
  // oclif has a listener of its own, which throws what is not EPIPE into nowhere.
  process.stdout.removeAllListeners('error');
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    broken.abort(outputError(error));
  });
  // Talk that nobody hears is no reason to stop the work.
  process.stderr.on('error', () => undefined);
}
