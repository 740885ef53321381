import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDevCertificates } from '../../src/lib/certificates/dev.ts';
import type { ActualLrpRow } from '../../src/lib/foundation/actual-lrp-json.ts';
import type { CellRow } from '../../src/lib/foundation/cell-rows.ts';
import type { LrpDetail } from '../../src/lib/foundation/lrp-detail.ts';
import type { LrpRow } from '../../src/lib/foundation/lrp-rows.ts';
import type { TaskRow } from '../../src/lib/foundation/task-json.ts';
import type { Foundation } from '../../src/lib/foundation/types.ts';
import type { VolumeRow } from '../../src/lib/volumes/volumes.ts';
import { cfdot, repStates } from '../foundation/oracle.ts';
import { createDatabase, query } from '../support/database.ts';
import { startFakeBbs } from '../support/fake-bbs.ts';
import { inspect, keysFile, parseLines } from '../support/inspect.ts';
import { startLiveFoundation } from '../support/live-foundation.ts';

/** What is there but for what is missing. */
interface Answer<T> {
  value: T;
  /** The lines of stderr that say what is missing. */
  missing: string[];
}

async function answer<T>(url: string, args: string[], env: Record<string, string> = {}): Promise<Answer<T>> {
  const { stdout, stderr, code } = await inspect(url, [...args, '-o', 'json'], { env });
  expect(code, stderr).toBe(0);
  const lines = stderr.split('\n').filter((line) => line !== '');
  expect(lines.filter((line) => !line.startsWith('Missing: '))).toEqual([]);
  return {
    value: JSON.parse(stdout) as T,
    missing: lines.map((line) => line.replace(/^Missing: (.*)\.$/u, '$1')),
  };
}

const byGuid = <Row extends { process_guid: string }>(rows: Row[], guid: string) =>
  rows.find((row) => row.process_guid === guid)!;

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'cgdiego-degraded-'));
});
afterAll(() => rm(dir, { recursive: true }));

describe('without the database of Locket', () => {
  it.each([
    ['nobody said where it is', {}, /^locket: there is no table locks .*--locket-database-url/u],
    [
      'it does not answer',
      { CGDIEGO_LOCKET_DATABASE_URL: 'postgres://x@127.0.0.1:1/locketdb' },
      /^locket: .*127\.0\.0\.1:1.*ECONNREFUSED/u,
    ],
  ])('the cells are those that LRPs name, when %s', async (_, env: Record<string, string>, why) => {
    const store = await createDatabase('diego-key-2026-10');
    const cells = await answer<CellRow[]>(store, ['cells'], env);
    expect(cells.missing).toEqual([expect.stringMatching(why)]);
    expect(new Set(cells.value.map(({ state }) => state))).toEqual(new Set(['missing']));
    for (const state of repStates()) {
      const cell = cells.value.find(({ cell_id }) => cell_id === state.cell_id)!;
      expect(cell).toMatchObject({ zone: state.Zone, memory_total_mb: null });
      expect(cell.memory_allocated_mb - cell.memory_pending_mb).toBe(
        state.TotalResources.MemoryMB - state.AvailableResources.MemoryMB,
      );
    }
  });

  it('LRPs are whole, and a snapshot says what it lacks', async () => {
    const store = await createDatabase('diego-key-2026-10');
    const lrps = await answer<LrpRow[]>(store, ['lrps', '--columns', 'process_guid,running']);
    expect(lrps).toMatchObject({ missing: [], value: { length: 220 } });
    const volumes = await answer<VolumeRow[]>(store, ['volumes']);
    expect(volumes.missing).toHaveLength(1);
    const file = join(dir, 'no-locket.json');
    const saved = await inspect(store, ['snapshot', '--file', file]);
    expect(saved.stderr).toMatch(/^Missing: locket: /u);
    expect(JSON.parse(await readFile(file, 'utf8')) as Foundation).toMatchObject({
      gaps: [{ what: 'locket' }],
      actual_lrps: { length: 585 },
    });
  });

  it('a user who may not read its table still gets the rest', async () => {
    const url = await createDatabase('diego-key-2026-10', 'locket');
    const role = `reader_${process.pid}`;
    await query(url, `CREATE ROLE ${role} LOGIN`);
    await query(url, `GRANT SELECT ON desired_lrps, actual_lrps, tasks, domains TO ${role}`);
    const cells = await answer<CellRow[]>(url.replace('postgres@', `${role}@`), ['cells']);
    expect(cells.missing).toEqual([expect.stringMatching(/^locket: .*permission denied/u)]);
    expect(cells.value).toHaveLength(12);
  });
});

