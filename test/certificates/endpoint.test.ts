import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type TlsOptions } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { checkCertificates } from '../../src/lib/certificates/check.ts';
import { createDevCertificates, type DevCertificates } from '../../src/lib/certificates/dev.ts';
import {
  certificatesOfEndpoint,
  type EndpointOptions,
  parseEndpoint,
} from '../../src/lib/certificates/endpoint.ts';
import { readCaFiles } from '../../src/lib/certificates/files.ts';
import { CgdiegoError, InterruptedError, UsageError } from '../../src/lib/errors.ts';
import { hasOpenssl } from '../support/x509-corpus.ts';

let dir: string;
let pki: DevCertificates;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'cgdiego-endpoint-'));
  pki = await createDevCertificates(dir, { wrongName: ['locket_server'], expired: ['rep_server'] });
});
afterAll(() => rm(dir, { recursive: true }));

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket.on('error', () => undefined)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

function tlsServer(
  name: 'bbs_server' | 'rep_server' | 'locket_server',
  options: TlsOptions = {},
): Promise<number> {
  const { certificate, privateKey } = pki[name];
  const server = createServer({
    cert: certificate + pki.ca.certificate,
    key: privateKey,
    ca: pki.ca.certificate,
    requestCert: true,
    ...options,
  });
  return listen(server.on('tlsClientError', () => undefined));
}

async function look(port: number, options: Partial<EndpointOptions> & { host?: string } = {}) {
  const { host = '127.0.0.1', ...rest } = options;
  const ca = await readCaFiles([pki.ca.certificateFile]);
  const found = await certificatesOfEndpoint({ host, port }, { ca, timeoutMs: 30_000, ...rest });
  return checkCertificates(found, { now: new Date(), withinMs: 86_400_000 });
}

describe('live endpoints', () => {
  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    '%s: shows the chain that the endpoint sends',
    async (version) => {
      const port = await tlsServer('bbs_server', { minVersion: version, maxVersion: version });
      expect(await look(port)).toMatchObject([
        {
          source: `127.0.0.1:${port}`,
          at: ['1 of 2'],
          place: 'endpoint',
          common_name: 'bbs.service.cf.internal',
          chain: 'ok',
          findings: [],
        },
        { at: ['2 of 2'], common_name: 'cgdiego dev CA', role: 'chain', chain: 'self_signed', findings: [] },
      ]);
    },
  );

  test('an expired one, and one of another name, are findings', async () => {
    const expired = await look(await tlsServer('rep_server'));
    expect(expired[0]).toMatchObject({ findings: ['expired'], days_left: -2 });
    const wrong = await look(await tlsServer('locket_server'), { host: 'localhost' });
    expect(wrong[0]).toMatchObject({ findings: ['name_mismatch'] });
    const asked = await look(await tlsServer('locket_server'), { servername: 'wrong.example.com' });
    expect(asked[0]).toMatchObject({ findings: [], notes: [] });
  });

  test('an address that is not among the names is only noted: Diego asks by name', async () => {
    const rows = await look(await tlsServer('locket_server'));
    expect(rows[0]).toMatchObject({ findings: [], notes: ['127.0.0.1 is not among its names'] });
  });

  test.each<[string, () => Promise<number>, RegExp]>([
    ['nobody listens', unusedPort, /ECONNREFUSED/],
    [
      'it is not TLS',
      () => listen(createTcpServer((socket) => socket.end('HTTP/1.1 400\r\n\r\n'))),
      /wrong version/,
    ],
    [
      'it hangs up',
      () => listen(createTcpServer((socket) => socket.resetAndDestroy())),
      /ECONNRESET|closed|disconnected/,
    ],
  ])('says so when %s', async (_, start, why) => {
    await expect(look(await start())).rejects.toThrow(CgdiegoError);
    await expect(look(await start())).rejects.toMatchObject({ why: expect.stringMatching(why) as string });
  });

  test('does not wait for ever, and can be interrupted', async () => {
    const silent = () => listen(createTcpServer());
    await expect(look(await silent(), { timeoutMs: 50 })).rejects.toMatchObject({
      why: expect.stringContaining('no TLS handshake within') as string,
    });
    const abort = new AbortController();
    const looking = look(await silent(), { signal: abort.signal });
    abort.abort();
    await expect(looking).rejects.toThrow(InterruptedError);
  });

  describe.skipIf(!hasOpenssl)('that end the handshake without a client certificate', () => {
    test.each(['tls1_2', 'tls1_3'])('%s: the chain is shown, and the refusal noted', async (version) => {
      const port = await unusedPort();
      const server = spawn('openssl', [
        ...['s_server', '-accept', `127.0.0.1:${port}`, `-${version}`, '-naccept', '2'],
        ...['-cert', pki.bbs_server.certificateFile, '-key', pki.bbs_server.privateKeyFile],
        ...['-CAfile', pki.ca.certificateFile, '-Verify', '2', '-verify_return_error'],
      ]);
      closers.push(() => server.kill());
      await says(server, 'ACCEPT');
      const [refused] = await look(port);
      expect(refused).toMatchObject({ common_name: 'bbs.service.cf.internal', chain: 'ok', findings: [] });
      // TLS 1.3 servers refuse after the client has finished: then the connection was there, and there is nothing to note.
      if (version === 'tls1_2') {
        expect(refused!.notes).toEqual([
          expect.stringMatching(/refused the handshake without .*: .*handshake failure/),
        ]);
      }
      const client = { certificate: pki.client.certificate, privateKey: pki.client.privateKey };
      const [accepted] = await look(port, { client });
      expect(accepted).toMatchObject({ findings: [], notes: [] });
    });
  });

  test("a client certificate without its own key is the operator's mistake", async () => {
    const client = { certificate: pki.client.certificate, privateKey: pki.rep_client.privateKey };
    await expect(look(1, { client })).rejects.toThrow(UsageError);
  });
});

async function unusedPort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function says(child: ChildProcess, word: string): Promise<void> {
  let text = '';
  for await (const chunk of child.stdout!) {
    text += String(chunk);
    if (text.includes(word)) break;
  }
}

test.each([
  ['bbs.service.cf.internal:8889', { host: 'bbs.service.cf.internal', port: 8889 }],
  ['[::1]:1801', { host: '::1', port: 1801 }],
  ['https://10.0.0.1:1801', { host: '10.0.0.1', port: 1801 }],
  ['ca.crt', null],
  ['host:port', null],
  ['user@host:22', null],
  ['::1:22', null],
])('parseEndpoint(%j)', (text, endpoint) => {
  expect(parseEndpoint(text)).toEqual(endpoint);
});

test('a port beyond 65535 is refused', () => {
  expect(() => parseEndpoint('host:70000')).toThrow(UsageError);
});
