import process from 'node:process';
import { UsageError } from '../errors.ts';
import { readKeysFile } from '../bbs/keys-file.ts';
import type { KeyConfig } from '../bbs/keyring.ts';
import { Database, type DatabaseOptions } from '../store/database.ts';
import { hasTable } from '../store/catalogue.ts';
import { parseConnectionString } from '../store/libpq.ts';
import { resolveLocket, resolveStore } from '../store/resolve.ts';
import type { ConnectionFlags, KeyFlags } from './connection-flags.ts';

/** What a command gives along to open something: who it is, how to be interrupted, and how to talk to the operator. */
export interface OpenContext {
  /** `cgdiego/<version> <command>`, as pg_stat_activity shows it. */
  applicationName: string;
  signal: AbortSignal;
  say: (text: string) => void;
}

/** Opens the store of the BBS as the flags, the environment and the profile say. Close it. */
export async function openStore(
  flags: ConnectionFlags,
  context: OpenContext,
  connections?: number,
): Promise<Database> {
  const settings = await resolveStore(
    { databaseUrl: flags['database-url'], bbsConfig: flags['bbs-config'] },
    process.env,
  );
  warnOfPassword(flags['database-url'], '--database-url', 'CGDIEGO_DATABASE_URL', context);
  return Database.open(settings, {
    ...databaseOptions(flags, context),
    anchorTable: 'desired_lrps',
    ...(connections === undefined ? {} : { connections }),
  });
}

/** The environment and profiles are for passwords, the command line is not. */
function warnOfPassword(url: string | undefined, flag: string, variable: string, context: OpenContext): void {
  if (url === undefined || !process.argv.some((word) => word.includes(url))) return;
  if (parseConnectionString(url, flag).password === undefined) return;
  context.say(
    `Warning: a password on the command line is seen by everybody on this machine. Use ${variable} or PGPASSFILE.`,
  );
}

/**
 * Locket's database: what the flags say, else the store's own when it has `locks`. `undefined` when there is none; the caller says
 * what that means. A database that is named and cannot be opened is an error.
 */
export async function openLocket(
  flags: ConnectionFlags,
  context: OpenContext,
  store: Database,
): Promise<Database | undefined> {
  if (flags['locket-database-url'] === undefined && (await hasTable(store, 'locks'))) return store;
  const settings = await resolveLocket(
    { locketDatabaseUrl: flags['locket-database-url'], locketConfig: flags['locket-config'] },
    process.env,
  );
  if (settings === undefined) return undefined;
  const url = flags['locket-database-url'];
  warnOfPassword(url, '--locket-database-url', 'CGDIEGO_LOCKET_DATABASE_URL', context);
  return Database.open(settings, { ...databaseOptions(flags, context), anchorTable: 'locks' });
}

function databaseOptions(flags: ConnectionFlags, context: OpenContext): DatabaseOptions {
  return {
    applicationName: context.applicationName,
    statementTimeoutMs: flags['statement-timeout'],
    lockTimeoutMs: flags['lock-timeout'],
    signal: context.signal,
  };
}

/** The keys as `--keys`, else `--bbs-config`, give them; `undefined` when neither is given. Warnings go to stderr. */
export async function readKeys(
  flags: KeyFlags,
  context: Pick<OpenContext, 'say'>,
): Promise<KeyConfig | undefined> {
  const path = flags.keys ?? flags['bbs-config'];
  if (path === undefined) return undefined;
  const { config, warnings } = await readKeysFile(path, process.stdin);
  for (const warning of warnings) context.say(warning);
  return config;
}

/** @throws {UsageError} when neither `--keys` nor `--bbs-config` is given */
export async function requireKeys(flags: KeyFlags, context: Pick<OpenContext, 'say'>): Promise<KeyConfig> {
  const keys = await readKeys(flags, context);
  if (keys !== undefined) return keys;
  throw new UsageError('Nobody said which encryption keys there are.', {
    why: 'There is no --keys (CGDIEGO_KEYS) and no --bbs-config.',
    next: 'Give --keys FILE with encryption_keys and active_key_label, --keys - to read them from standard input, or the bbs.json of the BBS.',
  });
}
