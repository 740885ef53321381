import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDevCertificates, type DevCertificates } from '../../src/lib/certificates/dev.ts';
import { cgdiego } from '../support/cli.ts';

let root: string;
let dir: string;
let pki: DevCertificates;
let other: DevCertificates;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'cgdiego-certs-'));
  dir = join(root, 'certs');
  [pki, other] = await Promise.all([
    createDevCertificates(dir),
    createDevCertificates(join(root, 'other'), { expired: ['client'] }),
  ]);
});
afterAll(() => rm(root, { recursive: true }));

type Row = Record<string, unknown> & { findings: string[]; messages: string[] };

async function json(...args: string[]): Promise<{ code: number | null; rows: Row[]; stderr: string }> {
  const { code, stdout, stderr } = await cgdiego(['certs', ...args, '-o', 'json']);
  expect(stdout + stderr).not.toContain('PRIVATE KEY');
  return { code, rows: JSON.parse(stdout) as Row[], stderr };
}

describe('cgdiego certs', () => {
  test('a sound directory is a table with its days, and exit 0', async () => {
    const { code, stdout, stderr } = await cgdiego(['certs', dir]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(9);
    expect(lines[0]).toMatch(/^DAYS +NAME +SOURCE +WHERE +PLACE +PURPOSES +KEY +KEY_MATCH +CHAIN +FINDINGS$/);
    expect(stdout).toMatch(/364 +cell\.service\.cf\.internal .* rep +server,client +RSA 2048 +yes +ok +ok/);
  });

  test('--within decides what is soon; csv and ndjson say the same', async () => {
    const file = pki.bbs_server.certificateFile;
    expect(await cgdiego(['certs', file, '--within', '364d'])).toMatchObject({ code: 0 });
    const soon = await cgdiego([
      'certs',
      file,
      '--within',
      '366d',
      '-o',
      'csv',
      '--columns',
      'days_left,findings',
    ]);
    expect(soon).toMatchObject({ code: 3, stdout: 'days_left,findings\n364,expires_soon\n' });
    expect(soon.stderr).toContain('1 of 1 certificate needs attention.');
    const line = await cgdiego(['certs', file, '-o', 'ndjson', '--columns', 'common_name,key_match,chain']);
    expect(line.stdout).toBe('{"common_name":"bbs.service.cf.internal","key_match":true,"chain":"ok"}\n');
  });

  test('the soonest comes first; expired, of another CA, and beside another key', async () => {
    const mixed = join(root, 'mixed');
    await mkdir(mixed);
    await writeFile(join(mixed, 'old.crt'), other.client.certificate);
    await writeFile(join(mixed, 'locket_client.crt'), pki.locket_client.certificate);
    await writeFile(join(mixed, 'locket_client.key'), pki.rep_client.privateKey);
    const { code, rows } = await json(mixed, '--ca', pki.ca.certificateFile);
    expect(code).toBe(3);
    expect(rows.map(({ source, findings }) => ({ source, findings }))).toEqual([
      { source: join(mixed, 'old.crt'), findings: ['expired', 'not_signed_by_ca'] },
      { source: join(mixed, 'locket_client.crt'), findings: ['key_mismatch'] },
    ]);
  });

  test('a PEM file with several certificates: its own order, its chain, its key', async () => {
    const file = join(root, 'bundle.pem');
    await writeFile(
      file,
      `some words\n${pki.client.privateKey}${pki.client.certificate}\n${pki.ca.certificate}${other.ca.certificate}`,
    );
    const { code, rows } = await json(file, '--ca', pki.ca.certificateFile, '--sort', 'at');
    expect(code).toBe(0);
    expect(rows).toMatchObject([
      { at: ['1 of 3'], common_name: 'cgdiego', key_match: true, chain: 'ok', role: 'identity' },
      { at: ['2 of 3'], role: 'chain', chain: 'self_signed' },
      { at: ['3 of 3'], role: 'chain', chain: 'self_signed' },
    ]);
  });

  test('bbs.json: files by their fields, relative to it, and below a copy of the job', async () => {
    const job = join(root, 'job');
    await mkdir(join(job, 'certs', 'rep'), { recursive: true });
    await writeFile(join(job, 'certs', 'server.crt'), pki.bbs_server.certificate);
    await writeFile(join(job, 'certs', 'server.key'), pki.bbs_server.privateKey);
    await writeFile(join(job, 'certs', 'ca.crt'), pki.ca.certificate);
    await writeFile(join(job, 'certs', 'rep', 'client.crt'), pki.locket_server.certificate);
    const file = join(job, 'bbs.json');
    const passphrase = 'do not print this passphrase';
    await writeFile(
      file,
      JSON.stringify({
        encryption_keys: { label: passphrase },
        cert_file: '/var/vcap/jobs/bbs/config/certs/server.crt',
        key_file: '/var/vcap/jobs/bbs/config/certs/server.key',
        ca_file: 'certs/ca.crt',
        rep_client_cert: 'certs/rep/client.crt',
        rep_client_key: 'certs/rep/client.key',
        rep_ca_cert: 'certs/ca.crt',
        auctioneer_client_cert: '/var/vcap/jobs/bbs/config/certs/auctioneer/client.crt',
      }),
    );
    const { code, rows, stderr } = await json('--bbs-config', file);
    expect(code).toBe(3);
    expect(rows).toMatchObject([
      { at: ['auctioneer_client_cert'], findings: ['unreadable'] },
      { at: ['cert_file'], place: 'bbs server', key_match: true, chain: 'ok', findings: [] },
      {
        at: ['rep_client_cert'],
        place: 'rep client',
        key_match: null,
        findings: ['key_unreadable', 'lacks_client'],
      },
      { at: ['ca_file', 'rep_ca_cert'], role: 'ca', chain: 'self_signed' },
    ]);
    expect(JSON.stringify(rows) + stderr).not.toContain(passphrase);
  });

  test('a manifest by its name, a broken one by line and column', async () => {
    const file = join(root, 'creds.yml');
    const indent = (pem: string) => pem.replaceAll(/^(?=.)/gm, '    ');
    await writeFile(
      file,
      `diego_bbs_server:\n  certificate: |\n${indent(pki.bbs_server.certificate)}  private_key: |\n${indent(pki.bbs_server.privateKey)}  ca: ((elsewhere.ca))\n`,
    );
    const { code, rows } = await json(file);
    expect(code).toBe(0);
    expect(rows).toMatchObject([
      { at: ['diego_bbs_server.certificate'], line: 3, place: 'bbs server', key_match: true },
    ]);
    await writeFile(file, 'a: "secret\nb: [1\n');
    const broken = await cgdiego(['certs', '--manifest', file]);
    expect(broken).toMatchObject({ code: 2, stdout: '' });
    expect(broken.stderr).toMatch(/creds\.yml:\d+:\d+: this is not valid YAML/);
    expect(broken.stderr).not.toContain('secret');
  });

  test('a manifest of nothing but variables is not a check that passed', async () => {
    const file = join(root, 'variables.yml');
    await writeFile(file, 'diego_bbs_server:\n  certificate: ((bbs.certificate))\n');
    const { code, stdout, stderr } = await cgdiego(['certs', '--manifest', file]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('holds no certificate');
  });

  test('one source that cannot be read does not hide the others', async () => {
    const unreadable = join(root, 'unreadable.crt');
    await writeFile(unreadable, 'nothing');
    await chmod(unreadable, 0o600);
    const { code, rows, stderr } = await json(unreadable, pki.client.certificateFile);
    expect({ code, names: rows.map(({ common_name: name }) => name) }).toEqual({
      code: 1,
      names: ['cgdiego'],
    });
    expect(stderr).toContain('unreadable.crt holds no certificate');
  });

  test.each([
    [[], 'Nobody said'],
    [['/nonexistent/file.crt'], 'no file or directory'],
    [['--ca', '/nonexistent/ca.crt', '.'], 'cannot be read'],
    [['.', '--columns', 'colour'], 'no column "colour"'],
    [['.', '--within', 'soon'], 'not a duration'],
  ])('certs %j is a usage error', async (args, words) => {
    const { code, stdout, stderr } = await cgdiego(['certs', ...args], { cwd: root });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(words);
  });

  test('a client key without its certificate is noticed before anybody is asked', async () => {
    const { code, stderr } = await cgdiego(['certs', '127.0.0.1:1'], {
      env: { CLIENT_KEY_FILE: pki.client.privateKeyFile },
    });
    expect(code).toBe(2);
    expect(stderr).toContain('--client-cert');
    expect(await readFile(pki.client.privateKeyFile, 'utf8')).toContain('PRIVATE KEY');
  });
});
