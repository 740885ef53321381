import { stripVTControlCharacters } from 'node:util';
import { Errors, type Interfaces } from '@oclif/core';
import { CgdiegoError, ExitCode, messageOf, UsageError } from '../errors.ts';
import { didYouMean } from '../output/suggest.ts';

/** What oclif knows when the parsing of a command line fails. Its error classes are not part of its exports. */
interface ParseFailure extends Error {
  readonly flags?: readonly string[];
  readonly args?: readonly (string | { name: string; description?: string; options?: string[] })[];
  readonly parse?: { input?: { flags?: Record<string, unknown> } };
}

/**
 * Whatever parsing the command line throws, as an error for the operator. Errors that are not about the command line come
 * back as they are.
 *
 * @param commands lists the commands, topics included, with spaces: only called for an unknown command.
 */
export async function asUsageError(
  error: unknown,
  commands: () => Promise<readonly string[]>,
): Promise<unknown> {
  if (!(error instanceof Error)) return error;
  const flagValue = aboutFlagValue(error);
  if (flagValue !== undefined) return flagValue;
  if (!(error instanceof Errors.CLIError) || error instanceof Errors.ModuleLoadError) return error;

  const unknown = /^command (.+) not found$/iu.exec(error.message.replace(/\.$/u, ''))?.[1];
  if (unknown !== undefined) return unknownCommand(unknown.replaceAll(':', ' '), await commands(), error);
  return parseError(error) ?? plainUsage(error);
}

/** Where to read on. */
const SEE_COMMANDS = 'Run cgdiego --help to see the commands.';
const SEE_HELP = 'Run it again with --help to see what it takes.';

/**
 * oclif puts `Parsing --flag \n\t` before the message of whatever a flag's own `parse` throws, also of our errors and of plain
 * ones. All of them are about the value that was given.
 */
function aboutFlagValue(error: Error): UsageError | CgdiegoError | undefined {
  const match = /^Parsing (--\S+) \n\t(.*?)(?:\nSee more help with --help)?$/su.exec(error.message);
  if (match === null) return undefined;
  const [, flag = '', message = ''] = match;
  const text = stripVTControlCharacters(message).replace('\nSee more help with --help', '');
  const what = text.startsWith(flag) || text.includes(`${flag} `) ? text : `${flag}: ${text}`;
  if (error instanceof CgdiegoError) {
    const Kind = error.exitCode === ExitCode.usage ? UsageError : CgdiegoError;
    return new Kind(what, { why: error.why, next: error.next, cause: error });
  }
  if (error instanceof Errors.CLIError || error.name === 'Error') {
    return new UsageError(what, { next: SEE_HELP, cause: error });
  }
  return undefined;
}

function unknownCommand(name: string, commands: readonly string[], cause: Error): UsageError {
  if (name.startsWith('-')) {
    return new UsageError(`Unknown flag: ${name}. A command comes first.`, { next: SEE_COMMANDS, cause });
  }
  return new UsageError(`There is no command "${name}".${didYouMean(name, commands)}`, {
    next: SEE_COMMANDS,
    cause,
  });
}

function parseError(error: ParseFailure): UsageError | undefined {
  const { flags, args } = error;
  switch (error.constructor.name) {
    case 'NonExistentFlagsError': {
      const known = Object.keys(error.parse?.input?.flags ?? {}).map((name) => `--${name}`);
      const first = (flags?.[0] ?? '').replace(/=.*$/su, '');
      const names = (flags ?? []).map((flag) => flag.replace(/=.*$/su, '')).join(', ');
      const what = `Unknown flag${(flags?.length ?? 0) > 1 ? 's' : ''}: ${names}.`;
      return new UsageError(what + didYouMean(first, known), { next: SEE_HELP, cause: error });
    }
    case 'RequiredArgsError': {
      const missing = (args ?? []).map((arg) => (typeof arg === 'string' ? arg : describe(arg)));
      return new UsageError(`Missing: ${missing.join(', ')}.`, { next: SEE_HELP, cause: error });
    }
    case 'UnexpectedArgsError': {
      const words = (args ?? []).map((arg) => (typeof arg === 'string' ? `"${arg}"` : `"${arg.name}"`));
      return new UsageError(`Too many arguments: ${words.join(', ')}.`, { next: SEE_HELP, cause: error });
    }
    default:
      return undefined;
  }
}

function describe(arg: { name: string; description?: string; options?: string[] }): string {
  const detail = arg.options === undefined ? arg.description : arg.options.join('|');
  return detail === undefined ? arg.name.toUpperCase() : `${arg.name.toUpperCase()} (${detail})`;
}

function plainUsage(error: Error): UsageError {
  const [what = 'The command line is wrong.', ...rest] = stripVTControlCharacters(messageOf(error))
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('See more help') && !HEADS.test(line));
  return new UsageError(what, {
    why: rest.length > 0 ? rest.join('; ') : undefined,
    next: SEE_HELP,
    cause: error,
  });
}

const HEADS = /^The following errors? occurred:$/u;

/** The commands and topics of a configuration, as they are typed. */
export function commandNames(config: Interfaces.Config): string[] {
  const ids = config.commands.filter(({ hidden }) => !hidden).map(({ id }) => id);
  return [...new Set([...ids, ...config.topics.map(({ name }) => name)])]
    .map((id) => id.replaceAll(':', ' '))
    .sort();
}
