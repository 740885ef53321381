import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CellDetail } from '../../src/lib/foundation/cell-detail.ts';
import type { CellRow, PoolRow, ZoneRow } from '../../src/lib/foundation/cell-rows.ts';
import { cfdot, repStates } from '../foundation/oracle.ts';
import { createDatabase, query } from '../support/database.ts';
import { inspect, parseLines } from '../support/inspect.ts';
import { startLiveFoundation, type LiveFoundation } from '../support/live-foundation.ts';

const CELL = '538c7f96-b164-bf1b-97bb-9f4bb472e89f';

let url: string;
beforeAll(async () => {
  url = await createDatabase('diego-key-2026-10', 'locket');
});

async function json<T>(args: string[], database = url, env: Record<string, string> = {}): Promise<T> {
  const { stdout, stderr } = await inspect(database, [...args, '-o', 'json'], { env });
  expect(stdout, stderr).not.toBe('');
  return JSON.parse(stdout) as T;
}

describe('cells', () => {
  it('carries every fact that cfdot cells and presences printed', async () => {
    const rows = await json<CellRow[]>(['cells']);
    const captured = cfdot<{
      cell_id: string;
      rep_address: string;
      zone: string;
      capacity: { memory_mb: number; disk_mb: number; containers: number };
      rootfs_provider_list: { name: string; properties?: string[] }[];
      rep_url: string;
      placement_tags?: string[];
    }>('cells');
    expect(rows).toHaveLength(captured.length);
    for (const cell of captured) {
      expect(rows.find(({ cell_id }) => cell_id === cell.cell_id)).toMatchObject({
        zone: cell.zone,
        state: 'present',
        rep_url: cell.rep_url,
        rep_address: cell.rep_address,
        memory_total_mb: cell.capacity.memory_mb,
        disk_total_mb: cell.capacity.disk_mb,
        containers_total: cell.capacity.containers,
        placement_tags: cell.placement_tags ?? [],
        rootfs: cell.rootfs_provider_list.flatMap(({ name, properties }) =>
          properties === undefined ? [name] : properties.map((property) => `${name}:${property}`),
        ),
      });
    }
  });

  it('agrees with the captured /state, but for what was claimed and not there yet', async () => {
    const rows = await json<CellRow[]>(['cells']);
    for (const state of repStates()) {
      const row = rows.find(({ cell_id }) => cell_id === state.cell_id)!;
      expect(row.memory_available_mb! + row.memory_pending_mb).toBe(state.AvailableResources.MemoryMB);
      expect(row.disk_available_mb! + row.disk_pending_mb).toBe(state.AvailableResources.DiskMB);
      expect(row.containers_available! + row.containers_pending).toBe(state.AvailableResources.Containers);
      expect(row.lrps_running).toBe(state.LRPs.length);
    }
  });

  it('is a table of fixed columns in a pipe, with totals by zone and by pool', async () => {
    const { stdout, stderr } = await inspect(url, ['cells', '--filter', 'placement_tags=isolated-egress']);
    expect(stderr).toBe('');
    expect(stdout).toBe(
      `CELL_ID                               ZONE  STATE    MEM_GIB  MEM%  DISK_GIB  DISK%    CONT  TAGS             RUNNING  CLAIMED  TASKS
0cc0d614-4c88-8535-841a-cbe0709b0758  z1    present   9.9/64   16%  24.8/256    10%  14/249  isolated-egress       14        0      0
13dd1aac-04ce-2ea2-877c-5579cfa2c78e  z2    present  10.3/64   16%  25.3/256    10%  16/249  isolated-egress       15        0      1
00dacd2d-885f-692c-b607-da00a11c1c70  z3    present  15.7/64   25%  39.8/256    16%  18/249  isolated-egress       16        0      2

ZONE  CELLS  MISSING    MEM_GIB  MEM%    DISK_GIB  DISK%     CONT  RUNNING  CLAIMED  TASKS
z1        4        0  176.1/256   69%  351.5/1024    34%  184/996      174        7      3
z2        4        0    150/256   59%    305/1024    30%  186/996      176        5      5
z3        4        0  159.9/256   63%  325.8/1024    32%  183/996      172        6      5

POOL             CELLS  MISSING    MEM_GIB  MEM%    DISK_GIB  DISK%      CONT  RUNNING  CLAIMED  TASKS  ZONES     ROOTFS
shared               9        0  450.1/576   78%  892.5/2304    39%  505/2241      477       18     10  z1,z2,z3  preloaded:cflinuxfs3,preloaded:cflinuxfs4,preloaded+layer:cflinuxfs3,preloaded+layer:cflinuxfs4,docker
isolated-egress      3        0   35.9/192   19%    89.8/768    12%    48/747       45        0      3  z1,z2,z3  preloaded:cflinuxfs3,preloaded:cflinuxfs4,preloaded+layer:cflinuxfs3,preloaded+layer:cflinuxfs4,docker
`,
    );
  });

  it('is csv, ids and what was chosen, sorted', async () => {
    const { stdout } = await inspect(url, [
      'cells',
      '-o',
      'csv',
      '--columns',
      'zone,memory_pct',
      '--sort',
      '-memory_pct',
      '--limit',
      '2',
    ]);
    expect(stdout).toBe('zone,memory_pct\nz2,114\nz1,106.6\n');
    expect((await inspect(url, ['cells', '--quiet', '--filter', 'zone=z1'])).stdout.split('\n')).toContain(
      CELL,
    );
    const unknown = await inspect(url, ['cells', '--columns', 'memroy_pct']);
    expect(unknown).toMatchObject({ code: 2, stdout: '' });
    expect(unknown.stderr).toMatch(/no column "memroy_pct".*memory_pct/su);
  });

  it('adds up zones and pools', async () => {
    const zones = await json<ZoneRow[]>(['cells', '--by', 'zone']);
    const pools = await json<PoolRow[]>(['cells', '--by', 'pool']);
    const cells = await json<CellRow[]>(['cells']);
    const memory = (rows: { memory_allocated_mb: number }[]) =>
      rows.reduce((sum, row) => sum + row.memory_allocated_mb, 0);
    expect(zones.map(({ zone, cells: count }) => [zone, count])).toEqual([
      ['z1', 4],
      ['z2', 4],
      ['z3', 4],
    ]);
    expect(memory(zones)).toBe(memory(cells));
    expect(memory(pools)).toBe(memory(cells));
    expect(pools.map(({ placement_tags }) => placement_tags)).toEqual([[], ['isolated-egress']]);
  });

  it('shows cells that LRPs name and Locket does not know as missing, and those that are evacuated', async () => {
    const other = await createDatabase('diego-key-2026-10', 'locket');
    await query(other, 'DELETE FROM locks WHERE path = $1', [CELL]);
    await query(
      other,
      `UPDATE actual_lrps SET presence = 1, evacuating = true WHERE cell_id = '5b1484f2-5209-c9d9-343e-92ba09dd9d52'`,
    );
    const rows = await json<CellRow[]>(['cells'], other);
    expect(rows).toHaveLength(12);
    expect(rows.find(({ cell_id }) => cell_id === CELL)).toMatchObject({
      state: 'missing',
      zone: 'z1',
      memory_total_mb: null,
      memory_pct: null,
      memory_allocated_mb: 69_888,
      lrps_running: 69,
    });
    expect(rows.find(({ cell_id }) => cell_id.startsWith('5b14'))).toMatchObject({
      state: 'evacuating',
      lrps_running: 0,
      lrps_evacuating: 60,
    });
  });
});

