import process from 'node:process';
import { Errors, run } from '@oclif/core';
import { ExitCode, UsageError } from '../errors.ts';
import { renderError } from '../output/error.ts';

/** Runs cgdiego as a process: the command line in, an exit code out. Nothing is thrown. */
export async function main(argv: string[], entryUrl: string): Promise<void> {
  endWithClosedPipe();
  // With DEBUG unset oclif would print stack traces of its own; errors are rendered here and only here.
  try {
    await run(argv, entryUrl);
  } catch (error) {
    process.exitCode = report(error);
  }
}

/** `cgdiego … | head -1` has got what it wanted when the pipe closes: end at once, and not as a failure. */
function endWithClosedPipe(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(process.exitCode ?? ExitCode.ok);
      throw error;
    });
  }
}

function report(error: unknown): number {
  if (error instanceof Errors.ExitError) return error.oclif.exit ?? ExitCode.ok;
  const debug = Boolean(process.env.DEBUG);
  const { text, exitCode } = renderError(asUsageError(error), debug);
  process.stderr.write(`${text}\n`);
  return exitCode;
}

/** oclif's own errors (unknown command, unknown flag, missing argument) are the operator's to mend. */
function asUsageError(error: unknown): unknown {
  if (!(error instanceof Errors.CLIError)) return error;
  const [what = 'The command line is wrong.', ...rest] = error.message
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('See more help'));
  return new UsageError(what, {
    why: rest.length > 0 ? rest.join('; ') : undefined,
    next: 'Run it again with --help to see what it takes.',
    cause: error,
  });
}
