import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { UsageError, messageOf } from '../errors.ts';

// prettier-ignore
const KEYWORDS = [
  'host', 'hostaddr', 'port', 'dbname', 'user', 'password', 'passfile', 'service', 'servicefile', 'connect_timeout',
  'options', 'sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'sslpassword',
] as const;

export type LibpqKeyword = (typeof KEYWORDS)[number];

/**
 * Connection parameters by libpq's names (https://www.postgresql.org/docs/current/libpq-connect.html), as far as cgdiego
 * uses them. `password` is a secret.
 */
export type LibpqParameters = Partial<Record<LibpqKeyword, string>>;

const VARIABLES: Partial<Record<LibpqKeyword, string>> = {
  host: 'PGHOST',
  hostaddr: 'PGHOSTADDR',
  port: 'PGPORT',
  dbname: 'PGDATABASE',
  user: 'PGUSER',
  password: 'PGPASSWORD',
  passfile: 'PGPASSFILE',
  service: 'PGSERVICE',
  servicefile: 'PGSERVICEFILE',
  connect_timeout: 'PGCONNECT_TIMEOUT',
  options: 'PGOPTIONS',
  sslmode: 'PGSSLMODE',
  sslrootcert: 'PGSSLROOTCERT',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
};

export type Environment = Readonly<Record<string, string | undefined>>;

/** Whether the environment names a server or a database, as it would for psql without arguments. */
export function hasLibpqEnvironment(env: Environment): boolean {
  return ['PGHOST', 'PGHOSTADDR', 'PGSERVICE', 'PGDATABASE'].some((name) => Boolean(env[name]));
}

/** What was given, completed from the service file and the environment: libpq's order. */
export async function completeFromEnvironment(
  given: LibpqParameters,
  env: Environment,
): Promise<LibpqParameters> {
  const fromEnv: LibpqParameters = {};
  for (const [keyword, name] of Object.entries(VARIABLES)) {
    const value = env[name];
    if (value) fromEnv[keyword as LibpqKeyword] = value;
  }
  const service = given.service ?? fromEnv.service;
  const fromService =
    service === undefined ? {} : await readService(service, given.servicefile ?? fromEnv.servicefile, env);
  return { ...fromEnv, ...fromService, ...given };
}

async function readService(
  service: string,
  file: string | undefined,
  env: Environment,
): Promise<LibpqParameters> {
  const files = file === undefined ? [join(env.HOME ?? homedir(), '.pg_service.conf')] : [file];
  if (env.PGSYSCONFDIR) files.push(join(env.PGSYSCONFDIR, 'pg_service.conf'));
  for (const path of files) {
    const text = await readFile(path, 'utf8').catch(() => '');
    const section = serviceSection(text, service);
    if (section !== undefined) return section;
  }
  throw new UsageError(`There is no PostgreSQL service ${JSON.stringify(service)}.`, {
    why: `It is not in ${files.join(' nor in ')}.`,
    next: 'Correct PGSERVICE, or point PGSERVICEFILE at the file that has it.',
  });
}

function serviceSection(text: string, service: string): LibpqParameters | undefined {
  let section: LibpqParameters | undefined;
  for (const raw of text.split('\n')) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const header = /^\[(.*)\]$/.exec(line);
    if (header) {
      if (section !== undefined) break;
      if (header[1] === service) section = {};
    } else if (section !== undefined) {
      const equals = line.indexOf('=');
      const keyword = line.slice(0, Math.max(equals, 0)).trim();
      if (isKeyword(keyword)) section[keyword] = line.slice(equals + 1).trim();
    }
  }
  return section;
}

function isKeyword(name: string): name is LibpqKeyword {
  return (KEYWORDS as readonly string[]).includes(name);
}

/**
 * A connection URI or a `key=value` string, as psql takes them.
 * @throws {UsageError} that never quotes the string, for it may hold a password
 */
export function parseConnectionString(text: string, source: string): LibpqParameters {
  return /^postgres(?:ql)?:\/\//.test(text) ? parseUri(text, source) : parseKeyValues(text, source);
}

function parseUri(text: string, source: string): LibpqParameters {
  let url: URL;
  try {
    url = new URL(text);
  } catch (error) {
    throw malformed(source, `it is not a valid URI (${messageOf(error)})`);
  }
  const parts: LibpqParameters = {
    user: url.username,
    password: url.password,
    host: withoutBrackets(url.hostname),
    port: url.port,
    dbname: url.pathname.slice(1),
  };
  const parameters: LibpqParameters = {};
  for (const [keyword, value] of Object.entries(parts)) {
    if (value === '') continue;
    try {
      parameters[keyword as LibpqKeyword] = decodeURIComponent(value);
    } catch {
      throw malformed(source, 'a % in it does not begin a percent-encoded byte; write a literal % as %25');
    }
  }
  return { ...parameters, ...searchParameters(url.searchParams) };
}

function searchParameters(search: URLSearchParams): LibpqParameters {
  const parameters: LibpqParameters = {};
  for (const [name, value] of search) {
    if (isKeyword(name)) parameters[name] = value;
    // JDBC's word, which libpq takes too.
    else if (name === 'ssl' && value === 'true') parameters.sslmode = 'require';
  }
  return parameters;
}

/** Brackets are the URI's way to write an IPv6 address, not a part of it. */
function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}

function parseKeyValues(text: string, source: string): LibpqParameters {
  const parameters: LibpqParameters = {};
  const pair = /\s*([A-Za-z_]+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|((?:[^\s'\\]|\\.)*))(?=\s|$)/y;
  const end = text.trimEnd().length;
  while (pair.lastIndex < end) {
    const match = pair.exec(text);
    if (match === null) throw malformed(source, 'it is neither a postgres:// URI nor a list of key=value');
    const [, name = '', quoted, bare = ''] = match;
    if (isKeyword(name)) parameters[name] = (quoted ?? bare).replace(/\\(.)/g, '$1');
  }
  return parameters;
}

function malformed(source: string, why: string): UsageError {
  return new UsageError(`The connection string of ${source} cannot be read.`, {
    why: `${why[0]!.toUpperCase()}${why.slice(1)}.`,
    next:
      'Write postgres://USER:PASSWORD@HOST:PORT/DATABASE with @ : / ? # % of the password percent-encoded, ' +
      'or leave the password to PGPASSFILE.',
  });
}

/**
 * The connection string of a bbs.json or locket.json. The job builds it without URL escaping, so a password may hold any
 * character and nothing is decoded: the last `@` that is followed by a host and a database ends it.
 */
export function parseUnescapedUri(text: string, source: string): LibpqParameters {
  const match =
    /^postgres(?:ql)?:\/\/([^:@]*)(?::(.*))?@(\[[^\]]*\]|[^@:/?#\s]*)(?::(\d+))?\/([^@/?#]*)(?:\?([^@]*))?$/s.exec(
      text,
    );
  if (match === null) return parseConnectionString(text, source);
  const [, user, password, host = '', port, dbname, search] = match;
  const parameters = searchParameters(new URLSearchParams(search));
  for (const [keyword, value] of Object.entries({
    user,
    password,
    host: withoutBrackets(host),
    port,
    dbname,
  })) {
    if (value) parameters[keyword as LibpqKeyword] = value;
  }
  return parameters;
}
