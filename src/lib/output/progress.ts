import type { Terminal } from './terminal.ts';
import { formatCount, formatDuration, formatPercent } from './units.ts';

export interface ProgressTask {
  /** So many more are done. */
  advance(count?: number): void;
  /** The total is known now, or has changed. */
  setTotal(total: number): void;
  /** The task has ended. `text` says how; without it a task that took long gets a line with its count and time. */
  done(text?: string): void;
}

export interface Progress {
  /** A line for a piece of work. Without a total only the count and the rate are shown. */
  task(name: string, total?: number): ProgressTask;
  /** Takes everything off the screen and stops the timers. May be called more than once. */
  stop(): void;
}

export interface ProgressOptions {
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Stops the display when aborted. */
  readonly signal?: AbortSignal | undefined;
}

/** Without a terminal a line is written this often. */
const PLAIN_INTERVAL_MS = 5000;
const ANIMATION_INTERVAL_MS = 100;
/** The rate is measured over the last so many milliseconds, so that it follows what happens now. */
const RATE_WINDOW_MS = 15_000;

/**
 * Shows on stderr how far the work is: animated on a terminal, otherwise a plain line every five seconds. Never on stdout.
 */
export function createProgress(terminal: Terminal, options: ProgressOptions = {}): Progress {
  const now = options.now ?? Date.now;
  const tasks = new Set<Task>();
  let stopped = false;
  const display = terminal.canAnimate ? animated(terminal, tasks, now) : plain(terminal, tasks, now);

  function stop(): void {
    if (stopped) return;
    stopped = true;
    options.signal?.removeEventListener('abort', stop);
    display.stop();
  }
  options.signal?.addEventListener('abort', stop, { once: true });
  if (options.signal?.aborted === true) stop();

  return {
    stop,
    task(name, total) {
      const task = new Task(name, total, now());
      tasks.add(task);
      if (!stopped) display.started();
      return {
        advance: (count = 1) => {
          task.count += count;
        },
        setTotal: (value) => {
          task.total = value;
        },
        done: (text) => {
          if (!tasks.delete(task) || stopped) return;
          const line = text === undefined ? task.summary(now()) : `${name}: ${text}`;
          if (text !== undefined || task.shown) terminal.stderr.write(`${line}\n`);
          display.finished();
        },
      };
    },
  };
}

class Task {
  readonly name: string;
  total: number | undefined;
  count = 0;
  /** Whether a plain line was written about it. */
  shown = false;
  readonly #begun: number;
  readonly #samples: { time: number; count: number }[];

  constructor(name: string, total: number | undefined, begun: number) {
    this.name = name;
    this.total = total;
    this.#begun = begun;
    this.#samples = [{ time: begun, count: 0 }];
  }

  /** `actual_lrps: 12,000 of 54,000 (22%), 3,400/s, 12s left` */
  line(time: number): string {
    const rate = this.#rate(time);
    const parts: string[] = [];
    if (this.total === undefined) {
      parts.push(formatCount(this.count));
    } else {
      const share = this.total > 0 ? ` (${formatPercent(Math.min(1, this.count / this.total))})` : '';
      parts.push(`${formatCount(this.count)} of ${formatCount(this.total)}${share}`);
    }
    if (rate > 0) {
      parts.push(`${formatCount(Math.round(rate))}/s`);
      if (this.total !== undefined && this.total > this.count) {
        parts.push(`${formatDuration(Math.ceil((this.total - this.count) / rate) * 1000)} left`);
      }
    }
    return `${this.name}: ${parts.join(', ')}`;
  }

  summary(time: number): string {
    return `${this.name}: ${formatCount(this.count)} in ${formatDuration(time - this.#begun)}`;
  }

  /** Per second. */
  #rate(time: number): number {
    const samples = this.#samples;
    if (time - samples.at(-1)!.time >= 500) samples.push({ time, count: this.count });
    while (samples.length > 2 && time - samples[1]!.time >= RATE_WINDOW_MS) samples.shift();
    const { time: since, count } = samples[0]!;
    return time > since ? ((this.count - count) * 1000) / (time - since) : 0;
  }
}

interface Display {
  started(): void;
  finished(): void;
  stop(): void;
}

function plain(terminal: Terminal, tasks: ReadonlySet<Task>, now: () => number): Display {
  let timer: NodeJS.Timeout | undefined;
  const stop = () => {
    clearInterval(timer);
    timer = undefined;
  };
  const tick = () => {
    for (const task of tasks) {
      task.shown = true;
      terminal.stderr.write(`${task.line(now())}\n`);
    }
  };
  return {
    started: () => {
      timer ??= setInterval(tick, PLAIN_INTERVAL_MS).unref();
    },
    finished: () => {
      if (tasks.size === 0) stop();
    },
    stop,
  };
}

interface Spinner {
  text: string;
  start(): unknown;
  stop(): unknown;
  readonly isSpinning: boolean;
}

/** One spinner whose text has a line for each running task; ora lets lines from elsewhere pass above it. */
function animated(terminal: Terminal, tasks: ReadonlySet<Task>, now: () => number): Display {
  let spinner: Spinner | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const text = () => [...tasks].map((task) => task.line(now())).join('\n  ');

  async function load(): Promise<void> {
    const { default: ora } = await import('ora');
    // The work may have ended while ora was loaded.
    if (stopped || tasks.size === 0) return;
    spinner = ora({
      // The terminal has decided already; ora would ask the environment again.
      isEnabled: true,
      stream: terminal.stderr,
      text: text(),
      color: terminal.errorColor ? 'cyan' : false,
      // Ctrl-C must reach the command's own handler, and prompts need stdin.
      discardStdin: false,
      ...(terminal.unicode ? {} : { spinner: 'line' as const }),
    });
    show();
  }

  function show(): void {
    if (spinner === undefined) return;
    spinner.text = text();
    if (!spinner.isSpinning) spinner.start();
    timer ??= setInterval(() => {
      spinner!.text = text();
    }, ANIMATION_INTERVAL_MS).unref();
  }

  function hide(): void {
    clearInterval(timer);
    timer = undefined;
    spinner?.stop();
  }

  let loading: Promise<void> | undefined;
  return {
    started: () => {
      if (spinner !== undefined) show();
      // Without ora the work goes on, only unseen.
      else loading ??= load().catch(() => undefined);
    },
    finished: () => {
      if (tasks.size === 0) hide();
      else show();
    },
    stop: () => {
      stopped = true;
      hide();
    },
  };
}
