import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { DevCertificates, DevServerName } from '../../src/lib/certificates/dev.ts';

const CAPTURED = new URL('../fixtures/foundation/bbs-api/', import.meta.url);

/** An answer to one POST: its body, or a status instead. Streams end only when they are told to. */
export type FakeAnswer =
  | Uint8Array
  | { status: number }
  | { hang: true }
  /** Pieces of a text/event-stream, each written as the BBS writes an event; then the connection ends, or stays open. */
  | { events: string[]; end?: 'cleanly' | 'broken' };

export interface FakeBbs {
  url: string;
  port: number;
  /** Every request that came, in order. */
  requests: { path: string; body: Buffer; client: string }[];
  /** Answers that differ from the captured ones; called with the request's body and how often the path was asked before. */
  answers: Map<string, (body: Buffer, before: number) => FakeAnswer>;
  close(): Promise<void>;
}

export interface FakeBbsOptions {
  /** Which of the certificates it shows: by default `bbs_server`. */
  certificate?: DevServerName;
}

/**
 * Speaks the BBS's protocol over TLS and asks for client certificates. It answers what was captured from a real one
 * (test/fixtures/foundation/bbs-api), and writes streams of events with the same framing, byte for byte.
 */
export async function startFakeBbs(pki: DevCertificates, options: FakeBbsOptions = {}): Promise<FakeBbs> {
  const { certificate, privateKey } = pki[options.certificate ?? 'bbs_server'];
  const answers: FakeBbs['answers'] = new Map();
  const requests: FakeBbs['requests'] = [];
  const sockets = new Set<Socket>();
  const server = createServer({
    cert: certificate,
    key: privateKey,
    ca: pki.ca.certificate,
    requestCert: true,
    rejectUnauthorized: true,
  });
  server.on('secureConnection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  server.on('tlsClientError', (_, socket) => {
    socket.destroy();
  });
  server.on('request', (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      void (async () => {
        const path = request.url ?? '';
        const body = Buffer.concat(chunks);
        const before = requests.filter((one) => one.path === path).length;
        const socket = request.socket as Socket & { getPeerCertificate(): { subject?: { CN?: string } } };
        requests.push({ path, body, client: socket.getPeerCertificate().subject?.CN ?? '' });
        const answer = await (answers.get(path)?.(body, before) ?? captured(path));
        if ('hang' in answer) return;
        if ('status' in answer) response.writeHead(answer.status).end();
        else if ('events' in answer) writeEvents(socket, answer);
        else response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end(answer);
      })();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://127.0.0.1:${port}`,
    port,
    requests,
    answers,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function captured(path: string): Promise<FakeAnswer> {
  const name = path.slice(1).replaceAll('/', '_');
  const stream = await readFile(new URL(`${name}.sse`, CAPTURED), 'utf8').catch(() => null);
  if (stream !== null) return { events: stream.split(/(?<=\n\n)/) };
  return readFile(new URL(`${name}.pb`, CAPTURED)).catch(() => ({ status: 404 }));
}

/** bbs/handlers/events_handlers.go writes to the connection by itself: `%x;` and an event for every chunk. */
function writeEvents(
  socket: Socket,
  { events, end }: { events: string[]; end?: 'cleanly' | 'broken' },
): void {
  socket.write(
    'HTTP/1.1 200 OK\r\nCache-Control: no-cache, no-store, must-revalidate\r\nConnection: keep-alive\r\n' +
      'Content-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n',
  );
  for (const event of events) socket.write(`${Buffer.byteLength(event).toString(16)};\r\n${event}\r\n`);
  if (end === 'cleanly') socket.end('0\r\n\r\n');
  else if (end === 'broken') socket.end();
}
