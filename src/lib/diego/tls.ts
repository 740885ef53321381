import { createSecureContext, type SecureContext } from 'node:tls';
import { UsageError, messageOf } from '../errors.ts';

/** Certificates for mutual TLS, as PEM. `key` is a secret. */
export interface MutualTls {
  ca: string | undefined;
  cert: string | undefined;
  key: string | undefined;
  /** cfdot's SKIP_CERT_VERIFY: whoever answers is believed. */
  skipVerify?: boolean;
}

/** What node:tls and node:https take: the certificates read once for any number of connections. */
export interface ClientTls {
  secureContext: SecureContext;
  rejectUnauthorized: boolean;
}

/** @throws {UsageError} when the certificates cannot be used, for example because the key belongs to another one */
export function clientTls({ ca, cert, key, skipVerify }: MutualTls): ClientTls {
  try {
    return {
      secureContext: createSecureContext({ ca, cert, key, minVersion: 'TLSv1.2' }),
      rejectUnauthorized: skipVerify !== true,
    };
  } catch (error) {
    throw new UsageError('The client certificate, its key or the CA cannot be used.', {
      why: messageOf(error),
      next: 'Look at them with cgdiego certs: the key must belong to the certificate.',
      cause: error,
    });
  }
}

/**
 * Whether SKIP_CERT_VERIFY says so, read as cfdot does it (Go's strconv.ParseBool).
 * @throws {UsageError} for a value that is neither
 */
export function skipCertVerify(value: string | undefined): boolean {
  if (value === undefined || value === '') return false;
  if (['1', 't', 'T', 'TRUE', 'true', 'True'].includes(value)) return true;
  if (['0', 'f', 'F', 'FALSE', 'false', 'False'].includes(value)) return false;
  throw new UsageError(`SKIP_CERT_VERIFY is ${JSON.stringify(value)}, which is neither true nor false.`, {
    next: 'Set it to true or false, or unset it.',
  });
}

/** Why a connection failed, in an operator's words. The codes are those of Node's and OpenSSL's errors. */
export function explainConnection(error: unknown, peer: string): string {
  const { code = '' } = error as { code?: string };
  switch (code) {
    case 'ECONNREFUSED':
      return `nobody listens at ${peer}`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the name in ${peer} is not known here; off the foundation's own VMs BOSH DNS is missing`;
    case 'ECONNRESET':
    case 'EPIPE':
      return `${peer} closed the connection`;
    case 'CERT_HAS_EXPIRED':
      return `the certificate of ${peer} has expired`;
    case 'CERT_NOT_YET_VALID':
      return `the certificate of ${peer} is not valid yet`;
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `the certificate of ${peer} is for other names`;
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'CERT_SIGNATURE_FAILURE':
      return `the certificate of ${peer} is not signed by the CA that was given`;
  }
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || messageOf(error).includes('wrong version number')) {
    return `${peer} does not speak TLS`;
  }
  if (code.startsWith('ERR_SSL_') && (code.includes('ALERT') || code.includes('HANDSHAKE_FAILURE'))) {
    return `${peer} refused the client certificate (${alertName(error)})`;
  }
  return messageOf(error);
}

/** The alert's name out of OpenSSL's line: `…:SSL routines:ssl3_read_bytes:tlsv13 alert certificate required:../deps/…`. */
export function alertName(error: unknown): string {
  const message = messageOf(error);
  return /:SSL routines:[^:]*:([^:]+):/.exec(message)?.[1] ?? message;
}
