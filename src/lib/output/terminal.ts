import process from 'node:process';
import type { Writable } from 'node:stream';

/**
 * The one place that knows whether there is a terminal, whether it has colour, how wide it is and whether somebody
 * sits at it. stdout carries data, stderr carries talk.
 */
export interface Terminal {
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** stdout is a terminal: tables may be fitted and coloured. */
  readonly isTerminal: boolean;
  /** stderr is a terminal: progress may be animated. */
  readonly canAnimate: boolean;
  /** stdin and stderr are terminals and prompts are not forbidden: questions may be asked. */
  readonly canPrompt: boolean;
  /** Columns of stdout; `undefined` when it is not a terminal. */
  readonly width: number | undefined;
  /** Whether stdout takes colour. */
  readonly color: boolean;
  /** Whether stderr takes colour. */
  readonly errorColor: boolean;
  /** The locale says UTF-8: an ellipsis and block characters may be used. Without it plain ASCII. */
  readonly unicode: boolean;
}

export interface TerminalOptions {
  noColor?: boolean;
  noInput?: boolean;
}

/** The terminal of this process, by https://no-color.org, TERM=dumb, CI and the flags. */
export function processTerminal(options: TerminalOptions = {}, env = process.env): Terminal {
  const dumb = env.TERM === 'dumb';
  const colorAllowed = options.noColor !== true && !env.NO_COLOR && !dumb;
  const stdoutTty = process.stdout.isTTY;
  const stderrTty = process.stderr.isTTY;
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    isTerminal: stdoutTty,
    canAnimate: stderrTty && !dumb && !env.CI,
    canPrompt: process.stdin.isTTY && stderrTty && options.noInput !== true,
    width: stdoutTty ? process.stdout.columns || Number(env.COLUMNS) || 80 : undefined,
    color: stdoutTty && colorAllowed,
    errorColor: stderrTty && colorAllowed,
    unicode: saysUtf8(env),
  };
}

/** By POSIX: LC_ALL, else LC_CTYPE, else LANG. macOS and Windows terminals are UTF-8 unless they say otherwise. */
function saysUtf8(env: NodeJS.ProcessEnv): boolean {
  const locale = [env.LC_ALL, env.LC_CTYPE, env.LANG].find((value) => value !== undefined && value !== '');
  if (locale === undefined) return process.platform === 'darwin' || process.platform === 'win32';
  return /utf-?8/iu.test(locale);
}
