import process from 'node:process';
import { Command, Flags, type Interfaces } from '@oclif/core';
import { ExitCode, InterruptedError } from '../errors.ts';
import type { OpenContext } from './open.ts';
import { processTerminal, type Terminal } from '../output/terminal.ts';

export type FlagsOf<T extends typeof Command> = Interfaces.InferredFlags<
  (typeof BaseCommand)['baseFlags'] & T['flags']
>;
export type ArgsOf<T extends typeof Command> = Interfaces.InferredArgs<T['args']>;

/** How long an interrupted command may take to roll back and clean up before the process ends all the same. */
const CLEANUP_GRACE_MS = 10_000;

/**
 * What every command shares: parsed flags, the terminal, one abort signal for Ctrl-C, and an exit code as the result.
 * A command is flags, one call into lib and one renderer.
 */
export abstract class BaseCommand<T extends typeof Command> extends Command {
  static override enableJsonFlag = false;

  static override baseFlags = {
    'no-color': Flags.boolean({
      description: 'plain text without colour (also NO_COLOR, TERM=dumb)',
      helpGroup: 'GLOBAL',
    }),
    'no-input': Flags.boolean({
      description: 'never ask; fail where an answer is needed',
      helpGroup: 'GLOBAL',
    }),
  };

  protected flags!: FlagsOf<T>;
  protected args!: ArgsOf<T>;
  protected terminal!: Terminal;
  readonly #interrupt = new AbortController();

  /** Aborted on SIGINT and SIGTERM. Everything that waits must listen to it. */
  protected get signal(): AbortSignal {
    return this.#interrupt.signal;
  }

  /** Does the work. What it returns is the exit code; nothing means done. */
  protected abstract execute(): Promise<ExitCode | undefined>;

  override async run(): Promise<void> {
    const { args, flags } = await this.parse({
      flags: this.ctor.flags,
      baseFlags: (super.ctor as typeof BaseCommand).baseFlags,
      args: this.ctor.args,
      strict: this.ctor.strict,
    });
    this.flags = flags as FlagsOf<T>;
    this.args = args as ArgsOf<T>;
    this.terminal = processTerminal({ noColor: this.flags['no-color'], noInput: this.flags['no-input'] });

    const onSignal = () => {
      if (this.#interrupt.signal.aborted) process.exit(ExitCode.interrupted);
      this.#interrupt.abort(new InterruptedError());
      setTimeout(() => process.exit(ExitCode.interrupted), CLEANUP_GRACE_MS).unref();
    };
    process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
    try {
      const code = await this.execute();
      process.exitCode = this.signal.aborted ? ExitCode.interrupted : (code ?? ExitCode.ok);
    } catch (error) {
      // Whatever breaks because of the interruption (a cancelled query, a closed socket) is the interruption.
      throw this.signal.aborted ? new InterruptedError() : error;
    } finally {
      process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    }
  }

  /** Errors go to `main`, which knows how to show them and which exit code they mean. */
  protected override catch(error: Error): Promise<never> {
    return Promise.reject(error);
  }

  /** What `lib/cli/open.ts` needs to know of the command that opens something. */
  protected get context(): OpenContext {
    return {
      applicationName: `cgdiego/${this.config.version} ${this.ctor.id.replaceAll(':', ' ')}`,
      signal: this.signal,
      say: (text) => {
        this.say(text);
      },
    };
  }

  /** A sentence for the person at the terminal: stderr, one line. */
  protected say(text: string): void {
    this.terminal.stderr.write(`${text}\n`);
  }
}
