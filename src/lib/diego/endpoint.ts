import { readFile } from 'node:fs/promises';
import { isAbsolute, join, dirname } from 'node:path';
import { readDiegoConfig } from '../bbs/config-file.ts';
import { UsageError, messageOf } from '../errors.ts';

/** Certificates for mutual TLS, as PEM. `key` is a secret. */
export interface MutualTls {
  ca: string | undefined;
  cert: string | undefined;
  key: string | undefined;
}

export interface BbsEndpoint {
  url: URL;
  tls: MutualTls;
}

export interface BbsLocation {
  url?: string | undefined;
  caFile?: string | undefined;
  certFile?: string | undefined;
  keyFile?: string | undefined;
  /** A bbs.json, for what is not given. */
  bbsConfig?: string | undefined;
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
  const beside = (file: string | undefined) =>
    file === undefined || isAbsolute(file) ? file : join(dirname(location.bbsConfig!), file);
  return {
    url,
    tls: {
      ca: await readPem(location.caFile ?? beside(config.ca_file)),
      // The BBS's own certificate is good for a client, too.
      cert: await readPem(location.certFile ?? beside(config.cert_file)),
      key: await readPem(location.keyFile ?? beside(config.key_file)),
    },
  };
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
