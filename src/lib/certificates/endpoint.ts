import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { CgdiegoError, InterruptedError, messageOf, UsageError } from '../errors.ts';
import type { CaBundle, FoundCertificate } from './found.ts';
import type { CertificateBlock } from './pem.ts';
import { ENDPOINT } from './place.ts';
import { parseCertificate } from './x509.ts';

export interface Endpoint {
  host: string;
  port: number;
}

/** What cgdiego shows to an endpoint that asks for a client certificate; PEM. */
export interface ClientIdentity {
  certificate: string;
  privateKey: string;
}

export interface EndpointOptions {
  ca: CaBundle | null;
  client?: ClientIdentity | undefined;
  /** The name to ask for and to look for in the certificate; without it the host. */
  servername?: string | undefined;
  timeoutMs: number;
  signal?: AbortSignal | undefined;
}

/** `host:port`, `[::1]:8889`, `https://host:port/…`; `null` when it is none of these. */
export function parseEndpoint(text: string): Endpoint | null {
  const match = /^(?:https:\/\/|tls:\/\/)?(?:\[([0-9a-fA-F:.]+)\]|([^\s/:[\]@]+)):(\d{1,5})\/?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  if (match === null || host === undefined) return null;
  const port = Number(match[3]);
  if (port < 1 || port > 65535) throw new UsageError(`${text}: ${port} is not a port.`);
  return { host, port };
}

/**
 * The certificates that a live TLS endpoint presents. One that refuses the handshake because it wants a client certificate has
 * presented its own before, and that is all that is needed. Nothing is sent over the connection.
 *
 * @throws {CgdiegoError} when no certificate came: nobody listens, no TLS, or no answer in time.
 */
export async function certificatesOfEndpoint(
  endpoint: Endpoint,
  options: EndpointOptions,
): Promise<FoundCertificate[]> {
  const source = endpoint.host.includes(':')
    ? `[${endpoint.host}]:${endpoint.port}`
    : `${endpoint.host}:${endpoint.port}`;
  const { chain, refusal } = await handshake(endpoint, source, options);
  const blocks: CertificateBlock[] = chain.map((x509) => {
    try {
      return { line: 1, certificate: parseCertificate(x509.raw) };
    } catch (error) {
      return { line: 1, problem: messageOf(error) };
    }
  });
  const certificates = blocks.flatMap((block) => ('certificate' in block ? [block.certificate] : []));
  return blocks.map((block, index) => ({
    source,
    at: blocks.length > 1 ? `${index + 1} of ${blocks.length}` : '',
    line: null,
    role: index === 0 ? 'identity' : 'chain',
    place: index === 0 ? ENDPOINT : null,
    block,
    chain: certificates.slice(1),
    key: null,
    ca: index === 0 ? options.ca : null,
    host: options.servername ?? endpoint.host,
    notes: index === 0 && refusal !== null ? [refusal] : [],
  }));
}

interface Handshake {
  chain: X509Certificate[];
  /** The endpoint's words when it ended the handshake. */
  refusal: string | null;
}

async function handshake(
  { host, port }: Endpoint,
  source: string,
  options: EndpointOptions,
): Promise<Handshake> {
  const { client, signal, timeoutMs } = options;
  const servername = options.servername ?? (isIP(host) === 0 ? host : undefined);
  if (signal?.aborted) throw new InterruptedError();
  let socket: TLSSocket;
  try {
    socket = connect({
      host,
      port,
      ...(servername === undefined ? {} : { servername }),
      ...(client === undefined ? {} : { cert: client.certificate, key: client.privateKey }),
      // This looks at certificates and trusts nobody: whatever is presented is wanted, from old endpoints too.
      rejectUnauthorized: false,
      minVersion: 'TLSv1',
      ciphers: 'DEFAULT:@SECLEVEL=0',
    });
  } catch (error) {
    throw new UsageError('The client certificate and its key cannot be used.', {
      why: messageOf(error),
      next: 'Check --client-cert and --client-key, or CLIENT_CERT_FILE and CLIENT_KEY_FILE.',
      cause: error,
    });
  }
  return new Promise<Handshake>((resolve, reject) => {
    let chain: X509Certificate[] = [];
    const timer = setTimeout(() => {
      settle(new Error(`no TLS handshake within ${timeoutMs / 1000} s`));
    }, timeoutMs);
    const onAbort = () => {
      settle(new InterruptedError());
    };
    const look = () => {
      if (chain.length === 0) chain = presented(socket);
    };
    const settle = (error: Error | null) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      socket.destroy();
      if (error instanceof InterruptedError) reject(error);
      else if (chain.length > 0) resolve({ chain, refusal: error === null ? null : refused(error, client) });
      else reject(unreachable(source, error));
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    // Secrets are first derived when the server's certificate is there and before the client's is asked for, so the chain
    // can be read although the handshake fails. What the event carries is not looked at.
    socket.on('keylog', look);
    socket.once('secureConnect', () => {
      look();
      settle(null);
    });
    socket.once('error', settle);
    socket.once('close', () => {
      settle(new Error('the endpoint closed the connection'));
    });
  });
}

/** The chain as it was sent. node:tls gives it out once. */
function presented(socket: TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = [];
  let next = socket.getPeerX509Certificate();
  while (next !== undefined && !chain.some((one) => one.fingerprint256 === next?.fingerprint256)) {
    chain.push(next);
    next = next.issuerCertificate;
  }
  return chain;
}

function refused(error: Error, client: ClientIdentity | undefined): string {
  return `the endpoint refused the handshake ${client === undefined ? 'without a client certificate' : 'with the client certificate that was given'}: ${alert(error)}`;
}

/** The alert's name out of OpenSSL's line: `…:SSL routines:ssl3_read_bytes:tlsv13 alert certificate required:../deps/…`. */
function alert(error: Error): string {
  return /:SSL routines:[^:]*:([^:]+):/.exec(error.message)?.[1] ?? messageOf(error);
}

function unreachable(source: string, error: Error | null): CgdiegoError {
  return new CgdiegoError(`${source} presented no certificate.`, {
    why: error === null ? undefined : alert(error),
    next: 'Check the address, that it speaks TLS, and that nothing between blocks it.',
    cause: error,
  });
}
