import { mkdtemp, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDevCertificates } from '../../src/lib/certificates/dev.ts';
import type { CellRow } from '../../src/lib/foundation/cell-rows.ts';
import type { DomainRow } from '../../src/lib/foundation/domain-rows.ts';
import type { LockRow } from '../../src/lib/foundation/locks-answer.ts';
import type { LrpRow } from '../../src/lib/foundation/lrp-rows.ts';
import type { TaskDetail, TaskRow } from '../../src/lib/foundation/task-json.ts';
import type { Foundation } from '../../src/lib/foundation/types.ts';
import type { DriverRow, VolumeRow } from '../../src/lib/volumes/volumes.ts';
import { cfdot } from '../foundation/oracle.ts';
import { expectEveryFact } from '../foundation/walk.ts';
import { createDatabase, query } from '../support/database.ts';
import { startFakeBbs, type FakeBbs } from '../support/fake-bbs.ts';
import { inspect, parseLines } from '../support/inspect.ts';

let url: string;
let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'cgdiego-inspect-'));
  url = await createDatabase('diego-key-2026-10', 'locket');
  // The captured domains expire at a date; these are fresh and stale by the clock of the test.
  const now = BigInt(Date.now()) * 1_000_000n;
  await query(url, 'UPDATE domains SET expire_time = $1 WHERE domain = $2', [
    now + 7_200_000_000_000n,
    'cf-apps',
  ]);
  await query(url, 'UPDATE domains SET expire_time = $1 WHERE domain = $2', [
    now - 600_000_000_000n,
    'cf-tasks',
  ]);
  await query(url, `INSERT INTO domains VALUES ('for-ever', 9223372036854775807)`);
});

async function json<T>(args: string[], env: Record<string, string> = {}, database = url): Promise<T> {
  const { stdout, stderr } = await inspect(database, [...args, '-o', 'json'], { env });
  expect(stdout, stderr).not.toBe('');
  return JSON.parse(stdout) as T;
}

describe('tasks', () => {
  it('carries every fact that cfdot tasks printed', async () => {
    const { stdout, stderr } = await inspect(url, ['tasks', '-o', 'ndjson', '--reveal']);
    expect(stderr).toBe('');
    const rows = new Map(parseLines<TaskRow>(stdout).map((task) => [task.task_guid, task]));
    const captured = cfdot<{ task_guid: string }>('tasks');
    expect(rows.size).toBe(captured.length);
    for (const task of captured) expectEveryFact(rows.get(task.task_guid), task, task.task_guid);
  });

  it('shows no secret unless asked to', async () => {
    const secret = cfdot<{ env: { value: string }[] }>('tasks')[0]!.env[0]!.value;
    for (const format of ['json', 'csv', 'yaml', 'wide']) {
      expect((await inspect(url, ['tasks', '-o', format])).stdout).not.toContain(secret);
    }
    expect((await inspect(url, ['tasks', '-o', 'csv', '--reveal'])).stdout).toContain(secret);
  });

  it('is a table of fixed columns in a pipe', async () => {
    const { stdout } = await inspect(url, [
      'tasks',
      '--columns',
      'task_guid,state,cell_id,memory_mb',
      '--limit',
      '2',
    ]);
    expect(stdout).toBe(
      [
        'TASK_GUID                             STATE    CELL_ID                               MEM_MB',
        '7ad037ea-0fcb-9e51-fa66-2d45126aa614  Pending  -                                       1024',
        '7f9ca043-b426-b351-4e29-89afe2da04b3  Running  dfd79b4d-7642-9b61-7a0c-9f9f0d3ba55b    1024',
        '',
      ].join('\n'),
    );
  });

  it('shows one task, with the label of its key', async () => {
    const [task] = cfdot<{ task_guid: string }>('tasks');
    const detail = await json<TaskDetail>(['tasks', task!.task_guid.slice(0, 9), '--reveal']);
    expectEveryFact(detail, task, task!.task_guid);
    expect(detail.key_labels).toEqual({ task_definition: 'key-2026-10' });
    const { stdout } = await inspect(url, ['tasks', task!.task_guid]);
    expect(stdout).toContain('run /tmp/lifecycle/builder as vcap');
    expect(stdout).toMatch(/SECRET: +\*\*\*/u);
  });
});

