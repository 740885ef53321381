import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDevCertificates } from '../../src/lib/certificates/dev.ts';
import type { SizingReport } from '../../src/lib/sizing/sizing.ts';
import { repStates } from '../foundation/oracle.ts';
import { cgdiego } from '../support/cli.ts';
import { createDatabase } from '../support/database.ts';
import { startFakeBbs } from '../support/fake-bbs.ts';
import { inspect } from '../support/inspect.ts';
import { startLiveFoundation, type LiveFoundation } from '../support/live-foundation.ts';

const QUESTION = ['sizing', '--az-loss', '--no-search', '--seeds', '1', '-o', 'json'];

async function ask(url: string, args: string[] = [], env: Record<string, string> = {}) {
  const { stdout, stderr, code } = await inspect(url, [...QUESTION, ...args], { env });
  expect(code, stderr).toBe(3);
  const report = JSON.parse(stdout) as SizingReport;
  return { report, stderr, lossOf: (zone: string) => report.losses!.find((loss) => loss.zone === zone)! };
}

describe('sizing --live', () => {
  let live: LiveFoundation;
  const silent = repStates().find(
    ({ Zone, PlacementTags }) => Zone === 'z2' && PlacementTags === null,
  )!.cell_id;
  beforeAll(async () => {
    live = await startLiveFoundation({ [silent]: { status: 503 } });
  });
  afterAll(() => live.close());

  it('counts with what the reps say, and a cell that does not answer takes no work', async () => {
    const { report, stderr, lossOf } = await ask(live.url, ['--live'], live.env);
    expect(report).toMatchObject({ source: 'live', proxy_memory: { memory_mb: 0, known_by: 'reps' } });
    // 131 of the 181 are placed when all answer (test/sizing/captured.test.ts).
    const loss = lossOf('z1');
    expect(loss.lost).toBe(181);
    expect(loss.placed).toBeLessThan(131);
    expect(loss.placed + loss.not_placed).toBe(181);
    expect(loss.utilisation.cells.find(({ cell_id }) => cell_id === silent)).toMatchObject({
      instances_after: loss.utilisation.cells.find(({ cell_id }) => cell_id === silent)!.instances_before,
    });
    expect(report.notes.join('\n')).toContain(`1 cell: ${silent}.`);
    expect(stderr).toContain(`Missing: cell ${silent}`);
  });
});

describe('sizing, of what is known otherwise or in part', () => {
  let url: string;
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'cgdiego-sizing-'));
    url = await createDatabase('diego-key-2026-10', 'locket');
  });
  afterAll(() => rm(dir, { recursive: true }));

  it('answers from the BBS as from the store', async () => {
    const pki = await createDevCertificates(join(dir, 'pki'));
    const bbs = await startFakeBbs(pki);
    const { report } = await ask(url, ['--source', 'api'], {
      CGDIEGO_DATABASE_URL: '',
      BBS_URL: bbs.url,
      CA_CERT_FILE: pki.ca.certificateFile,
      CLIENT_CERT_FILE: pki.client.certificateFile,
      CLIENT_KEY_FILE: pki.client.privateKeyFile,
    });
    await bbs.close();
    const { report: fromStore } = await ask(url);
    expect(report.source).toBe('api');
    // The BBS leaves some names out.
    const nameless = (losses: unknown) =>
      JSON.stringify(losses).replaceAll(/"app_name":("[^"]*"|null)/gu, '');
    expect(nameless(report.losses)).toBe(nameless(fromStore.losses));
    expect(report.capacity).toEqual(fromStore.capacity);
  });

  it('says what it could not know without keys, and answers all the same', async () => {
    const { report, lossOf } = await ask(url, [], { CGDIEGO_KEYS: '' });
    expect(report.notes.join('\n')).toContain('The volume drivers of some LRPs could not be read');
    expect(lossOf('z1').lost).toBe(181);
  });

  it('has nothing to say without Locket, since nobody knows the cells', async () => {
    const store = await createDatabase('diego-key-2026-10');
    const { code, stdout, stderr } = await cgdiego(['sizing'], { env: { CGDIEGO_DATABASE_URL: store } });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('There are no cells to place anything on.');
    expect(stderr).toContain('--locket-database-url');
  });
});
