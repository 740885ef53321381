import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { createDevCertificates, type DevCertificates } from '../../src/lib/certificates/dev.ts';
import { cgdiego } from '../support/cli.ts';
import { type FakeBbs, startFakeBbs } from '../support/fake-bbs.ts';

let dir: string;
let pki: DevCertificates;
let bbs: FakeBbs;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'cgdiego-events-'));
  pki = await createDevCertificates(dir);
});
afterAll(() => rm(dir, { recursive: true }));
beforeEach(async () => {
  bbs = await startFakeBbs(pki);
});
afterEach(() => bbs.close());

function cfdotEnvironment(): Record<string, string> {
  return {
    BBS_URL: bbs.url,
    CA_CERT_FILE: pki.ca.certificateFile,
    CLIENT_CERT_FILE: pki.client.certificateFile,
    CLIENT_KEY_FILE: pki.client.privateKeyFile,
  };
}

const events = (args: string[], env = cfdotEnvironment()) => cgdiego(['events', ...args], { env });

test('events are lines of JSON with the secrets masked, as cfdot prints them with --reveal', async () => {
  const masked = await events(['--limit', '2']);
  expect(masked.code).toBe(0);
  expect(masked.stderr).toContain('Connected to the BBS');
  const types = masked.stdout
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { type: string }).type);
  expect(types).toEqual(['actual_lrp_instance_removed', 'desired_lrp_changed']);
  const secret = '8974bac0-cafd-9ad0-5692-b13619e73896';
  expect(masked.stdout).not.toContain(secret);
  expect(masked.stdout).not.toContain('PRIVATE KEY');

  const revealed = await events(['--limit', '2', '--reveal']);
  expect(revealed.stdout).toContain(secret);
  const file = new URL('../fixtures/foundation/cfdot/lrp-events.ndjson', import.meta.url);
  const [, ...printed] = (await readFile(file, 'utf8')).trimEnd().split('\n');
  const ours = revealed.stdout.trimEnd().split('\n');
  expect(ours.map((line) => JSON.parse(line) as unknown)).toEqual(
    printed.map((line) => JSON.parse(line) as unknown),
  );
});

test('events to read, of one cell or one app', async () => {
  const line = await events(['-o', 'table', '--limit', '1', '--cell', '5b1484f2']);
  expect(line.code).toBe(0);
  expect(line.stdout).toMatch(
    /^\d\d:\d\d:\d\d {2}actual_lrp_instance_removed {2}71e796a2-\S+\/0 {2}RUNNING on 5b1484f2-\S+ \(z1\)\n$/,
  );
  const app = await events([
    '-o',
    'table',
    '--limit',
    '2',
    '--process',
    '71e796a2-e129-705e-273f-05c92326828e',
  ]);
  expect(app.stdout.split('\n')[1]).toMatch(
    /desired_lrp_changed .* annotation$|desired_lrp_changed .* modified \(1\)$/,
  );
  const tasks = await events(['--tasks', '-o', 'table', '--limit', '2']);
  expect(tasks.stdout).toMatch(
    /task_changed +task-evt {2}Pending -> Completed, failed: task was cancelled\n$/,
  );
});

test('Ctrl-C ends it with 130, and a closed pipe with 0', async () => {
  const interrupted = await cgdiego(['events'], {
    env: cfdotEnvironment(),
    onSpawn: (child) => child.stdout!.once('data', () => child.kill('SIGINT')),
  });
  expect(interrupted.code).toBe(130);
  expect(interrupted.stdout.trimEnd().split('\n')).toHaveLength(2);
});

test('says what is missing or wrong', async () => {
  expect(await events([], {})).toMatchObject({ code: 2, stdout: '' });
  const env = cfdotEnvironment();
  const noCa = await events([], { ...env, CA_CERT_FILE: '' });
  expect(noCa).toMatchObject({ code: 2, stdout: '' });
  expect(noCa.stderr).toContain('CA_CERT_FILE');
  const away = await events([], { ...env, BBS_URL: 'https://127.0.0.1:1' });
  expect(away).toMatchObject({ code: 1, stdout: '' });
  expect(away.stderr).toContain('nobody listens at 127.0.0.1:1');
  expect(await events(['--tasks', '--process', 'x'])).toMatchObject({ code: 2 });
});
