/** The exit codes of every command. The README's table is generated from these words. */
export const ExitCode = {
  /** Done, nothing found. */
  ok: 0,
  /** Could not do it. */
  failure: 1,
  /** The command line, a configuration file or an input file is wrong. */
  usage: 2,
  /** Done, and the check found something that the operator must act on. */
  found: 3,
  /** Interrupted: Ctrl-C, SIGTERM or SIGHUP. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

export interface ErrorDetails {
  /** Why it happened, in one sentence; the server's or the system's words where they help. Never a secret. */
  why?: string | undefined;
  /** What the operator can do next: a command, a flag, a place to look. */
  next?: string | undefined;
  cause?: unknown;
}

/**
 * An error that the operator can act on: what happened, why, and what to do next. Whatever else is thrown is a bug and
 * is reported as one.
 */
export class CgdiegoError extends Error {
  readonly exitCode: ExitCode = ExitCode.failure;
  readonly why: string | undefined;
  readonly next: string | undefined;

  constructor(what: string, details: ErrorDetails = {}) {
    super(what, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.why = details.why;
    this.next = details.next;
  }
}

/** The command line, a configuration file or an input file is wrong (exit 2). */
export class UsageError extends CgdiegoError {
  override readonly exitCode = ExitCode.usage;
}

/** The operator pressed Ctrl-C, or the work was aborted (exit 130). */
export class InterruptedError extends CgdiegoError {
  override readonly exitCode = ExitCode.interrupted;

  constructor(what = 'Interrupted.', details: ErrorDetails = {}) {
    super(what, details);
  }
}

/** The message of anything that can be thrown, for use in `why`. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') {
    return error.errors.map(messageOf).join('; ');
  }
  return error instanceof Error ? error.message : String(error);
}

/** Throws {@link InterruptedError} if the signal was aborted. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new InterruptedError();
}
