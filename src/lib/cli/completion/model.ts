import type { Interfaces } from '@oclif/core';
import { REMEMBERED_KINDS, type RememberedKind } from './remembered-ids.ts';

/**
 * What follows a flag or stands as an argument: one of fixed values, a file, a directory, or something that only cgdiego knows
 * and is asked for when the key is pressed: columns of the command's list, names of profiles, ids seen lately.
 */
export type Completes =
  | { readonly kind: 'values'; readonly values: readonly string[] }
  | { readonly kind: 'file' | 'dir' | 'none' }
  | { readonly kind: 'ask'; readonly what: 'columns' | 'profiles' | RememberedKind; readonly list: boolean };

export interface CompletionFlag {
  readonly name: string;
  readonly char: string | undefined;
  readonly summary: string;
  /** `undefined`: a switch without a value. */
  readonly value: Completes | undefined;
  readonly multiple: boolean;
}

export interface CompletionArg {
  readonly name: string;
  readonly value: Completes;
}

export interface CompletionCommand {
  /** As it is typed: `certs dev`. */
  readonly words: string;
  readonly summary: string;
  readonly flags: readonly CompletionFlag[];
  readonly args: readonly CompletionArg[];
}

export interface CompletionModel {
  readonly bin: string;
  readonly commands: readonly CompletionCommand[];
  /** What can follow the words of a topic (`''` is the top): next word and summary. */
  readonly topics: ReadonlyMap<string, readonly { readonly word: string; readonly summary: string }[]>;
}

/** Everything that the shells need to know, from oclif's configuration. Hidden commands and flags are left out. */
export function completionModel(config: Interfaces.Config): CompletionModel {
  const commands = config.commands
    .filter(({ hidden }) => !hidden)
    .map((command): CompletionCommand => ({
      words: command.id.replaceAll(':', ' '),
      summary: firstLine(command.summary ?? command.description ?? ''),
      flags: Object.values(command.flags)
        .filter(({ hidden }) => hidden !== true)
        .map(flagOf)
        .concat(HELP)
        .sort(byName),
      args: Object.values(command.args)
        .filter(({ hidden }) => hidden !== true)
        .map((arg) => ({ name: arg.name, value: completesOf(arg.name, '', arg.options) })),
    }))
    .sort((a, b) => (a.words < b.words ? -1 : 1));
  const summaries = new Map(
    config.topics.map(({ name, description }) => [name.replaceAll(':', ' '), description ?? '']),
  );
  for (const { words, summary } of commands) summaries.set(words, summary);
  const topics = new Map<string, { word: string; summary: string }[]>();
  for (const { words } of commands) {
    const parts = words.split(' ');
    for (const [index, word] of parts.entries()) {
      const topic = parts.slice(0, index).join(' ');
      const known = topics.get(topic) ?? [];
      const summary = summaries.get(parts.slice(0, index + 1).join(' ')) ?? '';
      if (!known.some((entry) => entry.word === word)) known.push({ word, summary: firstLine(summary) });
      topics.set(topic, known);
    }
  }
  return { bin: config.bin, commands, topics };
}

const HELP: CompletionFlag = {
  name: 'help',
  char: 'h',
  summary: 'show help',
  value: undefined,
  multiple: false,
};

function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : 1;
}

type CachedFlag = Interfaces.Config['commands'][number]['flags'][string];

function flagOf(flag: CachedFlag): CompletionFlag {
  const base = {
    name: flag.name,
    char: flag.char,
    summary: firstLine(flag.summary ?? flag.description ?? ''),
  };
  if (flag.type === 'boolean') return { ...base, value: undefined, multiple: false };
  return {
    ...base,
    value: completesOf(flag.name, String(flag.helpValue ?? ''), flag.options),
    multiple: flag.multiple === true,
  };
}

/** By the names that cgdiego's flags and arguments have: `--cell`, `CELL_ID`, `--process`, `<file>`, `DIR`. */
export function completesOf(name: string, helpValue: string, options?: readonly string[]): Completes {
  if (options !== undefined && options.length > 0) return { kind: 'values', values: options };
  if (name === 'columns' || name === 'sort') return { kind: 'ask', what: 'columns', list: true };
  if (name === 'filter') return { kind: 'ask', what: 'columns', list: false };
  if (name === 'profile') return { kind: 'ask', what: 'profiles', list: false };
  const singular = name.replace(/[_-](guid|id)s?$/u, '').replace(/^process$|^app$/u, 'lrp');
  const remembered = REMEMBERED_KINDS.find((kind) => kind === `${singular}s`);
  if (remembered !== undefined) return { kind: 'ask', what: remembered, list: false };
  if (/dir/iu.test(helpValue) || name === 'dir') return { kind: 'dir' };
  if (/file|path/iu.test(helpValue) || /file|manifest|path/u.test(name)) return { kind: 'file' };
  return { kind: 'none' };
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0]!;
}