describe('domains', () => {
  it('tells fresh from stale, and when', async () => {
    const rows = new Map((await json<DomainRow[]>(['domains'])).map((row) => [row.domain, row]));
    expect(rows.get('cf-apps')).toMatchObject({ fresh: true });
    expect(rows.get('cf-apps')!.expires_in_seconds).toBeGreaterThan(7000);
    expect(rows.get('cf-tasks')).toMatchObject({ fresh: false });
    expect(rows.get('cf-tasks')!.expires_in_seconds).toBeLessThanOrEqual(-600);
    expect(rows.get('for-ever')).toEqual({
      domain: 'for-ever',
      fresh: true,
      expires_at: null,
      expires_in_seconds: null,
    });
  });

  it('names what cfdot domains named, in a table and as csv', async () => {
    const { stdout } = await inspect(url, ['domains']);
    expect(stdout).toMatch(
      /^DOMAIN +STATE +EXPIRES\ncf-apps +fresh +in 1h 59m\ncf-tasks +stale +10m( \d+s)? ago\nfor-ever +fresh +never\n$/u,
    );
    const csv = await inspect(url, ['domains', '-o', 'csv', '--columns', 'domain', '--no-header']);
    expect(csv.stdout.split('\n')).toEqual(expect.arrayContaining(cfdot<string>('domains')));
  });
});

describe('locks', () => {
  it('carries every fact that cfdot locks and presences printed', async () => {
    const rows = new Map((await json<LockRow[]>(['locks'])).map((row) => [row.key, row]));
    for (const name of ['locks', 'presences']) {
      for (const lock of cfdot<{ key: string }>(name)) expectEveryFact(rows.get(lock.key), lock, lock.key);
    }
    expect(rows.get('bbs')).toMatchObject({ means: 'active BBS', ttl: 15 });
  });

  it('says who is active, and that nobody is', async () => {
    const { stdout } = await inspect(url, ['locks', '--filter', 'type=lock']);
    expect(stdout).toBe(
      [
        'KEY  TYPE  OWNER  MEANS       TTL  INDEX',
        'bbs  lock  bbs-1  active BBS  15s    159',
        '',
        'The active BBS is bbs-1.',
        'No auctioneer is active: nobody holds the lock "auctioneer".',
        '',
      ].join('\n'),
    );
    const csv = await inspect(url, ['locks', '--filter', 'type=lock', '-o', 'csv', '--columns', 'key,owner']);
    expect(csv.stdout).toBe('key,owner\nbbs,bbs-1\n');
  });

  it('reads Locket from a database of its own, and says when there is none', async () => {
    const [store, locket] = await Promise.all([
      createDatabase('diego-key-2026-10'),
      createDatabase('locket'),
    ]);
    const { stdout } = await inspect(store, ['locks', '--quiet', '--locket-database-url', locket]);
    expect(stdout.trimEnd().split('\n')).toHaveLength(13);
    const none = await inspect(store, ['locks']);
    expect(none).toMatchObject({ code: 1, stdout: '' });
    expect(none.stderr).toContain('--locket-database-url');
  });
});

describe('volumes', () => {
  it('shows who needs a driver, where it is, and what can be placed nowhere', async () => {
    const rows = await json<VolumeRow[]>(['volumes']);
    const needing = cfdot<{ process_guid: string; volume_mounts?: unknown[] }>('desired-lrps').filter(
      ({ volume_mounts: mounts }) => mounts !== undefined,
    );
    expect(rows.map(({ process_guid }) => process_guid).toSorted()).toEqual(
      needing.map(({ process_guid }) => process_guid).toSorted(),
    );
    const [nowhere, ...others] = rows.filter(({ placeable }) => placeable === 'no');
    expect(others).toEqual([]);
    expect(nowhere).toMatchObject({ app_name: 'app-187', placement_tags: ['isolated-egress'], cells: [] });
    expect(nowhere!.why).toMatch(/^the auctioneer found no compatible cell/u);
    const drivers = cfdot<{ cell_id: string; VolumeDrivers: string[] | null }>('cell-states')
      .filter(({ VolumeDrivers: known }) => known !== null)
      .map(({ cell_id }) => cell_id);
    for (const row of rows.filter(({ placeable }) => placeable === 'yes')) {
      expect(row.cells.toSorted()).toEqual(drivers.toSorted());
    }
  });

  it('adds up by driver, as a table and as csv', async () => {
    const [driver] = await json<DriverRow[]>(['volumes', '--by', 'driver']);
    expect(driver).toMatchObject({
      driver: 'nfsv3driver',
      lrps: 12,
      unplaceable: 1,
      zones: ['z1', 'z2', 'z3'],
    });
    const { stdout } = await inspect(url, ['volumes', '--by', 'driver']);
    expect(stdout).toBe(
      'DRIVER       LRPS  DESIRED  RUNNING  CELLS  ZONES     UNPLACEABLE\nnfsv3driver    12       30       24      3  z1,z2,z3            1\n',
    );
    const csv = await inspect(url, [
      'volumes',
      '-o',
      'csv',
      '--columns',
      'app_name,placeable',
      '--filter',
      'placeable=no',
    ]);
    expect(csv.stdout).toBe('app_name,placeable\napp-187,no\n');
  });
});

