import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runAuction } from '../../src/lib/auction/auction.ts';
import { DEFAULT_SETTINGS, type AuctionCell, type AuctionRound } from '../../src/lib/auction/types.ts';
import { auctionInputs } from './arbitraries.ts';
import { referenceAuction } from './reference.ts';
import { emptyCell } from '../support/auction-cell.ts';

const byKey = (round: AuctionRound) => ({
  placements: Object.fromEntries(
    round.placements.map((each) => [`${each.processGuid}.${each.index}`, each.cellId]),
  ),
  tasks: Object.fromEntries(round.taskPlacements.map((each) => [each.taskGuid, each.cellId])),
  failed: Object.fromEntries(
    round.failed.map((each) => [
      `${each.processGuid}.${each.index}`,
      `${each.stage}: ${each.placementError}`,
    ]),
  ),
  failedTasks: Object.fromEntries(
    round.failedTasks.map((each) => [each.taskGuid, `${each.stage}: ${each.placementError}`]),
  ),
  cells: Object.fromEntries(round.cellsAfter.map(({ cellId, ...after }) => [cellId, after])),
});

describe('the auction', () => {
  it('does what scoring every cell for every instance does', () => {
    fc.assert(
      fc.property(auctionInputs(), (input) => {
        expect(byKey(runAuction(input))).toEqual(byKey(referenceAuction(input)));
      }),
      { numRuns: 600 },
    );
  });

  it('does so on cells that are worth nothing, owe, or have more free than they have', () => {
    fc.assert(
      fc.property(auctionInputs({ odd: true }), (input) => {
        expect(byKey(runAuction(input))).toEqual(byKey(referenceAuction(input)));
      }),
      { numRuns: 400 },
    );
  });

  it('does so for a process with more instances than there are cells', () => {
    const lrps = Array.from({ length: 700 }, (_, index) => ({
      processGuid: 'huge',
      index,
      memoryMb: 64,
      diskMb: 64,
      constraint: { rootfs: 'preloaded:cflinuxfs4', placementTags: [], volumeDrivers: [] },
    }));
    const cells = Array.from({ length: 9 }, (_, i): AuctionCell => ({
      ...smallCell(`cell-${i}`, `z${i % 3}`),
      total: { memoryMb: 8192 + 1024 * (i % 4), diskMb: 65536, containers: 100 },
      available: { memoryMb: 8192 + 1024 * (i % 4), diskMb: 65536 - 100 * i, containers: 100 },
    }));
    const input = { cells, lrps, tasks: [], settings: DEFAULT_SETTINGS };
    expect(byKey(runAuction(input))).toEqual(byKey(referenceAuction(input)));
  });

  it('places or fails every instance and task, once', () => {
    fc.assert(
      fc.property(auctionInputs(), fc.option(fc.nat(), { nil: undefined }), (input, seed) => {
        const round = runAuction(seed === undefined ? input : { ...input, seed });
        const lrps = [...round.placements, ...round.failed].map(
          (each) => `${each.processGuid}.${each.index}`,
        );
        expect(lrps.sort()).toEqual(input.lrps.map((each) => `${each.processGuid}.${each.index}`).sort());
        const tasks = [...round.taskPlacements, ...round.failedTasks].map((each) => each.taskGuid);
        expect(tasks.sort()).toEqual(input.tasks.map((each) => each.taskGuid).sort());
      }),
    );
  });

  it('leaves no cell with less than nothing after commit, proxies counted', () => {
    fc.assert(
      fc.property(auctionInputs(), fc.option(fc.nat(), { nil: undefined }), (input, seed) => {
        const round = runAuction(seed === undefined ? input : { ...input, seed });
        for (const [i, cell] of input.cells.entries()) {
          const after = round.cellsAfter[i]!;
          const lrps = round.placements
            .filter((each) => each.cellId === cell.cellId)
            .map((each) =>
              input.lrps.find((lrp) => lrp.processGuid === each.processGuid && lrp.index === each.index)!,
            );
          const tasks = round.taskPlacements
            .filter((each) => each.cellId === cell.cellId)
            .map((each) => input.tasks.find((task) => task.taskGuid === each.taskGuid)!);
          const memory =
            lrps.reduce((sum, lrp) => sum + lrp.memoryMb + (lrp.memoryMb > 0 ? cell.proxyMemoryMb : 0), 0) +
            tasks.reduce((sum, task) => sum + task.memoryMb, 0);
          expect(after.available.memoryMb).toBe(cell.available.memoryMb - memory);
          expect(after.available.containers).toBe(cell.available.containers - lrps.length - tasks.length);
          if (lrps.length + tasks.length > 0) {
            expect(after.available.memoryMb).toBeGreaterThanOrEqual(0);
            expect(after.available.diskMb).toBeGreaterThanOrEqual(0);
            expect(after.available.containers).toBeGreaterThanOrEqual(0);
          }
        }
      }),
    );
  });

  it('does not care in which order the cells are given', () => {
    fc.assert(
      fc.property(auctionInputs(), fc.infiniteStream(fc.nat()), (input, order) => {
        const cells = input.cells
          .map((cell) => ({ cell, at: order.next().value as number }))
          .sort((a, b) => a.at - b.at)
          .map(({ cell }) => cell);
        expect(byKey(runAuction({ ...input, cells }))).toEqual(byKey(runAuction(input)));
      }),
    );
  });

  it('draws the same ties for the same seed, and others for others', () => {
    const lrps = Array.from({ length: 8 }, (_, i) => ({
      processGuid: `p${i}`,
      index: 0,
      memoryMb: 128,
      diskMb: 128,
      constraint: { rootfs: 'preloaded:cflinuxfs4', placementTags: [], volumeDrivers: [] },
    }));
    const cells = Array.from({ length: 12 }, (_, i) => smallCell(`cell-${i}`, `z${i % 3}`));
    const input = { cells, lrps, tasks: [], settings: DEFAULT_SETTINGS };
    const drawn = (seed: number) => JSON.stringify(byKey(runAuction({ ...input, seed })).placements);
    expect(drawn(7)).toBe(drawn(7));
    expect(new Set([1, 2, 3, 4, 5].map(drawn)).size).toBeGreaterThan(1);
  });

  it('drops the second of two items with the same identity, as the auctioneer does', () => {
    const lrp = {
      processGuid: 'p',
      index: 0,
      memoryMb: 128,
      diskMb: 128,
      constraint: { rootfs: 'preloaded:cflinuxfs4', placementTags: [], volumeDrivers: [] },
    };
    const round = runAuction({
      cells: [smallCell('cell-a', 'z1')],
      lrps: [lrp, { ...lrp, memoryMb: 999_999 }],
      tasks: [],
      settings: DEFAULT_SETTINGS,
    });
    expect(round.placements).toEqual([{ processGuid: 'p', index: 0, cellId: 'cell-a' }]);
    expect(round.failed).toEqual([]);
  });
});

function smallCell(cellId: string, zone: string): AuctionCell {
  return emptyCell(cellId, zone, { memoryMb: 4096, diskMb: 16384, containers: 249 });
}
