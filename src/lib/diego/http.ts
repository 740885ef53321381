import { request as requestPlain, type RequestOptions } from 'node:http';
import { request as requestTls } from 'node:https';
import { isIP } from 'node:net';
import { formatDuration } from '../output/units.ts';
import { explainConnection, type ClientTls } from './tls.ts';

export interface HttpCall {
  url: URL;
  method: 'GET' | 'POST';
  headers?: Record<string, string | number>;
  body?: Uint8Array;
  /** For https URLs. */
  tls: ClientTls;
  /** For the whole call. */
  timeoutMs: number;
  /** An answer that is larger fails. */
  maxBytes: number;
  signal?: AbortSignal | undefined;
  /** Connect to this address instead of the URL's host, whose name the certificate must still have. */
  address?: string | undefined;
}

/** Why a call got no usable answer, in words that can follow "because". Never carries a body. */
export class HttpFailure extends Error {
  /** Node's code, such as ENOTFOUND. */
  readonly code: string;

  constructor(message: string, code: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'HttpFailure';
    this.code = code;
  }
}

/**
 * One HTTP request with its whole answer.
 * @throws {HttpFailure} when there is none, it is not 200, too large or too late; the signal's reason when it was aborted
 */
export async function httpCall(call: HttpCall): Promise<Buffer> {
  const { url, timeoutMs, signal } = call;
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    return await exchange(call, signal === undefined ? timeout : AbortSignal.any([signal, timeout]));
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof HttpFailure) throw error;
    if (timeout.aborted) {
      const why = `there was no answer from ${url.host} within ${formatDuration(timeoutMs)}`;
      throw new HttpFailure(why, 'ETIMEDOUT', error);
    }
    throw new HttpFailure(explainConnection(error, url.host), (error as { code?: string }).code ?? '', error);
  }
}

function exchange(call: HttpCall, signal: AbortSignal): Promise<Buffer> {
  const { url, method, headers, body, tls, maxBytes, address } = call;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const secure = url.protocol === 'https:';
  const options: RequestOptions = {
    method,
    host: address ?? host,
    port: url.port || (secure ? 443 : 80),
    path: `${url.pathname}${url.search}`,
    headers: { host: url.host, ...headers, ...(body === undefined ? {} : { 'content-length': body.length }) },
    signal,
    agent: false,
  };
  return new Promise((resolve, reject) => {
    // TLS knows names only; without one Node checks the certificate against the address.
    const servername = isIP(host) === 0 ? { servername: host } : {};
    const outgoing = secure ? requestTls({ ...options, ...tls, ...servername }) : requestPlain(options);
    outgoing.on('error', reject);
    outgoing.on('response', (incoming) => {
      const chunks: Buffer[] = [];
      let size = 0;
      incoming.on('error', reject);
      incoming.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size <= maxBytes) chunks.push(chunk);
        else outgoing.destroy(new HttpFailure(`its answer is larger than ${maxBytes} bytes`, 'ETOOLARGE'));
      });
      incoming.on('end', () => {
        if (incoming.statusCode === 200) resolve(Buffer.concat(chunks, size));
        else {
          const status = `${incoming.statusCode} ${incoming.statusMessage ?? ''}`.trim();
          reject(new HttpFailure(`${url.host} answered ${url.pathname} with ${status}`, 'ESTATUS'));
        }
      });
      incoming.on('close', () => {
        if (!incoming.complete) reject(new HttpFailure(`${url.host} broke off its answer`, 'ECONNRESET'));
      });
    });
    outgoing.end(body);
  });
}
