import { createProgress, type ProgressTask } from '../output/progress.ts';
import type { Terminal } from '../output/terminal.ts';

export interface ProgressReporter {
  /** `count` more of a named piece of work are done, out of `total`. The first report of a name makes its line. */
  report: (name: string, count: number, total: number) => void;
  /** A piece of work has ended. */
  done: (name: string, text?: string) => void;
  stop: () => void;
}

/** Shows on stderr what features report: they know names and counts, and nothing of a terminal. */
export function reportProgress(terminal: Terminal, signal: AbortSignal): ProgressReporter {
  const progress = createProgress(terminal, { signal });
  const tasks = new Map<string, ProgressTask>();
  return {
    report: (name, count, total) => {
      let task = tasks.get(name);
      if (task === undefined) tasks.set(name, (task = progress.task(name, total)));
      task.advance(count);
    },
    done: (name, text) => {
      tasks.get(name)?.done(text);
      tasks.delete(name);
    },
    stop: () => {
      progress.stop();
    },
  };
}
