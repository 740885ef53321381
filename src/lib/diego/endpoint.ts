import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { readDiegoConfig } from '../bbs/config-file.ts';
import { UsageError, messageOf } from '../errors.ts';
import { skipCertVerify, type MutualTls } from './tls.ts';

export interface BbsEndpoint {
  url: URL;
  tls: MutualTls;
}

/** What says who we are: flags and cfdot's environment, else a bbs.json. */
export interface TlsLocation {
  caFile?: string | undefined;
  certFile?: string | undefined;
  keyFile?: string | undefined;
  /** SKIP_CERT_VERIFY as it stands in the environment. */
  skipCertVerify?: string | undefined;
  /** A bbs.json, for what is not given. Relative paths in it are relative to it. */
  bbsConfig?: string | undefined;
}

export interface BbsLocation extends TlsLocation {
  url?: string | undefined;
}

/** The name that BOSH DNS has for the active BBS, and its port by default. */
const BBS_NAME = 'bbs.service.cf.internal';
const BBS_PORT = '8889';

/**
 * Where the BBS is and how to be let in; `undefined` when nothing says it.
 * @throws {UsageError} for a URL that is none, or a certificate that cannot be read
 */
export async function resolveBbs(location: BbsLocation): Promise<BbsEndpoint | undefined> {
  const config = location.bbsConfig === undefined ? {} : await readDiegoConfig(location.bbsConfig);
  const port = config.listen_address?.split(':').at(-1) ?? BBS_PORT;
  const text =
    location.url ?? (config.listen_address === undefined ? undefined : `https://${BBS_NAME}:${port}`);
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new UsageError('The URL of the BBS is not valid.', {
      next: `Write https://${BBS_NAME}:${BBS_PORT}.`,
    });
  }
  // The BBS's own certificate is good for a client, too.
  const tls = await readTls(location, { ca: config.ca_file, cert: config.cert_file, key: config.key_file });
  return { url, tls };
}

/** @throws {UsageError} as {@link resolveBbs}, and when nothing says where the BBS is */
export async function requireBbs(location: BbsLocation): Promise<BbsEndpoint> {
  const endpoint = await resolveBbs(location);
  if (endpoint === undefined) {
    throw new UsageError('Nobody said where the BBS is.', {
      why: 'There is no --bbs-url (BBS_URL) and no --bbs-config.',
      next: `Set BBS_URL=https://${BBS_NAME}:${BBS_PORT} with CA_CERT_FILE, CLIENT_CERT_FILE and CLIENT_KEY_FILE, as cfdot has them.`,
    });
  }
  const { url, tls } = endpoint;
  if (url.protocol === 'https:') requireClient(tls);
  return endpoint;
}

/**
 * How to be let in by reps.
 * @throws {UsageError} when nothing says it, or what says it cannot be read
 */
export async function requireRepTls(location: TlsLocation): Promise<MutualTls> {
  const config = location.bbsConfig === undefined ? {} : await readDiegoConfig(location.bbsConfig);
  const tls = await readTls(location, {
    ca: config.rep_ca_cert,
    cert: config.rep_client_cert,
    key: config.rep_client_key,
  });
  requireClient(tls);
  return tls;
}

/** As cfdot: a client certificate with its key, and a CA unless nothing is verified. */
function requireClient({ ca, cert, key, skipVerify }: MutualTls): void {
  const missing = [
    ...(ca === undefined && skipVerify !== true ? ['a CA (CA_CERT_FILE)'] : []),
    ...(cert === undefined ? ['a client certificate (CLIENT_CERT_FILE)'] : []),
    ...(key === undefined ? ['its key (CLIENT_KEY_FILE)'] : []),
  ];
  if (missing.length === 0) return;
  throw new UsageError(`For TLS with client certificates ${missing.join(', ')} must be given.`, {
    next: 'Set them as cfdot has them, use the flags, or give a bbs.json with --bbs-config.',
  });
}

interface TlsFiles {
  ca: string | undefined;
  cert: string | undefined;
  key: string | undefined;
}

async function readTls(location: TlsLocation, config: TlsFiles): Promise<MutualTls> {
  const { caFile, certFile, keyFile, bbsConfig } = location;
  const beside = (file: string | undefined) =>
    file === undefined || file === '' || isAbsolute(file) ? file : join(dirname(bbsConfig!), file);
  // A certificate and its key come from the same place, never one from here and one from there.
  const given = certFile !== undefined || keyFile !== undefined;
  const [ca, cert, key] = await Promise.all([
    readPem(caFile ?? beside(config.ca)),
    readPem(given ? certFile : beside(config.cert)),
    readPem(given ? keyFile : beside(config.key)),
  ]);
  return { ca, cert, key, skipVerify: skipCertVerify(location.skipCertVerify) };
}

async function readPem(path: string | undefined): Promise<string | undefined> {
  if (path === undefined || path === '') return undefined;
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new UsageError(`The certificate or key ${path} cannot be read.`, {
      why: messageOf(error),
      cause: error,
    });
  }
}
