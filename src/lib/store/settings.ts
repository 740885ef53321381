import { userInfo } from 'node:os';
import { UsageError } from '../errors.ts';
import type { LibpqParameters } from './libpq.ts';

/** libpq's sslmode. `prefer` is libpq's default: TLS if the server has it, without verification. */
export const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
export type SslMode = (typeof SSL_MODES)[number];

export interface TlsSettings {
  mode: SslMode;
  /** A PEM file, or `system` for the system's own CAs. */
  rootCert?: string | undefined;
  cert?: string | undefined;
  key?: string | undefined;
  keyPassphrase?: string | undefined;
}

/** Where the store is and how to get in. The password is a secret: print {@link redactedUrl}, never this. */
export interface ConnectionSettings {
  /** Who said so, for messages: a flag, a variable or a file. */
  source: string;
  host: string;
  /** Connect to this address; `host` is still the name that the certificate must have. */
  hostAddress?: string | undefined;
  port: number;
  database: string;
  user: string;
  password?: string | undefined;
  passFile?: string | undefined;
  /** Why libpq's password file was not used, for when the server asks for a password. */
  passFileProblem?: string | undefined;
  options?: string | undefined;
  connectTimeoutSeconds: number;
  tls: TlsSettings;
}

const DEFAULT_CONNECT_TIMEOUT_SECONDS = '15';

/** @throws {UsageError} for a port, a timeout or an sslmode that cannot be */
export function settingsFromParameters(parameters: LibpqParameters, source: string): ConnectionSettings {
  const user = parameters.user ?? userInfo().username;
  const timeout = parameters.connect_timeout ?? DEFAULT_CONNECT_TIMEOUT_SECONDS;
  return {
    source,
    host: parameters.host ?? parameters.hostaddr ?? 'localhost',
    hostAddress: parameters.hostaddr,
    port: wholeNumber(parameters.port ?? '5432', 'port', [1, 65_535], source),
    database: parameters.dbname ?? user,
    user,
    password: parameters.password,
    passFile: parameters.passfile,
    options: parameters.options,
    connectTimeoutSeconds: wholeNumber(timeout, 'connect_timeout', [0, 86_400], source),
    tls: {
      mode: sslMode(parameters, source),
      rootCert: parameters.sslrootcert,
      cert: parameters.sslcert,
      key: parameters.sslkey,
      keyPassphrase: parameters.sslpassword,
    },
  };
}

function wholeNumber(text: string, name: string, [least, most]: [number, number], source: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new UsageError(`The ${name} of ${source} is not valid: ${JSON.stringify(text)}.`, {
    why: `It must be a whole number from ${least} to ${most}.`,
  });
}

function sslMode(parameters: LibpqParameters, source: string): SslMode {
  // libpq: the system's CAs are only good for a full check.
  const fallback = parameters.sslrootcert === 'system' ? 'verify-full' : 'prefer';
  const mode = parameters.sslmode ?? fallback;
  if ((SSL_MODES as readonly string[]).includes(mode)) return mode as SslMode;
  throw new UsageError(`The sslmode of ${source} is not valid: ${JSON.stringify(mode)}.`, {
    why: `libpq knows ${SSL_MODES.join(', ')}.`,
    next: 'For a database outside the machine use verify-full with sslrootcert.',
  });
}

/** The connection as it may be shown: the password is three asterisks, whether there is one or not. */
export function redactedUrl(settings: ConnectionSettings): string {
  const search = new URLSearchParams();
  let authority = '';
  if (settings.host.startsWith('/')) search.set('host', settings.host);
  else authority = `${settings.host.includes(':') ? `[${settings.host}]` : settings.host}:${settings.port}`;
  search.set('sslmode', settings.tls.mode);
  const user = encodeURIComponent(settings.user);
  return `postgres://${user}:***@${authority}/${encodeURIComponent(settings.database)}?${search.toString()}`;
}
