import { describe, expect, it } from 'vitest';
import { runAuction, type AuctionInput } from '../../src/lib/auction/auction.ts';
import { runRounds } from '../../src/lib/auction/rounds.ts';
import {
  DEFAULT_SETTINGS,
  type AuctionCell,
  type AuctionRound,
  type LrpAuction,
  type PlacementConstraint,
  type TaskAuction,
} from '../../src/lib/auction/types.ts';
import { referenceAuction } from './reference.ts';

// What auctionrunner's scheduler.go, cell.go and zone_sorter.go and rep's auction_cell_rep.go come to, worked out line by
// line. The golden cases do not have these corners.

const LINUX = 'preloaded:cflinuxfs4';
const stack = (name: string) => new Map([['preloaded', new Set([name])]]);

function cell(cellId: string, zone: string, more: Partial<AuctionCell> & { memoryMb?: number } = {}) {
  const total = { memoryMb: more.memoryMb ?? 4096, diskMb: 16_384, containers: 249 };
  const made: AuctionCell = {
    ...{ cellId, cellIndex: 0, zone, total, available: total, rootfsProviders: stack('cflinuxfs4') },
    ...{ placementTags: [], optionalPlacementTags: [], volumeDrivers: [], proxyMemoryMb: 0 },
    ...{ startingContainers: 0, processes: [], tasks: 0, takesWork: true },
    ...more,
  };
  return made;
}

type Asked = Partial<PlacementConstraint> & { memoryMb?: number; diskMb?: number };

const work = ({ memoryMb = 128, diskMb = 512, ...constraint }: Asked) => ({
  memoryMb,
  diskMb,
  constraint: { rootfs: LINUX, placementTags: [], volumeDrivers: [], ...constraint },
});
const lrp = (processGuid: string, index = 0, asked: Asked = {}): LrpAuction => ({
  ...{ processGuid, index },
  ...work(asked),
});
const task = (taskGuid: string, asked: Asked = {}): TaskAuction => ({ taskGuid, ...work(asked) });

/** `p/0: on a`, `t: at commit ""`: what came of each, by name. */
function words(round: AuctionRound): Record<string, string> {
  const failure = ({ stage, placementError }: { stage: string; placementError: string }) =>
    stage === 'commit' ? `at commit ${JSON.stringify(placementError)}` : placementError;
  return Object.fromEntries([
    ...round.placements.map((each) => [`${each.processGuid}/${each.index}`, `on ${each.cellId}`]),
    ...round.taskPlacements.map((each) => [each.taskGuid, `on ${each.cellId}`]),
    ...round.failed.map((each) => [`${each.processGuid}/${each.index}`, failure(each)]),
    ...round.failedTasks.map((each) => [each.taskGuid, failure(each)]),
  ]) as Record<string, string>;
}

function outcome(input: Partial<AuctionInput>): Record<string, string> {
  const whole = { cells: [], lrps: [], tasks: [], settings: DEFAULT_SETTINGS, ...input };
  const found = words(runAuction(whole));
  expect(words(referenceAuction(whole))).toEqual(found);
  return found;
}

const ROOTFS = 'found no compatible cell for required rootfs';
const DRIVERS = 'found no compatible cell with required volume drivers';
const MEMORY = 'insufficient resources: memory';