describe('snapshot', () => {
  it.each(['snapshot.json', 'snapshot.json.gz'])(
    'saves %s, from which the lists read the same',
    async (name) => {
      const file = join(dir, name);
      const saved = await inspect(url, ['snapshot', '--file', file]);
      expect(saved).toMatchObject({ code: 0, stdout: '' });
      expect(saved.stderr).toContain('12 cells, 220 desired LRPs, 585 instances and 22 tasks');
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      expect(await json<CellRow[]>(['cells', '--from', file])).toEqual(await json<CellRow[]>(['cells']));
      const summary = [
        'lrps',
        '--columns',
        'process_guid,app_name,running,zones,placement_errors,crash_count',
        '--sort',
        'process_guid',
      ];
      expect(await json<LrpRow[]>([...summary, '--from', file])).toEqual(await json<LrpRow[]>(summary));
      expect(await json<VolumeRow[]>(['volumes', '--from', file])).toEqual(
        await json<VolumeRow[]>(['volumes']),
      );
      const one = await inspect(url, ['lrps', '71e796a2', '--from', file]);
      expect(one.stdout).toMatch(/^LRP 71e796a2.*\nApp: +app-1 /u);
    },
  );

  it('has no secrets in it', async () => {
    const file = join(dir, 'plain.json');
    await inspect(url, ['snapshot', '--file', file]);
    const text = await readFile(file, 'utf8');
    expect(text).not.toMatch(/PRIVATE KEY|dckr_pat|VCAP_SERVICES|postgres:\/\//u);
    const foundation = JSON.parse(text) as Foundation;
    expect(foundation).toMatchObject({ schema: 'cgdiego-foundation/1', source: 'store', gaps: [] });
  });

  it('refuses a file that is none, and says why', async () => {
    const file = join(dir, 'other.json');
    await writeFile(file, '{"schema":"cgdiego-foundation/9"}');
    const other = await inspect(url, ['cells', '--from', file]);
    expect(other).toMatchObject({ code: 2, stdout: '' });
    expect(other.stderr).toContain('cgdiego-foundation/9');
    expect(await inspect(url, ['cells', '--from', join(dir, 'absent.json')])).toMatchObject({ code: 2 });
    expect(await inspect(url, ['cells', '--from', file, '--live'])).toMatchObject({ code: 2 });
  });
});

describe('--source api', () => {
  let bbs: FakeBbs;
  let env: Record<string, string>;
  beforeAll(async () => {
    const pki = await createDevCertificates(join(dir, 'pki'));
    bbs = await startFakeBbs(pki);
    env = {
      CGDIEGO_DATABASE_URL: '',
      BBS_URL: bbs.url,
      CA_CERT_FILE: pki.ca.certificateFile,
      CLIENT_CERT_FILE: pki.client.certificateFile,
      CLIENT_KEY_FILE: pki.client.privateKeyFile,
    };
  });
  afterAll(() => bbs.close());

  it('shows the same cells and LRPs as the store, and warns once', async () => {
    const { stdout, stderr, code } = await inspect(url, ['cells', '--source', 'api', '-o', 'json'], { env });
    expect({ code, warnings: stderr.match(/Warning:.*deletes rows/gu)?.length }).toEqual({
      code: 0,
      warnings: 1,
    });
    expect(JSON.parse(stdout)).toEqual(await json(['cells']));
    const columns = [
      'lrps',
      '--columns',
      'process_guid,running,crash_count,memory_mb,volume_drivers',
      '--sort',
      'process_guid',
    ];
    expect(await json([...columns, '--source', 'api'], env)).toEqual(await json(columns));
    const tasks = [
      'tasks',
      '--columns',
      'task_guid,state,cell_id,memory_mb,rejection_count',
      '--sort',
      'task_guid',
    ];
    expect(await json([...tasks, '--source', 'api'], env)).toEqual(await json(tasks));
    const volumes = ['volumes', '--columns', 'process_guid,placeable,cells', '--sort', 'process_guid'];
    expect(await json([...volumes, '--source', 'api'], env)).toEqual(await json(volumes));
    expect(bbs.requests.map(({ path }) => path)).not.toContain('/v1/desired_lrps/list.r3');
  });

  it('names the domains without asking for a list of LRPs, and does not say when they expire', async () => {
    const before = bbs.requests.length;
    const { stdout, stderr } = await inspect(url, ['domains', '--source', 'api', '-o', 'json'], { env });
    expect(JSON.parse(stdout)).toEqual([
      { domain: 'cf-apps', fresh: true },
      { domain: 'cf-tasks', fresh: true },
    ]);
    expect(stderr).toMatch(/^Missing: domains: .*not when they expire/u);
    expect(bbs.requests.slice(before).map(({ path }) => path)).toEqual(['/v1/domains/list']);
  });

  it('asks nobody when only the store is read', async () => {
    const before = bbs.requests.length;
    await inspect(url, ['lrps', '-o', 'ndjson'], { env: { ...env, CGDIEGO_DATABASE_URL: url } });
    expect(bbs.requests).toHaveLength(before);
  });
});
