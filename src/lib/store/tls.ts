import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { checkServerIdentity, type ConnectionOptions, type PeerCertificate } from 'node:tls';
import { UsageError, messageOf } from '../errors.ts';
import type { ConnectionSettings } from './settings.ts';

/** One way to connect: `false` is without TLS. libpq's `prefer` and `allow` are two attempts. */
export type TlsAttempt = ConnectionOptions | false;

/**
 * The attempts that an sslmode means, in libpq's order.
 * @throws {UsageError} when a certificate that is named cannot be read
 */
export async function tlsAttempts(settings: ConnectionSettings): Promise<TlsAttempt[]> {
  // libpq does not use TLS over a unix socket.
  if (settings.host.startsWith('/') || settings.tls.mode === 'disable') return [false];
  const options = await tlsOptions(settings);
  switch (settings.tls.mode) {
    case 'prefer':
      return [options, false];
    case 'allow':
      return [false, options];
    case 'require':
    case 'verify-ca':
    case 'verify-full':
      return [options];
  }
}

async function tlsOptions(settings: ConnectionSettings): Promise<ConnectionOptions> {
  const { mode, cert, key, keyPassphrase } = settings.tls;
  const options: ConnectionOptions = { minVersion: 'TLSv1.2' };
  const clientCert = cert ?? existing(postgresHome('postgresql.crt'));
  if (clientCert !== undefined) {
    options.cert = await readPem(clientCert, 'client certificate');
    options.key = await readPem(key ?? postgresHome('postgresql.key'), 'client key');
    if (keyPassphrase !== undefined) options.passphrase = keyPassphrase;
  }
  const rootCert = settings.tls.rootCert ?? existing(postgresHome('root.crt'));
  // libpq: "require" with a root certificate verifies like "verify-ca".
  const verifies =
    mode === 'verify-full' || mode === 'verify-ca' || (mode === 'require' && rootCert !== undefined);
  options.rejectUnauthorized = verifies;
  if (!verifies) return options;
  if (rootCert === undefined) {
    throw new UsageError(`sslmode=${mode} needs a root certificate to verify against.`, {
      why: `sslrootcert is not given and there is no ${postgresHome('root.crt')}.`,
      next: 'Set sslrootcert (PGSSLROOTCERT) to the CA bundle of the database, for RDS its global-bundle.pem, or to "system".',
    });
  }
  if (rootCert !== 'system') options.ca = await readPem(rootCert, 'root certificate');
  options.checkServerIdentity =
    mode === 'verify-full'
      ? // Node checks the TLS server name, which is empty for an IP address: check what the operator named.
        (_name: string, certificate: PeerCertificate) => checkServerIdentity(settings.host, certificate)
      : () => undefined;
  return options;
}

function postgresHome(file: string): string {
  return join(homedir(), '.postgresql', file);
}

function existing(path: string): string | undefined {
  return existsSync(path) ? path : undefined;
}

async function readPem(path: string, what: string): Promise<string> {
  try {
    const pem = await readFile(path, 'utf8');
    if (!pem.includes('-----BEGIN ')) throw new Error('It holds no PEM block.');
    return pem;
  } catch (error) {
    throw new UsageError(`The ${what} ${path} cannot be used.`, { why: messageOf(error), cause: error });
  }
}
