import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CellRow } from '../../src/lib/foundation/cell-rows.ts';
import type { Foundation } from '../../src/lib/foundation/types.ts';
import type { SizingReport } from '../../src/lib/sizing/sizing.ts';
import { addFlags, TWO_ZONES } from '../sizing/foundations.ts';
import { cgdiego } from '../support/cli.ts';
import { createDatabase } from '../support/database.ts';
import { inspect } from '../support/inspect.ts';

const dir = mkdtempSync(join(tmpdir(), 'cgdiego-sizing-'));
const twoZones = join(dir, 'two-zones.yml');
const snapshot = join(dir, 'snapshot.json');
let url: string;

beforeAll(async () => {
  writeFileSync(twoZones, TWO_ZONES);
  url = await createDatabase('diego-key-2026-10', 'locket');
  expect(await inspect(url, ['snapshot', '--file', snapshot])).toMatchObject({ code: 0 });
});

interface Answer {
  code: number | null;
  report: SizingReport;
}

async function asked(args: string[]): Promise<Answer> {
  const { code, stdout, stderr } = await cgdiego(['sizing', ...args, '-o', 'json']);
  expect(stdout, stderr).not.toBe('');
  return { code, report: JSON.parse(stdout) as SizingReport };
}

const addArgs = (cells: Parameters<typeof addFlags>[0]) => addFlags(cells).flatMap((add) => ['--add', add]);

describe('sizing, on the captured store', () => {
  it('sums what cells shows', async () => {
    const { code, stdout } = await inspect(url, ['sizing', '-o', 'json']);
    expect(code).toBe(0);
    const { capacity, losses } = JSON.parse(stdout) as SizingReport;
    expect(losses).toBeNull();
    const { stdout: listed } = await inspect(url, ['cells', '-o', 'json']);
    const cells = JSON.parse(listed) as CellRow[];
    for (const zone of ['z1', 'z2', 'z3']) {
      const members = cells.filter((cell) => cell.zone === zone);
      const row = capacity.find((each) => each.zone === zone && each.pool === null)!;
      expect(row).toMatchObject({
        cells: members.length,
        total: { memory_mb: members.reduce((sum, cell) => sum + cell.memory_total_mb!, 0) },
        allocated: { memory_mb: members.reduce((sum, cell) => sum + cell.memory_allocated_mb, 0) },
      });
    }
  });

  it('loses what the store has in each zone, and what it suggests makes that survivable', async () => {
    const { code, stdout } = await inspect(url, ['sizing', '--az-loss', '--seeds', '5', '-o', 'json']);
    expect(code).toBe(3);
    const report = JSON.parse(stdout) as SizingReport;
    const { cells, actual_lrps } = JSON.parse(readFileSync(snapshot, 'utf8')) as Foundation;
    for (const loss of report.losses!) {
      const gone = new Set(cells.filter(({ zone }) => zone === loss.zone).map(({ cell_id }) => cell_id));
      const lost = new Set(
        actual_lrps
          .filter(({ cell_id }) => gone.has(cell_id))
          .map(({ process_guid, index }) => `${process_guid}/${index}`),
      );
      expect(loss.lost).toBe(lost.size);
      expect(loss.placed + loss.not_placed).toBe(loss.lost);
    }
    const { cells: plan, verified } = report.cells_to_add![0]!;
    expect(verified).toBe(true);
    const base = ['--az-loss', '--seeds', '5', '--no-search', '--from', snapshot];
    expect((await asked([...base, ...addArgs(plan)])).code).toBe(0);
    const fewer = plan.map((group, i) => (i === 0 ? { ...group, count: group.count - 1 } : group));
    expect((await asked([...base, ...addArgs(fewer)])).code).toBe(3);
  });

  it('is plain text in a pipe, with the placement errors of Diego and the rules behind', async () => {
    const { code, stdout, stderr } = await inspect(url, ['sizing', '--az-loss', '--explain']);
    expect(stderr).toBe('');
    expect(code).toBe(3);
    expect(stdout).not.toContain('\u001b');
    expect(stdout).toMatch(/^z1 +\d+ +insufficient resources: memory /mu);
    expect(stdout).toContain('Score, the lowest wins');
    expect(stdout).toContain('CPU: Diego does not place by it');
  });
});

