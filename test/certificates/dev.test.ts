import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  createDevCertificates,
  DEV_CERTIFICATE_NAMES,
  type DevCertificates,
  issueDevCertificates,
} from '../../src/lib/certificates/dev.ts';
import { UsageError } from '../../src/lib/errors.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'cgdiego-dev-'));
});
afterEach(() => rm(dir, { recursive: true }));

/** One mutually authenticated request; what it answers is the client's name as the server saw it. */
async function callRep(certificates: DevCertificates, client: 'rep_client' | 'client' | undefined) {
  const server = createServer(
    {
      cert: certificates.rep_server.certificate,
      key: certificates.rep_server.privateKey,
      ca: certificates.ca.certificate,
      requestCert: true,
      rejectUnauthorized: true,
    },
    (incoming, response) => {
      const { socket } = incoming;
      response.end(socket instanceof TLSSocket ? socket.getPeerCertificate().subject.CN : '');
    },
  ).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await new Promise<string>((resolve, reject) => {
      request({
        host: '127.0.0.1',
        port: (server.address() as AddressInfo).port,
        ca: certificates.ca.certificate,
        ...(client && { cert: certificates[client].certificate, key: certificates[client].privateKey }),
        agent: false,
      })
        .on('response', (response) => {
          response.setEncoding('utf8').on('data', resolve).on('error', reject);
        })
        .on('error', reject)
        .end();
    });
  } finally {
    server.close();
  }
}

describe('createDevCertificates', () => {
  test('writes every certificate and key; keys are for the owner alone', async () => {
    const out = join(dir, 'new');
    const made = await createDevCertificates(out);
    const expected = ['ca', ...DEV_CERTIFICATE_NAMES].flatMap((name) => [`${name}.crt`, `${name}.key`]);
    expect((await readdir(out)).sort()).toEqual(expected.sort());
    for (const { certificate, certificateFile, privateKeyFile } of Object.values(made)) {
      expect((await stat(privateKeyFile)).mode & 0o777).toBe(0o600);
      expect(await readFile(certificateFile, 'utf8')).toBe(certificate);
    }
  });

  test('a rep and its client trust each other, a stranger is refused', async () => {
    const made = await createDevCertificates(dir);
    await expect(callRep(made, 'rep_client')).resolves.toBe('rep_client');
    await expect(callRep(made, 'client')).resolves.toBe('cgdiego');
    await expect(callRep(made, undefined)).rejects.toThrow();
  });

  test.each([
    ['expired', { expired: ['rep_server'] }, 'CERT_HAS_EXPIRED'],
    ['of another name', { wrongName: ['rep_server'] }, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ] as const)('a server certificate can be %s', async (_, options, code) => {
    const made = await createDevCertificates(dir, options);
    await expect(callRep(made, 'rep_client')).rejects.toMatchObject({ code });
  });

  test('never overwrites, and writes nothing beside an old file', async () => {
    await writeFile(join(dir, 'locket_client.key'), 'mine');
    await expect(createDevCertificates(dir)).rejects.toThrow(UsageError);
    expect(await readdir(dir)).toEqual(['locket_client.key']);
    expect(await readFile(join(dir, 'locket_client.key'), 'utf8')).toBe('mine');
  });

  test('says why a directory cannot be written', async () => {
    await writeFile(join(dir, 'file'), '');
    await expect(createDevCertificates(join(dir, 'file', 'sub'))).rejects.toMatchObject({
      message: expect.stringContaining('could not be written') as string,
      why: expect.stringContaining('ENOTDIR') as string,
    });
  });

  test.each([0, -1, 1.5, 4000, Number.NaN])('refuses a validity of %s days', async (days) => {
    await expect(issueDevCertificates({ days })).rejects.toThrow(UsageError);
  });
});
