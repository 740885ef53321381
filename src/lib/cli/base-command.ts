import process from 'node:process';
import { Command, Flags, type Interfaces } from '@oclif/core';
import { ExitCode, InterruptedError } from '../errors.ts';
import type { OpenContext } from './open.ts';
import { ClosedPipeError } from '../output/sink.ts';
import { processTerminal, type Terminal } from '../output/terminal.ts';
import type { Records } from './records.ts';
import { stdoutBroken } from './stdio.ts';

export type FlagsOf<T extends typeof Command> = Interfaces.InferredFlags<
  (typeof BaseCommand)['baseFlags'] & T['flags']
>;
export type ArgsOf<T extends typeof Command> = Interfaces.InferredArgs<T['args']>;

/** How long an interrupted command may take to roll back and clean up before the process ends all the same. */
const CLEANUP_GRACE_MS = 10_000;

/** SIGHUP: the SSH connection broke. It must clean up as Ctrl-C does. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * The command's flags and arguments without two habits of oclif: it would read a missing argument from stdin (and eat the input
 * of a shell's `while read` loop), and a flag that may be repeated would swallow the arguments that follow it.
 */
function parseable(command: typeof Command): { args: Interfaces.ArgInput; flags: Interfaces.FlagInput } {
  const args = Object.entries((command.args as Interfaces.ArgInput | undefined) ?? {}).map(
    ([name, arg]) => [name, { ...arg, ignoreStdin: true }] as const,
  );
  const flags = Object.entries((command.flags as Interfaces.FlagInput | undefined) ?? {}).map(
    ([name, flag]) => {
      const greedy = args.length > 0 && flag.type === 'option' && flag.multiple;
      return [name, greedy ? { ...flag, multipleNonGreedy: true } : flag] as const;
    },
  );
  return { args: Object.fromEntries(args), flags: Object.fromEntries(flags) };
}

/**
 * What every command shares: parsed flags, the terminal, one abort signal for Ctrl-C, and an exit code as the result.
 * A command is flags, one call into lib and one renderer.
 */
export abstract class BaseCommand<T extends typeof Command> extends Command {
  static override enableJsonFlag = false;

  /** The lists that the command writes: see {@link Records}. */
  static records: Records = {};

  static override baseFlags = {
    profile: Flags.string({
      description:
        'flags from this profile of $XDG_CONFIG_HOME/cgdiego/config.yml; the command line and the environment go before it',
      env: 'CGDIEGO_PROFILE',
      helpGroup: 'GLOBAL',
      helpValue: '<name>',
    }),
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

  /**
   * Whether the work goes on when the reader of stdout has closed the pipe (`cgdiego … | head -1`). Listing ends at once; work
   * that changes something says no here and finishes.
   */
  protected readonly endsWithReader: boolean = true;

  /** Aborted on SIGINT, SIGTERM and SIGHUP, and when the reader has gone. Everything that waits must listen to it. */
  protected get signal(): AbortSignal {
    return this.#interrupt.signal;
  }

  /** Does the work. What it returns is the exit code; nothing means done. */
  protected abstract execute(): Promise<ExitCode | undefined>;

  override async run(): Promise<void> {
    const input = {
      ...parseable(this.ctor),
      baseFlags: (super.ctor as typeof BaseCommand).baseFlags,
      strict: this.ctor.strict,
    };
    let parsed = await this.parse(input);
    const { profile } = parsed.flags as { profile?: string };
    let warning: string | undefined;
    if (profile !== undefined) {
      const { profileArguments } = await import('./profile.ts');
      const given = new Set(parsed.raw.flatMap((token) => (token.type === 'flag' ? [token.flag] : [])));
      const knownToAny = (name: string) => this.config.commands.some((command) => name in command.flags);
      const added = await profileArguments(profile, input.flags, given, knownToAny, process.env);
      parsed = await this.parse(input, [...added.argv, ...this.argv]);
      warning = added.warning;
    }
    const { args, flags } = parsed;
    this.flags = flags as FlagsOf<T>;
    this.args = args as ArgsOf<T>;
    this.terminal = processTerminal({ noColor: this.flags['no-color'], noInput: this.flags['no-input'] });
    if (warning !== undefined) this.say(warning);

    const stop = (reason: Error, code: ExitCode) => {
      this.#interrupt.abort(reason);
      setTimeout(() => process.exit(code), CLEANUP_GRACE_MS).unref();
    };
    const onSignal = () => {
      if (this.signal.reason instanceof InterruptedError) process.exit(ExitCode.interrupted);
      stop(new InterruptedError(), ExitCode.interrupted);
    };
    const onReaderGone = () => {
      if (!this.endsWithReader) return;
      const reason = stdoutBroken.reason as Error;
      stop(reason, reason instanceof ClosedPipeError ? ExitCode.ok : ExitCode.failure);
    };
    for (const name of SIGNALS) process.on(name, onSignal);
    stdoutBroken.addEventListener('abort', onReaderGone);
    try {
      const code = await this.execute();
      this.#throwIfStopped();
      process.exitCode = code ?? ExitCode.ok;
    } catch (error) {
      // Whatever breaks because of the interruption (a cancelled query, a closed socket) is the interruption.
      this.#throwIfStopped();
      throw error;
    } finally {
      for (const name of SIGNALS) process.off(name, onSignal);
      stdoutBroken.removeEventListener('abort', onReaderGone);
    }
  }

  #throwIfStopped(): void {
    if (this.signal.aborted) throw this.signal.reason;
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
