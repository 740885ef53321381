import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { Config, Errors, run } from '@oclif/core';
import { CgdiegoError, ExitCode } from '../errors.ts';
import { renderError } from '../output/error.ts';
import { ClosedPipeError } from '../output/sink.ts';
import { readableArgv } from './argv.ts';
import { stdoutBroken, watchStdio } from './stdio.ts';
import { asUsageError, commandNames } from './usage.ts';

/** Runs cgdiego as a process: the command line in, an exit code out. Nothing is thrown. */
export async function main(argv: string[], entryUrl: string): Promise<void> {
  // There are no plugins. oclif would look for some below $HOME, and warn where it may not read it.
  const options = { root: fileURLToPath(entryUrl), userPlugins: false, devPlugins: false };
  let failed = false;
  watchStdio();
  process.on('exit', () => {
    // What no command noticed, such as --help into a file on a full disk.
    const { reason } = stdoutBroken as { reason: unknown };
    if (!failed && reason instanceof CgdiegoError) process.exitCode = report(reason);
  });
  process.on('uncaughtException', (error) => {
    process.exit(report(error));
  });
  try {
    await run(readableArgv(argv), options);
  } catch (error) {
    failed = true;
    const commands = async () => commandNames(await Config.load(options));
    process.exitCode = report(await asUsageError(error, commands));
  }
}

/** Tells the operator about an error on stderr, and which exit code it means. */
function report(error: unknown): number {
  if (error instanceof Errors.ExitError) return error.oclif.exit ?? ExitCode.ok;
  if (error instanceof ClosedPipeError) return ExitCode.ok;
  const { text, exitCode } = renderError(error, Boolean(process.env.DEBUG));
  process.stderr.write(`${text}\n`);
  return exitCode;
}
