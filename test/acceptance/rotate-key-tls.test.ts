import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDevCertificates, type DevCertificates } from '../../src/lib/certificates/dev.ts';
import { startPostgres, type EmbeddedPostgres } from '../../testbed/postgres.ts';
import { cgdiego } from '../support/cli.ts';
import { PASSPHRASES, query } from '../support/database.ts';
import { makeStore } from '../support/faults.ts';
import { contentsOf, labelsOf, NOVEMBER, OCTOBER, rotateKey } from '../support/rotation.ts';

/** As BOSH writes it into bbs.json: nothing is escaped. */
const PASSWORD = 'p@ss:w/r?d#100% of "it"';

let folder: string;
let pki: DevCertificates;
let otherCa: string;
let postgres: EmbeddedPostgres;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cgdiego-tls-'));
  // Its certificate names localhost, but not 127.0.0.1.
  pki = await createDevCertificates(join(folder, 'pki'), { hosts: ['localhost'] });
  otherCa = (await createDevCertificates(join(folder, 'other'))).ca.certificateFile;
  postgres = await startPostgres({
    settings: { ssl: 'on' },
    files: {
      'server.crt': pki.bbs_server.certificate,
      'server.key': pki.bbs_server.privateKey,
      'pg_hba.conf': [
        'hostssl all bbs 127.0.0.1/32 scram-sha-256',
        'hostnossl all bbs 127.0.0.1/32 reject',
        'host all all 127.0.0.1/32 trust',
        '',
      ].join('\n'),
    },
  });
  await query(postgres.url(), `CREATE ROLE bbs LOGIN SUPERUSER PASSWORD '${PASSWORD.replaceAll("'", "''")}'`);
  await makeStore({ desiredLrps: 20 }, postgres.url());
});
afterAll(async () => {
  await postgres.destroy();
  await rm(folder, { recursive: true });
});

const url = (host: string, parameters: Record<string, string>) =>
  `postgres://postgres@${host}:${postgres.port}/postgres?${new URLSearchParams(parameters).toString()}`;

const labels = async () => Object.keys(labelsOf(await contentsOf(postgres.url()))).sort();

describe('TLS as libpq means it', () => {
  test.each([
    ['the wrong CA', 'localhost', 'verify-full', () => otherCa],
    ['the wrong CA', 'localhost', 'verify-ca', () => otherCa],
    ['a certificate for another host', '127.0.0.1', 'verify-full', () => pki.ca.certificateFile],
  ])('%s: %s with sslmode=%s is refused, and nothing is written', async (_, host, sslmode, ca) => {
    const { code, stderr } = await rotateKey(url(host, { sslmode, sslrootcert: ca() }));
    expect(code).toBe(1);
    expect(stderr).toMatch(/certificate/i);
    expect(stderr).toMatch(/Next: .+/);
    expect(await labels()).toEqual(['NULL', OCTOBER]);
  });

  test.each([
    ['127.0.0.1', 'verify-ca', OCTOBER, NOVEMBER],
    ['localhost', 'verify-full', NOVEMBER, OCTOBER],
  ])('%s with sslmode=%s and the right CA', async (host, sslmode, from, to) => {
    expect(await labels()).toEqual(['NULL', from]);
    const { code } = await rotateKey(url(host, { sslmode, sslrootcert: pki.ca.certificateFile }), { to });
    expect(code).toBe(0);
    expect(await labels()).toEqual(['NULL', to]);
  });
});

describe('a bbs.json as on the VM of the BBS', () => {
  const run = async (host: string, caFile: string, verifiesName: boolean, to: string) => {
    const path = join(folder, 'bbs.json');
    await writeFile(
      path,
      JSON.stringify({
        database_driver: 'postgres',
        database_connection_string: `postgres://bbs:${PASSWORD}@${host}:${postgres.port}/postgres`,
        sql_ca_cert_file: caFile,
        sql_enable_identity_verification: verifiesName,
        active_key_label: to,
        encryption_keys: PASSPHRASES,
      }),
      { mode: 0o600 },
    );
    return cgdiego(['rotate-key', '--bbs-config', path, '--assume-deployed', '--yes']);
  };

  test('gives the store with a password of any characters, its CA, and the keys', async () => {
    expect(await labels()).toEqual(['NULL', OCTOBER]);
    const { code, stdout, stderr } = await run('localhost', pki.ca.certificateFile, true, NOVEMBER);
    expect(stderr).not.toContain('Error');
    expect(code).toBe(0);
    expect(await labels()).toEqual(['NULL', NOVEMBER]);
    for (const secret of [PASSWORD, encodeURIComponent(PASSWORD), ...Object.values(PASSPHRASES)]) {
      expect(stdout + stderr).not.toContain(secret);
    }
  });

  test('decides whether the name counts', async () => {
    expect((await run('127.0.0.1', pki.ca.certificateFile, true, OCTOBER)).code).toBe(1);
    expect(await labels()).toEqual(['NULL', NOVEMBER]);
    expect((await run('127.0.0.1', pki.ca.certificateFile, false, OCTOBER)).code).toBe(0);
    expect(await labels()).toEqual(['NULL', OCTOBER]);
  });

  test('refuses the wrong CA', async () => {
    const { code, stderr } = await run('localhost', otherCa, false, NOVEMBER);
    expect(code).toBe(1);
    expect(stderr).not.toContain(PASSWORD);
    expect(await labels()).toEqual(['NULL', OCTOBER]);
  });
});