describe('cells CELL_ID', () => {
  it('shows the cell with its instances, tasks and crashes, by the beginning of its id', async () => {
    const detail = await json<CellDetail>(['cells', CELL.slice(0, 6)]);
    const actual = cfdot<{ cell_id: string; instance_guid: string; crash_count: number }>(
      'actual-lrps',
    ).filter(({ cell_id }) => cell_id === CELL);
    expect(detail.cell_id).toBe(CELL);
    expect(detail.instances.map(({ instance_guid }) => instance_guid).toSorted()).toEqual(
      actual.map(({ instance_guid }) => instance_guid).toSorted(),
    );
    expect(detail.crashes).toHaveLength(actual.filter(({ crash_count }) => crash_count > 0).length);
    const busy = await json<CellDetail>(['cells', 'dfd79b4d']);
    expect(busy.task_list).toHaveLength(2);
  });

  it('reads well', async () => {
    const { stdout } = await inspect(url, ['cells', CELL]);
    expect(stdout).toMatch(/^Cell 538c7f96.*\nZone: +z1\n/u);
    expect(stdout).toContain('71 instances');
    expect(stdout).toMatch(/memory +#+>? +106%|memory +#+>? +107%/u);
  });

  it.each(['--quiet', '--columns=zone', '--sort=zone', '--filter=zone=z1', '--limit=1'])(
    'is no list: %s is refused',
    async (flag) => {
      const { code, stdout, stderr } = await inspect(url, ['cells', CELL, flag]);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toContain(`${flag.split('=')[0]} is for lists`);
    },
  );

  it('says when several begin like that, or none', async () => {
    expect((await inspect(url, ['cells', '1'])).stderr).toMatch(
      /2 cells begin with "1".*13dd1aac.*1b0bafae/su,
    );
    expect(await inspect(url, ['cells', 'zz'])).toMatchObject({ code: 1, stdout: '' });
  });
});

describe('cells --live', () => {
  const HANGS = '00dacd2d-885f-692c-b607-da00a11c1c70';
  const LOST = '5b1484f2-5209-c9d9-343e-92ba09dd9d52';
  const GREEDY = 'ba843ee8-d63e-8c4f-fe1c-ebea546d8fac';
  let live: LiveFoundation;
  beforeAll(async () => {
    const [lost, greedy] = [LOST, GREEDY].map((id) => repStates().find(({ cell_id }) => cell_id === id)!);
    // One rep has lost its instances, one has a container that the store does not know, one hangs.
    lost!.AvailableResources = lost!.TotalResources;
    lost!.LRPs = [];
    greedy!.AvailableResources.MemoryMB -= 512;
    greedy!.LRPs.push({ ...greedy!.LRPs[0]!, instance_guid: 'stranger', index: 77 });
    live = await startLiveFoundation({
      [HANGS]: { hang: true },
      [LOST]: JSON.stringify(lost),
      [GREEDY]: JSON.stringify({ ...greedy, Evacuating: true }),
    });
  });
  afterAll(() => live.close());

  it('shows what each rep says, where it differs, and which does not answer', async () => {
    const { stdout, stderr, code } = await inspect(
      live.url,
      ['cells', '--live', '--rep-timeout', '2s', '-o', 'ndjson'],
      { env: live.env },
    );
    expect(code).toBe(0);
    const rows = new Map(parseLines<CellRow>(stdout).map((row) => [row.cell_id, row]));
    expect(rows.size).toBe(12);
    expect(rows.get(CELL)).toMatchObject({
      live_check: 'agrees, 2 pending',
      live: { memory_allocated_mb: 65_536, lrps: 69 },
      volume_drivers: ['nfsv3driver'],
    });
    expect(rows.get('13dd1aac-04ce-2ea2-877c-5579cfa2c78e')!.live_check).toBe('agrees, 1 pending');
    expect(rows.get(LOST)!.live_check).toBe('differs: memory, disk, containers');
    expect(rows.get(GREEDY)).toMatchObject({ live_check: 'differs: memory', state: 'evacuating' });
    expect(rows.get(HANGS)).toMatchObject({ live: null, volume_drivers: null, memory_allocated_mb: 16_064 });
    expect(rows.get(HANGS)!.live_check).toMatch(/^no answer: /u);
    expect(stderr).toContain(`Missing: cell ${HANGS}`);
  });

  it('shows for one cell which instances the rep lacks and which the store does not know', async () => {
    const lost = await json<CellDetail>(['cells', LOST, '--live'], live.url, live.env);
    expect(new Set(lost.instances.map(({ on_rep }) => on_rep))).toEqual(new Set([false]));
    const greedy = await json<CellDetail>(['cells', GREEDY, '--live'], live.url, live.env);
    expect(greedy.strangers).toMatchObject([{ instance_guid: 'stranger', index: 77 }]);
  });

  it('answers for the cells when certificates are not accepted', async () => {
    const expired = await startLiveFoundation({}, { expired: ['rep_server'] });
    try {
      const { stdout, code } = await inspect(
        expired.url,
        ['cells', '--live', '-o', 'csv', '--columns', 'cell_id,memory_pct,live_check'],
        { env: expired.env },
      );
      expect(code).toBe(0);
      expect(stdout.trimEnd().split('\n')).toHaveLength(13);
      expect(stdout).toMatch(/^538c7f96[^,]*,106\.6,no answer: the certificate of .* has expired$/mu);
    } finally {
      await expired.close();
    }
  });

  it('says which certificate it needs', async () => {
    const { stderr, code } = await inspect(live.url, ['cells', '--live']);
    expect(code).toBe(2);
    expect(stderr).toContain('CLIENT_CERT_FILE');
  });
});