describe('an empty store', () => {
  let url: string;
  beforeAll(async () => {
    url = await createDatabase('diego-key-2026-10', 'locket');
    await query(url, 'TRUNCATE desired_lrps, actual_lrps, tasks, domains, locks');
  });

  it.each([
    [['cells']],
    [['cells', '--by', 'pool']],
    [['lrps']],
    [['lrps', '--instances']],
    [['lrps', '--full']],
    [['tasks']],
    [['domains']],
    [['locks']],
    [['volumes']],
  ])('%j is an empty list', async (args) => {
    expect(await answer(url, args)).toEqual({ value: [], missing: [] });
  });

  it('is nothing in ndjson, a heading in csv, and says that nobody is active', async () => {
    expect(await inspect(url, ['lrps', '--instances', '-o', 'ndjson'])).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
    const csv = await inspect(url, ['lrps', '-o', 'csv', '--columns', 'process_guid,running']);
    expect(csv.stdout).toBe('process_guid,running\n');
    expect((await inspect(url, ['locks'])).stdout).toMatch(/No BBS is active.*\nNo auctioneer is active/u);
  });

  it('is not the same as a database that is none of a BBS', async () => {
    const { code, stdout, stderr } = await inspect(await createDatabase(), ['lrps']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/desired_lrps/u);
  });
});

describe('other releases', () => {
  it('an older schema: columns that are absent are said once, and take nothing else away', async () => {
    const url = await createDatabase('diego-key-2026-10', 'locket');
    await query(
      url,
      `ALTER TABLE actual_lrps DROP COLUMN internal_routes, DROP COLUMN metric_tags, DROP COLUMN routable,
         DROP COLUMN availability_zone, DROP COLUMN crash_reason`,
    );
    await query(url, 'ALTER TABLE desired_lrps DROP COLUMN metric_tags');
    const absent = (column: string) => `${column}: this store's release has no such column`;

    const instances = await answer<ActualLrpRow[]>(url, ['lrps', '--instances']);
    expect(instances.missing.toSorted()).toEqual(
      ['availability_zone', 'crash_reason', 'internal_routes', 'metric_tags', 'routable'].map((name) =>
        absent(`actual_lrps.${name}`),
      ),
    );
    const captured = cfdot<{ process_guid: string; index: number; address: string }>('actual-lrps');
    for (const lrp of captured) {
      const row = instances.value.find(
        ({ process_guid, index }) => process_guid === lrp.process_guid && index === lrp.index,
      );
      expect(row).toMatchObject({ address: lrp.address, routable: null, metric_tags: {}, unreadable: [] });
    }

    const lrps = await answer<LrpRow[]>(url, ['lrps', '--full']);
    expect(lrps.missing).toEqual([absent('desired_lrps.metric_tags')]);
    expect(lrps.value).toHaveLength(220);
    expect(lrps.value[0]!.action).toBeDefined();

    const cells = await answer<CellRow[]>(url, ['cells']);
    expect(cells.missing).toEqual([]);
    expect(cells.value.map(({ lrps_running }) => lrps_running)).toContain(69);
    const { process_guid: guid } = captured[0]!;
    const detail = await answer<LrpDetail>(url, ['lrps', guid]);
    expect(detail.missing).toContain(absent('desired_lrps.metric_tags'));
    expect(detail.value).toMatchObject({ app_name: null, desired: true });
  });

  it('from before presence and max_pids', async () => {
    const url = await createDatabase('diego-key-2026-10', 'locket');
    await query(url, 'ALTER TABLE actual_lrps DROP COLUMN presence CASCADE');
    await query(url, 'ALTER TABLE desired_lrps DROP COLUMN max_pids');
    const cells = await answer<CellRow[]>(url, ['cells']);
    expect(cells.value).toHaveLength(12);
    const lrps = await answer<LrpRow[]>(url, ['lrps', '--columns', 'process_guid,running']);
    const running = cfdot<{ state: string }>('actual-lrps').filter(({ state }) => state === 'RUNNING');
    expect(lrps.value.reduce((sum, row) => sum + row.running, 0)).toBe(running.length);
    expect(lrps.missing).toEqual(["desired_lrps.max_pids: this store's release has no such column"]);
  });

  it('a newer schema: columns that nobody knows yet change nothing', async () => {
    const [url, other] = await Promise.all([
      createDatabase('diego-key-2026-10', 'locket'),
      createDatabase('diego-key-2026-10', 'locket'),
    ]);
    await query(other, `ALTER TABLE desired_lrps ADD COLUMN IF NOT EXISTS update_strategy int DEFAULT 0`);
    await query(other, `ALTER TABLE desired_lrps ADD COLUMN shape text DEFAULT 'round'`);
    await query(other, `ALTER TABLE actual_lrps ADD COLUMN colour text DEFAULT 'red'`);
    await query(other, `ALTER TABLE tasks ADD COLUMN priority int`);
    await query(other, 'CREATE TABLE bbs_health_check (id int, time bigint)');
    for (const args of [['lrps', '--instances'], ['cells'], ['tasks']]) {
      const [newer, known] = await Promise.all(
        [other, url].map((store) => inspect(store, [...args, '-o', 'csv'])),
      );
      expect(newer).toMatchObject({ code: 0, stderr: '' });
      expect(newer!.stdout === known!.stdout, args.join(' ')).toBe(true);
    }
    const full = await answer<LrpRow[]>(other, ['lrps', '--full']);
    expect(full.missing).toEqual([]);
    expect(new Set(full.value.map((lrp) => lrp.update_strategy))).toEqual(new Set(['ROLLING']));
  });
});

