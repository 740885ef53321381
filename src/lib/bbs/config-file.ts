import { readFile, stat } from 'node:fs/promises';
import { UsageError, messageOf } from '../errors.ts';

/**
 * What cgdiego reads of a bbs.json or locket.json, as the jobs write them
 * (/var/vcap/jobs/bbs/config/bbs.json, /var/vcap/jobs/locket/config/locket.json). Holds secrets.
 */
export interface DiegoConfig {
  database_driver?: string;
  /** Built without URL escaping. */
  database_connection_string?: string;
  sql_ca_cert_file?: string;
  sql_enable_identity_verification?: boolean;
  active_key_label?: string;
  encryption_keys?: Record<string, string>;
  listen_address?: string;
  ca_file?: string;
  cert_file?: string;
  key_file?: string;
  rep_ca_cert?: string;
  rep_client_cert?: string;
  rep_client_key?: string;
  rep_require_tls?: boolean;
  locket_address?: string;
  locket_ca_cert_file?: string;
  locket_client_cert_file?: string;
  locket_client_key_file?: string;
}

/** @throws {UsageError} when it cannot be read or is not a JSON object; it never quotes the file */
export async function readDiegoConfig(path: string): Promise<DiegoConfig> {
  const text = await readInput(path);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's message quotes the text, and the text has passphrases in it.
    throw new UsageError(`${path} is not JSON.`, {
      next: 'Give the bbs.json or locket.json of the VM as it is.',
    });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UsageError(`${path} is not a JSON object.`, {
      next: 'Give the bbs.json or locket.json of the VM as it is.',
    });
  }
  return value;
}

/** @throws {UsageError} */
export async function readInput(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new UsageError(`${path} cannot be read.`, { why: messageOf(error), cause: error });
  }
}

/** A warning for a file with secrets that others on the machine can read; `undefined` when it is well kept. */
export async function permissionWarning(path: string): Promise<string | undefined> {
  if (process.platform === 'win32') return undefined;
  const { mode } = await stat(path);
  const others = mode & 0o077;
  if (others === 0) return undefined;
  const octal = (mode & 0o777).toString(8).padStart(4, '0');
  return `Warning: ${path} holds secrets and others can read it (mode ${octal}). Run: chmod 600 ${path}`;
}
