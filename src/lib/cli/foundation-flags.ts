import { Flags } from '@oclif/core';
import { connectionFlags, keyFlags, type ConnectionFlags, type KeyFlags } from './connection-flags.ts';

const HELP_GROUP = 'SOURCE';

/** Where a command reads the foundation from: the store and Locket, live reps, the BBS API, or a file. */
export const foundationFlags = {
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
  live: Flags.boolean({
    description: "also ask every cell's rep and show where it differs from the store",
    helpGroup: HELP_GROUP,
  }),
};

export interface FoundationFlags extends ConnectionFlags, KeyFlags {
  from?: string | undefined;
  source: string;
  live: boolean;
}