describe('sizing, of a foundation that is not built yet', () => {
  it('is worked out by hand in test/sizing/two-zones.test.ts', async () => {
    const { code, report } = await asked(['--what-if', twoZones, '--az-loss']);
    expect(code).toBe(3);
    expect(report.losses).toMatchObject([
      { lost: 101, placed: 35, not_placed: 66 },
      { lost: 101, placed: 35, not_placed: 66 },
    ]);
    const enough = report.cells_to_add![0]!.cells;
    expect(addFlags(enough)).toEqual(['z1:3:shared', 'z2:3:shared', 'z1:1:isolated', 'z2:1:isolated']);
    const after = await asked(['--what-if', twoZones, '--az-loss', ...addArgs(enough)]);
    expect(after).toMatchObject({ code: 0, report: { survivable: true } });
    expect(after.report.losses![0]!.seeds).toMatchObject({ runs: 20, survivable_runs: 20 });
  });

  it('ends with 3 when apps have no place even without a loss', async () => {
    expect((await asked(['--what-if', twoZones])).code).toBe(0);
    expect((await asked(['--what-if', twoZones, '--scale-apps', '40'])).code).toBe(3);
  });

  it('is csv for spreadsheets: a row a pool and loss', async () => {
    const { code, stdout } = await cgdiego(['sizing', '--what-if', twoZones, '--zone', 'z1', '-o', 'csv']);
    expect(code).toBe(3);
    expect(stdout).toBe(
      [
        'lost,pool,verdict,instances,placed,not_placed,cells_lost,cells_left,placement_errors',
        'z1,shared,not survivable,96,32,64,4,4,64: insufficient resources: memory',
        'z1,isolated,not survivable,5,3,2,1,1,2: insufficient resources: memory',
        '',
      ].join('\n'),
    );
  });

  it('takes every default of the recovery by flag', async () => {
    const { report } = await asked([
      ...['--what-if', twoZones, '--zone', 'z1', '--no-search', '--seeds', '0'],
      ...['--presence-ttl', '30s', '--presence-refresh', '10s', '--presence-check', '1s'],
      ...[
        '--convergence-interval',
        '1m',
        '--lock-ttl',
        '5s',
        '--lock-retry',
        '2s',
        '--cell-state-timeout',
        '3s',
      ],
      ...['--downloads', '1', '--creations', '2', '--download-time', '1s..2s', '--creation-time', '3s'],
      ...['--start-time', '7s..8s', '--round-time', '1s'],
    ]);
    const { phases } = report.losses![0]!.recovery;
    const ends = Object.fromEntries(
      phases.map(({ phase, best_seconds, worst_seconds }) => [phase, [best_seconds, worst_seconds]]),
    );
    // 8 instances on one cell: 8 downloads one by one, 4 times 2 creations.
    expect(ends).toMatchObject({
      noticed: [20, 31],
      locks: [0, 7],
      convergence: [0, 60],
      cell_states: [0, 3],
      downloads_and_creation: [8 + 12, 16 + 12],
      health_check: [7, 8],
    });
  });
});

describe('sizing --simulate-placement', () => {
  const placed = (...args: string[]) => asked(['--what-if', twoZones, '--simulate-placement', ...args]);

  it('says where the instances would go, and ends with 3 when one finds no place', async () => {
    const fits = await placed('2G:1G:2', '--tags', 'isolated');
    expect(fits.code).toBe(0);
    expect(fits.report.placement!.placements.map(({ zone }) => zone).sort()).toEqual(['z1', 'z2']);
    const large = await placed('9G:1G');
    expect(large.code).toBe(3);
    expect(large.report.placement!.failures).toMatchObject([
      { placement_error: 'insufficient resources: memory' },
    ]);
    const windows = await placed('1G:1G', '--stack', 'windows');
    expect(windows.code).toBe(3);
    expect(windows.report.placement!.failures).toMatchObject([
      { placement_error: 'found no compatible cell for required rootfs' },
    ]);
  });
});

