import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cgdiego } from '../support/cli.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'cgdiego-certs-dev-'));
});
afterAll(() => rm(dir, { recursive: true }));

test('cgdiego certs dev prints the files, says how to use them, and refuses a second time', async () => {
  const first = await cgdiego(['certs', 'dev', '--out', join(dir, 'bed')]);
  expect(first).toMatchObject({ code: 0 });
  expect(first.stdout.split('\n')).toHaveLength(17);
  expect(first.stdout).toContain(join(dir, 'bed', 'rep_server.key'));
  expect(first.stderr).toContain('CA_CERT_FILE=');
  expect(first.stdout + first.stderr).not.toContain('PRIVATE KEY');

  const second = await cgdiego(['certs', 'dev', '--out', join(dir, 'bed')]);
  expect(second).toMatchObject({ code: 2, stdout: '' });
  expect(second.stderr).toContain('exists');
});

test('cgdiego certs dev needs a directory and knows its certificates', async () => {
  expect(await cgdiego(['certs', 'dev'])).toMatchObject({ code: 2, stdout: '' });
  const wrong = await cgdiego(['certs', 'dev', '--out', join(dir, 'x'), '--wrong-name', 'client']);
  expect(wrong).toMatchObject({ code: 2, stdout: '' });
});
