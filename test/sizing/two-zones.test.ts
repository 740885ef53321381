import { beforeAll, describe, expect, it } from 'vitest';
import type { Foundation } from '../../src/lib/foundation/types.ts';
import { addFlags, ask, twoZones } from './foundations.ts';

// Worked by hand:
// shared: 4 cells of 32 GiB a zone with 24 GiB each. z1 holds 96 instances of 1 GiB. z2 has 4 x 8 GiB free: 32 of them find
//   a place, 64 do not. 64 GiB are two cells of 32 GiB; with two staging tasks of 1 GiB more it takes a third.
// isolated: z1 holds 5 instances of 2 GiB; z2 has 6 GiB free on one cell: 3 find a place, 2 do not. One cell of 16 GiB.
describe('two zones as 18F had them', () => {
  let foundation: Foundation;
  const options = { azLoss: true, proxyMemoryMb: 0 };
  const none = { tasksPerZone: 0, memoryMb: 1024, diskMb: 4096 };

  beforeAll(async () => {
    foundation = await twoZones();
  });

  it('are laid out as worked out', async () => {
    const { capacity } = await ask(foundation, { proxyMemoryMb: 0 });
    const row = (zone: string, pool: string) =>
      capacity.find((each) => each.zone === zone && each.pool === pool)!;
    expect(row('z1', 'shared')).toMatchObject({
      cells: 4,
      total: { memory_mb: 131_072 },
      allocated: { memory_mb: 96 * 1024, containers: 96 },
      free: { memory_mb: 4 * 8192 },
      largest_instance: { memory_mb: 8192 },
    });
    expect(row('z2', 'isolated')).toMatchObject({ cells: 1, free: { memory_mb: 6144 } });
    // 4 cells with 8 GiB free each: all of it can be used for instances of 1 GiB.
    expect(row('z1', 'shared').usable.median_app).toEqual({
      memory_mb: 1024,
      disk_mb: 1024,
      instances: 32,
      share_of_free_memory: 1,
    });
  });

  it('cannot lose one: lost, placed and not placed by pool', async () => {
    const { losses, survivable } = await ask(foundation, { ...options, search: false });
    expect(survivable).toBe(false);
    expect(losses!.map((loss) => loss.zone).sort()).toEqual(['z1', 'z2']);
    for (const loss of losses!) {
      expect(loss).toMatchObject({
        verdict: 'not survivable',
        lost: 101,
        placed: 35,
        not_placed: 66,
        rounds: 1,
        reasons: [{ placement_error: 'insufficient resources: memory', count: 66 }],
        pools_gone: [],
        runs_out_first: { resource: 'memory', pool: 'shared', utilisation: 1, exhausted: true },
        // Nothing depends on ties here.
        seeds: {
          runs: 3,
          survivable_runs: 0,
          placed: { least: 35, most: 35 },
          not_placed: { least: 66, most: 66 },
        },
      });
      expect(loss.pools).toMatchObject([
        { pool: 'shared', lost: 96, placed: 32, not_placed: 64, cells_lost: 4, cells_left: 4 },
        { pool: 'isolated', lost: 5, placed: 3, not_placed: 2, cells_lost: 1, cells_left: 1 },
      ]);
      // Each app has one instance in each zone: nobody is down, but 66 have one instance instead of two.
      expect(loss.apps.fully_down).toEqual([]);
      expect(loss.apps.only_there).toEqual([]);
      expect(loss.apps.fewer_instances).toHaveLength(66);
      // The isolated cell has 16 - 10 - 6 = 0 GiB left: neither its nor the shared staging tasks fit.
      expect(loss.headroom.not_placed).toBe(4);
    }
  });

  it('takes three shared cells and an isolated one a zone, two without staging', async () => {
    const withStaging = await ask(foundation, options);
    const plan = (report: typeof withStaging, zone: string | null) =>
      report.cells_to_add!.find((addition) => addition.for_loss_of === zone)!;
    expect(plan(withStaging, 'z1')).toMatchObject({ verified: true, one_fewer_fails: true });
    expect(addFlags(plan(withStaging, 'z1').cells)).toEqual(['z2:3:shared', 'z2:1:isolated']);
    expect(addFlags(plan(withStaging, null).cells)).toEqual([
      'z1:3:shared',
      'z2:3:shared',
      'z1:1:isolated',
      'z2:1:isolated',
    ]);

    const without = await ask(foundation, { ...options, headroom: none });
    expect(addFlags(plan(without, 'z1').cells)).toEqual(['z2:2:shared', 'z2:1:isolated']);
  });

  it('is survivable with them, and not with any one fewer', async () => {
    const { cells_to_add } = await ask(foundation, options);
    const [together] = cells_to_add!;
    const survives = async (add: string[]) =>
      (await ask(foundation, { ...options, add, search: false })).survivable;
    expect(await survives(addFlags(together!.cells))).toBe(true);
    for (const group of together!.cells) {
      const fewer = together!.cells.map((each) =>
        each === group ? { ...each, count: each.count - 1 } : each,
      );
      expect(await survives(addFlags(fewer))).toBe(false);
    }
  });

  it('names the cells that could go once there are more than enough', async () => {
    // With 5 cells more in each zone, 9 x 32 = 288 GiB hold 2 x 96 + 2 = 194 GiB: 7 cells are 224, 6 are 192 GiB.
    const report = await ask(foundation, {
      ...options,
      add: ['z1:5:shared', 'z2:5:shared', 'z1:1:isolated', 'z2:1:isolated'],
    });
    expect(report.survivable).toBe(true);
    expect(report.cells_to_spare).toMatchObject([
      {
        pool: 'shared',
        count: 4,
        by_zone: [
          { zone: 'z1', count: 2 },
          { zone: 'z2', count: 2 },
        ],
        one_more_fails: true,
      },
      // 2 x 5 x 2 GiB and two tasks are 22 GiB: the second isolated cell of 16 GiB is needed.
      { pool: 'isolated', count: 0, one_more_fails: true },
    ]);
  });

  it('says when growth ends it', async () => {
    // 7 shared cells a zone are 224 GiB for 192 instances of 1 GiB and 2 staging tasks: there is room for 30 more. At 2% a
    // month there are 14.9% or 28 more after 7 months and 17.2% or 32 more after 8.
    const add = ['z1:3:shared', 'z2:3:shared', 'z1:1:isolated', 'z2:1:isolated'];
    const report = await ask(foundation, { ...options, add, growth: '2%/month', search: false });
    expect(report.runway!.month).toBe(8);
    expect(report.runway!.because).toContain('without a place');
    const { runway } = await ask(foundation, { ...options, growth: '2', search: false });
    expect(runway).toMatchObject({ month: 0 });
  });
});
