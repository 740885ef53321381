import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { formatDuration } from '../output/units.ts';
import { ChunkedDecoder } from './chunked.ts';
import { HttpFailure } from './http.ts';
import { explainConnection, type ClientTls } from './tls.ts';

export interface StreamRequest {
  url: URL;
  body: Uint8Array;
  tls: ClientTls;
  /** Until the head of the answer is there. */
  timeoutMs: number;
  signal?: AbortSignal | undefined;
  /** Called when the head is there: from now on events come. */
  onOpen?: () => void;
}

const MAX_HEAD = 64 * 1024;
/** A stream may be silent for hours; TCP finds out when the other side is gone. */
const KEEP_ALIVE_MS = 30_000;

/**
 * POSTs a request and gives the body of the answer as it comes, until the other side ends it. It speaks HTTP/1.1 by itself,
 * because Node's parser refuses the way in which the BBS writes its chunks ({@link ChunkedDecoder}).
 *
 * @throws {HttpFailure} when it cannot connect, the answer is not 200, or the connection breaks; the signal's reason when aborted
 */
export async function* streamBody(request: StreamRequest): AsyncGenerator<Buffer, void, undefined> {
  const { url, timeoutMs, signal } = request;
  signal?.throwIfAborted();
  const socket = open(url, request.tls);
  const abort = () => {
    socket.destroy(new Error('aborted'));
  };
  signal?.addEventListener('abort', abort, { once: true });
  const timer = setTimeout(() => {
    const why = `there was no answer from ${url.host} within ${formatDuration(timeoutMs)}`;
    socket.destroy(new HttpFailure(why, 'ETIMEDOUT'));
  }, timeoutMs);
  try {
    socket.write(requestHead(url, request.body.length));
    socket.write(request.body);
    yield* readBody(socket, url, () => {
      clearTimeout(timer);
      request.onOpen?.();
    });
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof HttpFailure) throw error;
    throw new HttpFailure(explainConnection(error, url.host), (error as { code?: string }).code ?? '', error);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
    socket.destroy();
  }
}

function open(url: URL, tls: ClientTls): Socket {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const secure = url.protocol === 'https:';
  const port = Number(url.port) || (secure ? 443 : 80);
  const socket = secure
    ? connectTls({ host, port, ...tls, ...(isIP(host) === 0 ? { servername: host } : {}) })
    : connectPlain({ host, port });
  return socket.setKeepAlive(true, KEEP_ALIVE_MS);
}

function requestHead({ pathname, host }: URL, length: number): string {
  const lines = [
    `POST ${pathname} HTTP/1.1`,
    `Host: ${host}`,
    'Accept: text/event-stream',
    'Content-Type: application/x-protobuf',
    `Content-Length: ${length}`,
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

async function* readBody(socket: Socket, url: URL, onHead: () => void): AsyncGenerator<Buffer> {
  let head: Buffer | null = Buffer.alloc(0);
  let decoder: ChunkedDecoder | null = null;
  for await (const piece of socket as AsyncIterable<Buffer>) {
    let bytes = piece;
    if (head !== null) {
      head = Buffer.concat([head, piece]);
      const end = head.indexOf('\r\n\r\n');
      if (end === -1) {
        if (head.length > MAX_HEAD) throw new HttpFailure(`${url.host} does not answer as HTTP`, 'EPROTO');
        continue;
      }
      if (isChunked(head.toString('latin1', 0, end), url)) decoder = new ChunkedDecoder();
      bytes = head.subarray(end + 4);
      head = null;
      onHead();
    }
    if (decoder === null) yield bytes;
    else yield* decoder.decode(bytes);
    if (decoder?.done === true) return;
  }
  if (head !== null) throw new HttpFailure(`${url.host} closed the connection`, 'ECONNRESET');
}

/** Whether the body comes in chunks. @throws {HttpFailure} when the status is not 200 */
function isChunked(head: string, url: URL): boolean {
  const [statusLine = '', ...headers] = head.split('\r\n');
  const status = /^HTTP\/1\.[01] (\d{3}.*)$/.exec(statusLine)?.[1];
  if (status === undefined) throw new HttpFailure(`${url.host} does not answer as HTTP`, 'EPROTO');
  if (!status.startsWith('200')) {
    throw new HttpFailure(`${url.host} answered ${url.pathname} with ${status.trim()}`, 'ESTATUS');
  }
  return headers.some((header) => /^transfer-encoding:.*\bchunked\b/i.test(header));
}