describe('worked out by hand', () => {
  it('ties go by the bytes of zones and ids, not by UTF-16', () => {
    // U+FF21 is less than U+1F600 in UTF-8 and more in UTF-16.
    const cells = [cell('😀', 'z'), cell('Ａ', 'z'), cell('b', 'z'), cell('B', 'z')];
    const lrps = ['p', 'q', 'r', 's'].map((guid) => lrp(guid));
    expect(outcome({ cells, lrps })).toEqual({
      'p/0': 'on B',
      'q/0': 'on b',
      'r/0': 'on Ａ',
      's/0': 'on 😀',
    });
  });

  it('a mismatch is told in the words of the zone that says the last of what counts', () => {
    const cells = [
      cell('a', 'z1', { volumeDrivers: ['nfs'], placementTags: ['t'] }),
      cell('b', 'z2', { rootfsProviders: stack('windows') }),
    ];
    const lrps = [
      // z1 lacks the tag; z2's root file system takes its place. The other way round it is the drivers that stay.
      lrp('tag-then-rootfs', 0, { volumeDrivers: ['nfs'] }),
      lrp('rootfs-then-drivers', 0, { rootfs: 'preloaded:windows', volumeDrivers: ['nfs'] }),
      lrp('drivers-then-rootfs', 0, { volumeDrivers: ['smb'] }),
      lrp('no-scheme', 0, { rootfs: 'cflinuxfs4' }),
    ];
    const tasks = [task('tag', { rootfs: 'preloaded:windows', placementTags: ['t', 'u', 'v'] })];
    expect(outcome({ cells, lrps, tasks })).toEqual({
      'tag-then-rootfs/0': ROOTFS,
      'rootfs-then-drivers/0': DRIVERS,
      'drivers-then-rootfs/0': DRIVERS,
      'no-scheme/0': ROOTFS,
      tag: 'found no compatible cell with placement tags "t", "u" and "v"',
    });
  });

  it('names what every scored cell lacks, and nothing when they lack different things', () => {
    const cells = [
      cell('a', 'z1', { available: { memoryMb: 4096, diskMb: 16_384, containers: 1 } }),
      cell('b', 'z1', { memoryMb: 64 }),
      cell('owes', 'z1', { available: { memoryMb: -5, diskMb: -5, containers: 0 } }),
    ];
    const lrps = [lrp('p', 0), lrp('p', 1)];
    expect(outcome({ cells, lrps, tasks: [task('t', { diskMb: 99_999 })] })).toEqual({
      'p/0': 'on a',
      'p/1': 'insufficient resources',
      t: 'insufficient resources: disk',
    });
  });

  it('a cell without capacity has no score, and then everything is lacking', () => {
    const lrps = [lrp('p', 0, { memoryMb: 0 })];
    expect(outcome({ cells: [cell('a', 'z1', { memoryMb: 0 })], lrps })).toEqual({
      'p/0': 'insufficient resources: containers, disk, memory',
    });
  });

  it('what starts on cells that evacuate does not count for the limit, what fails does not either', () => {
    const cells = [
      cell('a', 'z1', { startingContainers: 1 }),
      cell('b', 'z2', { startingContainers: 5, takesWork: false }),
    ];
    const lrps = [lrp('p', 0), lrp('p', 1), lrp('large', 0, { memoryMb: 9999 })];
    const settings = { ...DEFAULT_SETTINGS, maxInflight: 3 };
    expect(outcome({ cells, lrps, tasks: [task('t')], settings })).toEqual({
      'large/0': MEMORY,
      'p/0': 'on a',
      t: 'on a',
      'p/1': 'waiting to start instance: reached in-flight start limit',
    });
  });

  it('instances count for their zone on cells that do not match, but not on those that evacuate', () => {
    const tagged = cell('a2', 'z1', { placementTags: ['t'], processes: ['p'] });
    const small = cell('b', 'z2', { available: { memoryMb: 200, diskMb: 16_384, containers: 3 } });
    const lrps = [lrp('p', 1)];
    expect(outcome({ cells: [cell('a', 'z1'), tagged, small], lrps })).toEqual({ 'p/1': 'on b' });
    const evacuating = { ...tagged, takesWork: false };
    expect(outcome({ cells: [cell('a', 'z1'), evacuating, small], lrps })).toEqual({ 'p/1': 'on a' });
  });

  it('an LRP without a memory limit needs room for a proxy, and does not get one', () => {
    const round = runAuction({
      cells: [cell('a', 'z1', { memoryMb: 64, proxyMemoryMb: 32 })],
      lrps: [lrp('p', 0, { memoryMb: 0, diskMb: 0 }), lrp('p', 1, { memoryMb: 0, diskMb: 0 })],
      ...{ tasks: [], settings: DEFAULT_SETTINGS },
    });
    expect(words(round)).toEqual({ 'p/0': 'on a', 'p/1': 'on a' });
    expect(round.cellsAfter[0]!.available).toEqual({ memoryMb: 64, diskMb: 16_384, containers: 247 });
  });

  it('proxies that the batch did not count push a task out at commit', () => {
    // p/0 takes 50 + 50 of 150 when it starts, but 50 of it in the batch: the task is given the 100 that are left then.
    const cells = [cell('a', 'z1', { memoryMb: 150, proxyMemoryMb: 50 })];
    const lrps = [lrp('p', 0, { memoryMb: 50 }), lrp('q', 1, { memoryMb: 1 })];
    expect(outcome({ cells, lrps, tasks: [task('t', { memoryMb: 100 })] })).toEqual({
      'p/0': 'on a',
      'q/1': MEMORY,
      t: 'at commit ""',
    });
  });

  it('the largest are kept at commit, whichever was given its place first', () => {
    const cells = [cell('a', 'z1', { memoryMb: 250, proxyMemoryMb: 32 })];
    const lrps = [
      lrp('p', 0, { memoryMb: 70 }),
      lrp('q', 1, { memoryMb: 71 }),
      lrp('r', 1, { memoryMb: 70 }),
    ];
    expect(outcome({ cells, lrps })).toEqual({ 'q/1': 'on a', 'p/0': 'on a', 'r/1': 'at commit ""' });
  });
});

describe('rounds', () => {
  // 8 of 100 MB with proxies of 32 fit on 1024 MB in the batch, 7 in truth.
  const cells = [
    cell('a', 'z1', { memoryMb: 1024, proxyMemoryMb: 32 }),
    cell('b', 'z2', { proxyMemoryMb: 32 }),
  ];
  const lrps = Array.from({ length: 16 }, (_, index) => lrp('p', index, { memoryMb: 100 }));
  const input = { cells, lrps, tasks: [], settings: DEFAULT_SETTINGS };

  it('place what a cell turned down on another one', () => {
    const first = runAuction(input);
    expect(first.failed).toEqual([{ processGuid: 'p', index: 15, placementError: '', stage: 'commit' }]);
    const all = runRounds(input);
    expect(all).toMatchObject({ rounds: 2, failed: [] });
    expect(words(all)).toEqual({ ...words(first), 'p/15': 'on b' });
  });

  it('go on while the limit on starting containers holds work back', () => {
    const tasks = [task('t')];
    const all = runRounds({ ...input, tasks, settings: { ...DEFAULT_SETTINGS, maxInflight: 6 } });
    // 6, 6 and 5 of 17, of which the last round gives a one too many again.
    expect(all).toMatchObject({ rounds: 4, failed: [], failedTasks: [] });
    expect(all.placements).toHaveLength(16);
    expect(all.taskPlacements).toHaveLength(1);
  });

  it('end with the words of the last one when no round places any more', () => {
    const all = runRounds({ ...input, cells: cells.slice(0, 1) });
    expect(all.placements).toHaveLength(7);
    expect(new Set(all.failed.map(({ placementError }) => placementError))).toEqual(new Set([MEMORY]));
    expect(all.rounds).toBe(1);
    expect(runRounds({ ...input, cells: [] })).toMatchObject({ rounds: 0, placements: [] });
  });
});
