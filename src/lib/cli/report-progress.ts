import { createProgress, type ProgressTask } from '../output/progress.ts';
import type { Terminal } from '../output/terminal.ts';

export interface ProgressReporter {
  /**
   * `count` more of a named piece of work are done, out of `total`. The first report of a name makes its line,
   * and the last of the total ends it.
   */
  report: (name: string, count: number, total: number) => void;
  stop: () => void;
}

/** Shows on stderr what features report: they know names and counts, and nothing of a terminal. */
export function reportProgress(terminal: Terminal, signal: AbortSignal): ProgressReporter {
  const progress = createProgress(terminal, { signal });
  const tasks = new Map<string, { task: ProgressTask; left: number }>();
  return {
    report: (name, count, total) => {
      let entry = tasks.get(name);
      if (entry === undefined) tasks.set(name, (entry = { task: progress.task(name, total), left: total }));
      entry.task.advance(count);
      entry.left -= count;
      if (entry.left === 0) entry.task.done();
    },
    stop: () => {
      progress.stop();
    },
  };
}
