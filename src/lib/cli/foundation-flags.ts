import { Flags } from '@oclif/core';
import { connectionFlags, keyFlags, type ConnectionFlags, type KeyFlags } from './connection-flags.ts';
import { durationFlag } from './duration.ts';
import { bbsFlags, type BbsFlags } from './live-flags.ts';

const HELP_GROUP = 'SOURCE';

/** Where a command reads the foundation from: the store and Locket, the BBS API, or a file. */
export const sourceFlags = {
  ...connectionFlags,
  ...keyFlags,
  from: Flags.string({
    description: 'a snapshot saved before with cgdiego snapshot, instead of the store',
    helpGroup: HELP_GROUP,
    helpValue: '<file>',
    exclusive: ['live', 'source'],
  }),
  source: Flags.option({
    options: ['store', 'api'] as const,
    default: 'store' as const,
    description: "the database, or the BBS's API for who has no access to it",
    helpGroup: HELP_GROUP,
  })(),
  ...bbsFlags,
};

/** {@link sourceFlags} for commands that can ask the reps, too. */
export const foundationFlags = {
  ...sourceFlags,
  live: Flags.boolean({
    description: "also ask every cell's rep and show where it differs from the store",
    helpGroup: HELP_GROUP,
  }),
  'rep-timeout': durationFlag({
    description: 'how long to wait for each rep with --live',
    default: 10_000,
    defaultHelp: () => Promise.resolve('10s'),
    helpGroup: HELP_GROUP,
  }),
};

export interface SourceFlags extends ConnectionFlags, KeyFlags, BbsFlags {
  from?: string | undefined;
  source: string;
}

export interface FoundationFlags extends SourceFlags {
  live: boolean;
  'rep-timeout'?: number | undefined;
}
