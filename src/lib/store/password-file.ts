import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { codeOf } from './errors.ts';
import type { Environment } from './libpq.ts';
import type { ConnectionSettings } from './settings.ts';

/**
 * The settings with the password that libpq's password file has for them, if they have none. pg would look there by itself, but
 * complains on stderr while it does. As with libpq, a file that others can read is not used.
 */
export async function withPasswordFile(
  settings: ConnectionSettings,
  env: Environment,
): Promise<ConnectionSettings> {
  if (settings.password !== undefined) return settings;
  const path = settings.passFile ?? join(env.HOME ?? homedir(), '.pgpass');
  let text: string;
  try {
    const { mode } = await stat(path);
    if ((mode & 0o077) !== 0) {
      return { ...settings, passFileProblem: `${path} was not used: others can read it (chmod 600 ${path})` };
    }
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (settings.passFile === undefined) return settings;
    return { ...settings, passFileProblem: `${path} cannot be read (${codeOf(error) ?? 'unknown'})` };
  }
  const password = text
    .split(/\r?\n/)
    .map((line) => matchingPassword(line, settings))
    .find((found) => found !== undefined);
  return password === undefined ? settings : { ...settings, password };
}

/** `host:port:database:user:password`; a backslash before `:` and `\`, `*` for anything. A unix socket goes by `localhost`, too. */
function matchingPassword(line: string, settings: ConnectionSettings): string | undefined {
  if (line.startsWith('#')) return undefined;
  const fields = /^((?:\\.|[^\\:])*):((?:\\.|[^\\:])*):((?:\\.|[^\\:])*):((?:\\.|[^\\:])*):(.*)$/u.exec(line);
  if (fields === null) return undefined;
  const [host, port, database, user, password] = fields
    .slice(1)
    .map((field) => field.replace(/\\(.)/gu, '$1'));
  const names = settings.host.startsWith('/') ? [settings.host, 'localhost'] : [settings.host];
  const fits =
    (host === '*' || names.includes(host!)) &&
    (port === '*' || port === String(settings.port)) &&
    (database === '*' || database === settings.database) &&
    (user === '*' || user === settings.user);
  return fits ? password : undefined;
}
