import process from 'node:process';
import type { Interfaces } from '@oclif/core';
import { recordsOf } from '../records.ts';
import { recallIds, REMEMBERED_KINDS } from './remembered-ids.ts';

/** The words that can stand for `what`, given the command as it was typed. Unknown questions have no answer. */
export async function answerCompletion(
  config: Interfaces.Config,
  what: string,
  command: string,
): Promise<string[]> {
  if (what === 'columns') return columnsOf(config, command);
  if (what === 'profiles') return profileNames();
  const kind = REMEMBERED_KINDS.find((known) => known === what);
  return kind === undefined ? [] : recallIds(kind);
}

/** None where there is no file, or one that cannot be read: a completion is no place for errors. */
async function profileNames(): Promise<string[]> {
  const { profilesPath, readProfiles } = await import('../profile.ts');
  try {
    return Object.keys(await readProfiles(profilesPath(process.env)));
  } catch {
    return [];
  }
}

async function columnsOf(config: Interfaces.Config, command: string): Promise<string[]> {
  const found = config.findCommand(command.replaceAll(' ', ':'));
  if (found === undefined) return [];
  const records = await recordsOf(await found.load());
  return [...new Set(records.flatMap(({ type }) => type.columns.map(({ name }) => name)))];
}
