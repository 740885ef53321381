import { Flags } from '@oclif/core';
import { durationFlag } from './duration.ts';

/** How every command that reads the store finds it. */
export const connectionFlags = {
  'database-url': Flags.string({
    description:
      'the store of the BBS: a PostgreSQL URI; else the libpq environment (PGHOST, PGSERVICE, PGPASSFILE, ...)',
    env: 'CGDIEGO_DATABASE_URL',
    helpGroup: 'CONNECTION',
    helpValue: '<uri>',
  }),
  'bbs-config': Flags.string({
    description: 'a bbs.json as on the VM of the BBS: store, keys and certificates',
    env: 'CGDIEGO_BBS_CONFIG',
    helpGroup: 'CONNECTION',
    helpValue: '<file>',
  }),
  'locket-database-url': Flags.string({
    description: "Locket's database, when it is not the store's own",
    env: 'CGDIEGO_LOCKET_DATABASE_URL',
    helpGroup: 'CONNECTION',
    helpValue: '<uri>',
  }),
  'locket-config': Flags.string({
    description: "a locket.json, for Locket's database",
    env: 'CGDIEGO_LOCKET_CONFIG',
    helpGroup: 'CONNECTION',
    helpValue: '<file>',
  }),
  'statement-timeout': durationFlag({
    description: 'how long one statement may take',
    default: 120_000,
    defaultHelp: () => Promise.resolve('120s'),
    helpGroup: 'CONNECTION',
  }),
  'lock-timeout': durationFlag({
    description: 'how long to wait for a lock',
    default: 10_000,
    defaultHelp: () => Promise.resolve('10s'),
    helpGroup: 'CONNECTION',
  }),
};

export interface ConnectionFlags {
  'database-url'?: string | undefined;
  'bbs-config'?: string | undefined;
  'locket-database-url'?: string | undefined;
  'locket-config'?: string | undefined;
  'statement-timeout': number;
  'lock-timeout': number;
}

/** Where the keys come from. */
export const keyFlags = {
  keys: Flags.string({
    description:
      'the encryption keys: a JSON or YAML file with encryption_keys and active_key_label, or - for standard input',
    env: 'CGDIEGO_KEYS',
    helpGroup: 'KEYS',
    helpValue: '<file>',
  }),
};

export interface KeyFlags {
  keys?: string | undefined;
  'bbs-config'?: string | undefined;
}
