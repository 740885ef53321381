import { UsageError } from '../errors.ts';
import { readDiegoConfig, type DiegoConfig } from '../bbs/config-file.ts';
import {
  completeFromEnvironment,
  hasLibpqEnvironment,
  parseConnectionString,
  parseUnescapedUri,
  type Environment,
} from './libpq.ts';
import { withPasswordFile } from './password-file.ts';
import { settingsFromParameters, type ConnectionSettings } from './settings.ts';

export interface StoreLocation {
  databaseUrl?: string | undefined;
  bbsConfig?: string | undefined;
}

export interface LocketLocation {
  locketDatabaseUrl?: string | undefined;
  locketConfig?: string | undefined;
}

/**
 * Where the BBS's store is: `--database-url`, else the libpq environment, else `--bbs-config`.
 * @throws {UsageError} when nothing says it, or what says it cannot be read
 */
export async function resolveStore(location: StoreLocation, env: Environment): Promise<ConnectionSettings> {
  return withPasswordFile(await storeSettings(location, env), env);
}

async function storeSettings(location: StoreLocation, env: Environment): Promise<ConnectionSettings> {
  if (location.databaseUrl !== undefined) return fromUrl(location.databaseUrl, '--database-url', env);
  if (hasLibpqEnvironment(env)) {
    return settingsFromParameters(await completeFromEnvironment({}, env), 'the libpq environment');
  }
  if (location.bbsConfig !== undefined)
    return fromDiegoConfig(await readDiegoConfig(location.bbsConfig), location.bbsConfig);
  throw new UsageError('Nobody said where the store of the BBS is.', {
    why: 'There is no --database-url, no libpq environment (PGHOST, PGSERVICE, ...) and no --bbs-config.',
    next: 'Set CGDIEGO_DATABASE_URL to postgres://USER@HOST/DATABASE?sslmode=verify-full, or run on the BBS VM with --bbs-config /var/vcap/jobs/bbs/config/bbs.json.',
  });
}

/**
 * Where Locket's database is, when it is said: `--locket-database-url`, else `--locket-config`. Without either, the caller looks
 * for `locks` in the store's own database.
 */
export async function resolveLocket(
  location: LocketLocation,
  env: Environment,
): Promise<ConnectionSettings | undefined> {
  const { locketDatabaseUrl, locketConfig } = location;
  if (locketDatabaseUrl !== undefined)
    return withPasswordFile(await fromUrl(locketDatabaseUrl, '--locket-database-url', env), env);
  if (locketConfig === undefined) return undefined;
  return withPasswordFile(fromDiegoConfig(await readDiegoConfig(locketConfig), locketConfig), env);
}

async function fromUrl(url: string, flag: string, env: Environment): Promise<ConnectionSettings> {
  // oclif does not tell whether the flag or its variable was given.
  const variable = `CGDIEGO_${flag.slice(2).replaceAll('-', '_').toUpperCase()}`;
  const source = env[variable] === url ? variable : flag;
  const given = parseConnectionString(url, source);
  return settingsFromParameters(await completeFromEnvironment(given, env), source);
}

/** @throws {UsageError} for MySQL, which cgdiego does not speak */
export function fromDiegoConfig(config: DiegoConfig, path: string): ConnectionSettings {
  const driver = config.database_driver ?? 'postgres';
  if (driver !== 'postgres') {
    throw new UsageError(`${path} names the database driver ${JSON.stringify(driver)}.`, {
      why: 'cgdiego works with PostgreSQL only.',
    });
  }
  if (!config.database_connection_string) {
    throw new UsageError(`${path} has no database_connection_string.`, {
      next: 'Give the bbs.json of a BBS with a SQL store, or use --database-url.',
    });
  }
  const settings = settingsFromParameters(parseUnescapedUri(config.database_connection_string, path), path);
  if (config.sql_ca_cert_file) {
    settings.tls.rootCert = config.sql_ca_cert_file;
    settings.tls.mode = config.sql_enable_identity_verification === true ? 'verify-full' : 'verify-ca';
  }
  return settings;
}
