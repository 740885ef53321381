import { CgdiegoError, messageOf, type ErrorDetails } from '../errors.ts';
import { redactedUrl, type ConnectionSettings } from './settings.ts';

/** PostgreSQL said no, or could not be reached. `code` is its SQLSTATE or Node's error code. */
export class DatabaseError extends CgdiegoError {
  readonly code: string | undefined;

  constructor(what: string, code: string | undefined, details: ErrorDetails) {
    super(what, details);
    this.code = code;
  }
}

/** The SQLSTATE or the system's code of anything that pg or Node threw. */
export function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : undefined;
}

// prettier-ignore
const CONNECTION_LOST = new Set([
  'ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH',
  '57P01', '57P02', '57P03', '57P05', '53300', '08000', '08001', '08003', '08004', '08006',
]);

/** Whether the connection is gone, or the server is not there for now: connect again, then do the same again. */
export function isConnectionLost(error: unknown): boolean {
  const code = codeOf(error);
  if (code !== undefined) return CONNECTION_LOST.has(code);
  return /Connection terminated|timeout expired|timeout exceeded when trying to connect|Client was closed|not queryable|Connection ended/i.test(
    messageOf(error instanceof DatabaseError ? error.cause : error),
  );
}

/** Whether the same transaction may succeed when it is tried again: deadlock, serialisation failure, lock timeout. */
export function isContention(error: unknown): boolean {
  return ['40P01', '40001', '55P03'].includes(codeOf(error) ?? '');
}

const WRONG_CA = 'The CA in sslrootcert did not sign it. Use the CA bundle of this database.';

const CERTIFICATE_ADVICE: Readonly<Record<string, string>> = {
  ERR_TLS_CERT_ALTNAME_INVALID: 'The certificate is for another host name. Connect by a name that it has.',
  CERT_HAS_EXPIRED: 'It has expired. Have it renewed.',
  CERT_NOT_YET_VALID: 'It is not valid yet. Check the clock of this machine.',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'It is self-signed. Use it as sslrootcert, if it is the one you expect.',
  SELF_SIGNED_CERT_IN_CHAIN: WRONG_CA,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: WRONG_CA,
  UNABLE_TO_GET_ISSUER_CERT: WRONG_CA,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: WRONG_CA,
};

const UNREACHABLE =
  'Check host and port, the security group, and that you are on the network of the database.';
const UNRESOLVED = 'Check the host name; outside the network of the database it may not resolve.';
const REFUSED_LOGIN =
  'Check user and password (PGPASSFILE, the URL, bbs.json), and that the server lets this user in from here.';

const CONNECT_ADVICE: Readonly<Record<string, string>> = {
  ECONNREFUSED: UNREACHABLE,
  ETIMEDOUT: UNREACHABLE,
  EHOSTUNREACH: UNREACHABLE,
  ENETUNREACH: UNREACHABLE,
  ENOTFOUND: UNRESOLVED,
  EAI_AGAIN: UNRESOLVED,
  '28P01': REFUSED_LOGIN,
  '28000': REFUSED_LOGIN,
  '3D000': "Check the database name: cf-deployment's is diego, cloud.gov's is cfdb.",
  '53300': 'All connections of the server are taken. Try again, with fewer --connections.',
};

export const NO_PASSWORD = 'The server asks for a password and none was given.';

/** An error of connecting, in the operator's words. */
export function connectError(error: unknown, settings: ConnectionSettings): CgdiegoError {
  if (error instanceof CgdiegoError) return error;
  const code = codeOf(error) ?? '';
  const message = messageOf(error);
  let why = message;
  let next = CONNECT_ADVICE[code];
  if (code in CERTIFICATE_ADVICE) {
    why = `The server's certificate was not accepted: ${message}`;
    next = CERTIFICATE_ADVICE[code];
  } else if (message === NO_PASSWORD) {
    why = NO_PASSWORD;
    if (settings.passFileProblem !== undefined) why += ` ${settings.passFileProblem}.`;
    next =
      'Put it into ~/.pgpass (or PGPASSFILE), into the URL in CGDIEGO_DATABASE_URL, or use --bbs-config.';
  } else if (/does not support SSL/i.test(message)) {
    next = `The server has no TLS and sslmode=${settings.tls.mode} demands it.`;
  } else if (/timeout expired|timeout exceeded when trying to connect/i.test(message)) {
    why = `There was no answer within ${settings.connectTimeoutSeconds} s.`;
    next = UNREACHABLE;
  }
  return new DatabaseError(
    `Could not connect to ${redactedUrl(settings)} (from ${settings.source}).`,
    code || undefined,
    {
      why,
      next,
      cause: error,
    },
  );
}

const STATEMENT_ERRORS: Readonly<Record<string, { what: string; next: string }>> = {
  '42501': {
    what: 'The database role may not do this.',
    next: 'Grant what the README lists under least privilege, or use the role of the BBS.',
  },
  '42P01': {
    what: 'This database does not have the tables that are needed.',
    next: 'Check the database name: the store of the BBS has desired_lrps, actual_lrps and tasks; Locket has locks.',
  },
  '57014': {
    what: 'PostgreSQL ended a statement before it was done.',
    next: 'If the database is busy, give it more time with --statement-timeout.',
  },
  '55P03': {
    what: 'A lock was not to be had in time.',
    next: 'See who holds it (pg_locks, pg_stat_activity), or wait longer with --lock-timeout.',
  },
};

/** An error of a statement, in the operator's words; whatever is not PostgreSQL's is returned as it is. */
export function statementError(error: unknown): unknown {
  if (error instanceof CgdiegoError) return error;
  const code = codeOf(error);
  const details = { why: messageOf(error), cause: error };
  if (isConnectionLost(error)) {
    return new DatabaseError('The connection to PostgreSQL was lost.', code, {
      ...details,
      next: 'Run it again: nothing that was not committed has happened.',
    });
  }
  if (code === undefined) return error;
  const known = STATEMENT_ERRORS[code];
  return new DatabaseError(known?.what ?? 'PostgreSQL refused a statement.', code, {
    ...details,
    next: known?.next,
  });
}

/** Whether a statement took longer than the statement_timeout. */
export function isTimeout(error: unknown): boolean {
  return codeOf(error) === '57014';
}
