import { CgdiegoError, ExitCode, messageOf } from '../errors.ts';
import { block } from './text.ts';

export interface RenderedError {
  text: string;
  exitCode: ExitCode;
}

/**
 * An error as the operator reads it: what, why, what to do next. An error that is not a {@link CgdiegoError} is a bug and
 * says so. Stack traces only with DEBUG.
 */
export function renderError(error: unknown, debug: boolean): RenderedError {
  const stack = debug && error instanceof Error && error.stack !== undefined ? `\n${error.stack}` : '';
  if (error instanceof CgdiegoError) {
    const lines = [`Error: ${error.message}`];
    if (error.why !== undefined) lines.push(`  Why: ${error.why}`);
    if (error.next !== undefined) lines.push(`  Next: ${error.next}`);
    return { text: block(lines.join('\n')) + stack, exitCode: error.exitCode };
  }
  return {
    text: `Error: ${block(messageOf(error))}\n  Why: this is a bug in cgdiego.\n  Next: run it again with DEBUG=1 and report what it prints.${stack}`,
    exitCode: ExitCode.failure,
  };
}