describe('values that cannot be decrypted', () => {
  const [first, second, third] = cfdot<{ process_guid: string }>('desired-lrps').map(
    ({ process_guid }) => process_guid,
  ) as [string, string, string];
  const damage = `overlay(run_info PLACING 'AAAA' FROM 60)`;
  let url: string;
  beforeAll(async () => {
    url = await createDatabase('diego-key-2026-10', 'locket');
    await query(url, `UPDATE desired_lrps SET run_info = ${damage} WHERE process_guid = $1`, [first]);
    await query(url, `UPDATE desired_lrps SET metric_tags = 'plain text' WHERE process_guid = $1`, [second]);
    await query(url, `UPDATE actual_lrps SET net_info = '02AAAA' WHERE process_guid = $1`, [third]);
    await query(
      url,
      `UPDATE tasks SET task_definition = (SELECT run_info FROM desired_lrps WHERE process_guid = $1)
        WHERE guid = (SELECT min(guid) FROM tasks WHERE state = 2)`,
      [first],
    );
  });

  it('are named with their row and their column, and everything else is there', async () => {
    const { value, missing } = await answer<LrpRow[]>(url, ['lrps', '--full']);
    expect(missing.toSorted().toReversed()).toEqual([
      expect.stringMatching(/^desired_lrps\.run_info: 1 value: the key "key-2026-10" does not open it/u),
      expect.stringMatching(/^desired_lrps\.metric_tags: 1 value: it does not begin with the encoding/u),
    ]);
    expect(value).toHaveLength(220);
    expect(byGuid(value, first)).toMatchObject({ unreadable: ['run_info'], domain: 'cf-apps' });
    expect(byGuid(value, first).action).toBeUndefined();
    expect(byGuid(value, second)).toMatchObject({ unreadable: ['metric_tags'], metric_tags: null });
    expect(byGuid(value, second).action).toBeDefined();
    expect(value.filter(({ unreadable }) => unreadable!.length > 0)).toHaveLength(2);
  });

  it('leave the instances, the tasks and the cells', async () => {
    const instances = await answer<ActualLrpRow[]>(url, ['lrps', '--instances']);
    expect(instances.missing).toEqual([expect.stringMatching(/^actual_lrps\.net_info: \d+ values?: /u)]);
    expect(instances.value).toHaveLength(585);
    expect(byGuid(instances.value, third)).toMatchObject({ unreadable: ['net_info'] });
    expect(byGuid(instances.value, third).cell_id).not.toBe('');

    const lrps = (await answer<LrpRow[]>(url, ['lrps'])).value;
    expect(byGuid(lrps, first)).toMatchObject({ unreadable: ['run_info'], app_name: 'app-1' });
    expect(byGuid(lrps, second)).toMatchObject({ unreadable: ['metric_tags'], app_name: null });
    expect(byGuid(lrps, third).actual_lrps!.map(({ unreadable }) => unreadable)).toContainEqual(['net_info']);

    const tasks = await answer<TaskRow[]>(url, ['tasks']);
    expect(tasks.missing).toHaveLength(1);
    expect(tasks.value.filter(({ unreadable }) => unreadable.length > 0)).toHaveLength(1);
    expect(tasks.value).toHaveLength(22);

    const cells = await answer<CellRow[]>(url, ['cells']);
    expect(cells.missing).toContain(
      'sizes: of 1 instance or task the size is not known, so what is allocated is too low',
    );
    expect(cells.value.reduce((sum, { unsized }) => sum + unsized, 0)).toBe(1);
  });

  it('are said of the one LRP that is asked for, in json and in words', async () => {
    const { value } = await answer<LrpDetail>(url, ['lrps', first]);
    expect(value).toMatchObject({ unreadable: ['run_info'], key_labels: { run_info: 'key-2026-10' } });
    const { stdout, stderr, code } = await inspect(url, ['lrps', first]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^LRP .*\nApp: +app-/u);
    expect(stderr).toContain('Missing: desired_lrps.run_info');
  });

  it('without the key of the rows, or any key, lists have all that is in the clear', async () => {
    for (const env of [
      { CGDIEGO_KEYS: '' },
      { CGDIEGO_KEYS: keysFile({ 'key-2026-11': 'my november passphrase' }) },
    ]) {
      const { stdout, stderr, code } = await inspect(url, ['lrps', '--instances', '-o', 'ndjson'], { env });
      expect(code).toBe(0);
      expect(stderr).toMatch(
        /Missing: (keys: no encryption keys were given|.*there is no key with the label "key-2026-10")/u,
      );
      const rows = parseLines<ActualLrpRow>(stdout);
      expect(rows).toHaveLength(585);
      expect(rows.filter(({ cell_id }) => cell_id !== '').length).toBeGreaterThan(500);
    }
  });
});

