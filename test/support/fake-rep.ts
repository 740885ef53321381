import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { DevCertificates, DevServerName } from '../../src/lib/certificates/dev.ts';
import type { RepTarget } from '../../src/lib/diego/rep-client.ts';

/** A body of an answer (JSON as bytes or text), a status, or silence. */
export type FakeRepAnswer = string | Uint8Array | { status: number } | { hang: true };

export interface FakeRep extends RepTarget {
  port: number;
  /** Paths that were asked, in order. */
  requests: string[];
  close(): Promise<void>;
}

export interface FakeRepOptions {
  cellId: string;
  /** By path: `/state`, `/container_metrics`. Without an answer it is 404. */
  answers: Record<string, FakeRepAnswer>;
  /** Which of the certificates it shows: by default `rep_server`. */
  certificate?: DevServerName;
}

/** A cell's rep: HTTPS with client certificates, answering what it is told. */
export async function startFakeRep(pki: DevCertificates, options: FakeRepOptions): Promise<FakeRep> {
  const { certificate, privateKey } = pki[options.certificate ?? 'rep_server'];
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer(
    {
      cert: certificate,
      key: privateKey,
      ca: pki.ca.certificate,
      requestCert: true,
      rejectUnauthorized: true,
    },
    (request, response) => {
      const path = request.url ?? '';
      requests.push(path);
      const answer = options.answers[path] ?? { status: 404 };
      if (typeof answer === 'string' || answer instanceof Uint8Array) response.end(answer);
      else if ('status' in answer) response.writeHead(answer.status).end();
    },
  );
  server.on('secureConnection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  server.on('tlsClientError', (_, socket) => {
    socket.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    cell_id: options.cellId,
    rep_url: `https://127.0.0.1:${port}`,
    rep_address: `http://127.0.0.1:${port - 1}`,
    port,
    requests,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