describe('sizing, of what makes no sense', () => {
  const file = (name: string, content: unknown) => {
    const path = join(dir, name);
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  };
  const changed = (name: string, change: (foundation: Foundation) => void) => {
    const foundation = JSON.parse(readFileSync(snapshot, 'utf8')) as Foundation;
    change(foundation);
    return file(name, foundation);
  };

  it.each([
    [['--zone', 'z9'], 'there is no zone "z9"', 'Zones: z1, z2.'],
    [['--cell', 'nope'], 'there is no cell "nope"', 'cgdiego cells'],
    [['--add', 'z1:1:nope'], 'there is no pool "nope"', 'Pools: shared, isolated.'],
    [['--cell-size', '-1:2'], '--cell-size "-1:2" is not a size', 'negative'],
    [['--growth', '3'], '--growth needs a loss', '--az-loss'],
    [['--proxy-memory', '-1'], '--proxy-memory', ''],
    [['--round-time', '9s..2s'], 'is not a range of durations', ''],
    [['--from', 'x.json'], 'cannot also be provided', ''],
    [['--live'], 'cannot also be provided', ''],
    [['--stack', 'a'], '--simulate-placement', ''],
  ])('%j is answered with exit code 2', async (args, what, hint) => {
    const { code, stdout, stderr } = await cgdiego(['sizing', '--what-if', twoZones, ...args]);
    expect(stderr).toContain(what);
    expect(stderr).toContain(hint);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  it('is a snapshot of another version, one that is cut off, or one with a negative size', async () => {
    const refused = async (path: string, what: string) => {
      const { code, stderr } = await cgdiego(['sizing', '--from', path]);
      expect(stderr).toContain(what);
      expect(code).toBe(2);
    };
    await refused(
      changed('other.json', (made) => ((made as { schema: string }).schema = 'cgdiego-foundation/9')),
      'Its schema is "cgdiego-foundation/9", this cgdiego reads cgdiego-foundation/1.',
    );
    await refused(file('cut.json', readFileSync(snapshot, 'utf8').slice(0, 1000)), 'is not JSON');
    await refused(
      changed('negative.json', (made) => (made.desired_lrps[0]!.memory_mb = -64)),
      'has a memory_mb of -64',
    );
    await refused(join(dir, 'nowhere.json'), 'cannot be read');
  });

  it.each([
    ['--scale-apps', 'much'],
    ['--growth', '-3'],
    ['--cell-size', '1G'],
    ['--simulate-placement', '-1:2'],
    ['--headroom-task-size', '1G:4G:2'],
    ['--presence-refresh', '16s'],
  ])('is found in %s before anything is read', async (flag, value) => {
    const { code, stderr } = await cgdiego(['sizing', '--az-loss', '--from', 'nowhere.json', flag, value]);
    expect(stderr).toContain(flag);
    expect(code).toBe(2);
  });

  it('is a foundation without cells, or with cells without a capacity', async () => {
    const refused = async (path: string, what: string) => {
      const { code, stderr } = await cgdiego(['sizing', '--az-loss', '--from', path]);
      expect(stderr).toContain(what);
      expect(stderr).toContain('Next: ');
      expect(code).toBe(1);
    };
    await refused(
      changed('empty.json', (made) => (made.cells = [])),
      'There are no cells',
    );
    await refused(
      changed('worthless.json', (made) => {
        for (const cell of made.cells) cell.capacity = { memory_mb: 0, disk_mb: 0, containers: 0 };
      }),
      'None of the cells states a capacity',
    );
  });

  it('is one zone, or none: nothing survives, and that is said', async () => {
    for (const zone of ['z1', '']) {
      const path = changed('one-zone.json', (made) => {
        for (const cell of made.cells) cell.zone = zone;
      });
      const { code, report } = await asked(['--az-loss', '--seeds', '1', '--from', path]);
      expect(code).toBe(3);
      expect(report.losses).toMatchObject([{ zone, placed: 0, verdict: 'not survivable' }]);
      expect(report.notes[0]).toContain('There is one zone only');
      expect(new Set(report.cells_to_add![0]!.cells.map((cells) => cells.zone))).toEqual(
        new Set(['another-zone']),
      );
    }
  });

  it('is an app that is larger than any cell: it is named, and the rest is answered', async () => {
    const path = file(
      'large.yml',
      `
proxy_memory_mb: 0
cells: [{ zones: [z1, z2], memory_mb: 4096, disk_mb: 8192 }]
apps: [{ name: large, memory_mb: 5000 }, { name: small, memory_mb: 512, instances: 2 }]
`,
    );
    const { code, report } = await asked(['--az-loss', '--what-if', path]);
    expect(code).toBe(3);
    expect(report.notes.join('\n')).toContain('they never find a place: 1 app: large.');
    expect(report.cells_to_add![0]!.impossible).toMatchObject([{ process_guid: 'large' }]);
    expect(report.losses![0]).toMatchObject({ lost: 1, placed: 1, not_placed: 1, without_place_before: 1 });
  });
});