describe('reps that do not answer', () => {
  it('are gaps of a snapshot and of volumes, whose answer is of the others', async () => {
    const [hangs, , refuses] = repStates().map(({ cell_id }) => cell_id) as [string, string, string];
    const live = await startLiveFoundation({ [hangs]: { hang: true }, [refuses]: { status: 503 } });
    try {
      const args = ['--live', '--rep-timeout', '1s'];
      const file = join(dir, 'live.json');
      const saved = await inspect(live.url, ['snapshot', '--file', file, ...args], { env: live.env });
      expect(saved.code).toBe(0);
      const foundation = JSON.parse(await readFile(file, 'utf8')) as Foundation;
      expect(foundation.gaps.map(({ what }) => what).toSorted()).toEqual(
        [`cell ${hangs}`, `cell ${refuses}`].toSorted(),
      );
      expect(foundation.cells.filter((cell) => cell.live && !('error' in cell.live))).toHaveLength(10);
      const again = await answer<CellRow[]>(live.url, ['cells', '--from', file]);
      expect(again.missing).toEqual([
        expect.stringMatching(`^cell ${hangs}: there was no answer from 127.0.0.1:\\d+ within 1.0s`),
        expect.stringMatching(`^cell ${refuses}: .* 503 Service Unavailable`),
      ]);
    } finally {
      await live.close();
    }
  });
});

describe('a BBS whose certificate has expired', () => {
  it('is said, and what to use instead', async () => {
    const pki = await createDevCertificates(join(dir, 'pki'), { expired: ['bbs_server'] });
    const bbs = await startFakeBbs(pki);
    try {
      const { code, stdout, stderr } = await inspect('', ['cells', '--source', 'api'], {
        env: {
          BBS_URL: bbs.url,
          CA_CERT_FILE: pki.ca.certificateFile,
          CLIENT_CERT_FILE: pki.client.certificateFile,
          CLIENT_KEY_FILE: pki.client.privateKeyFile,
        },
      });
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toContain('has expired');
    } finally {
      await bbs.close();
    }
  });
});
