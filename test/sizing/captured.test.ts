import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS, type AuctionCell, type LrpAuction } from '../../src/lib/auction/types.ts';
import type { Foundation } from '../../src/lib/foundation/types.ts';
import type { SizingReport } from '../../src/lib/sizing/sizing.ts';
import { referenceAuction } from '../auction/reference.ts';
import { cfdotFoundation } from '../support/cfdot.ts';
import { addFlags, ask } from './foundations.ts';

interface RepState {
  cell_id: string;
  Zone: string;
  AvailableResources: { MemoryMB: number; DiskMB: number; Containers: number };
  TotalResources: { MemoryMB: number; DiskMB: number; Containers: number };
  LRPs: { process_guid: string; index: number; MemoryMB: number; DiskMB: number }[];
  PlacementTags: string[] | null;
  VolumeDrivers: string[] | null;
}

const REP_STATES = new URL('../fixtures/foundation/rep-state/', import.meta.url);
const reps = readdirSync(REP_STATES).map(
  (file) => JSON.parse(readFileSync(new URL(file, REP_STATES), 'utf8')) as RepState,
);

// Worked from the reps' own words, in MB: what is free on the cells that z1's loss leaves, by what they offer.
//   shared, no drivers   z2: 29,248 + 36,032   z3: 18,624 + 36,608
//   shared, nfsv3driver  z2: 64                z3: 0
//   isolated-egress      z2: 56,000            z3: 51,520
// The 8 instances with nfsv3driver can only go to its two cells, which have 64 and 0 MB: none fits. The 14 isolated ones have
// more room than they need. The other 159 share 120,512 MB.
describe('the captured foundation', () => {
  let foundation: Foundation;
  let report: SizingReport;

  beforeAll(async () => {
    foundation = cfdotFoundation({ live: true });
    report = await ask(foundation, { azLoss: true });
  });

  const lossOf = (zone: string) => report.losses!.find((loss) => loss.zone === zone)!;

  it('has three pools once reps say which drivers they have, in three zones', () => {
    expect(report.zones).toEqual(['z1', 'z2', 'z3']);
    expect(report.pools.map(({ pool, cells, zones }) => [pool, cells, zones.length])).toEqual([
      ['shared', 6, 3],
      ['shared+nfsv3driver', 3, 3],
      ['isolated-egress', 3, 3],
    ]);
    expect(report.proxy_memory).toMatchObject({ memory_mb: 0, known_by: 'reps' });
  });

  it('loses z1 as worked out', () => {
    const loss = lossOf('z1');
    expect(loss).toMatchObject({
      lost: 181,
      placed: 131,
      not_placed: 50,
      rounds: 1,
      verdict: 'not survivable',
    });
    expect(loss.pools).toMatchObject([
      { pool: 'shared', lost: 159, placed: 117, not_placed: 42 },
      { pool: 'shared+nfsv3driver', lost: 8, placed: 0, not_placed: 8 },
      { pool: 'isolated-egress', lost: 14, placed: 14, not_placed: 0 },
    ]);
    expect(loss.reasons).toMatchObject([{ placement_error: 'insufficient resources: memory', count: 50 }]);
  });

  it('does not depend on the order in which cells and LRPs are listed', async () => {
    const listed = cfdotFoundation({ live: true });
    for (const list of [listed.cells, listed.desired_lrps, listed.actual_lrps, listed.tasks]) list.reverse();
    expect(await ask(listed, { azLoss: true })).toEqual(report);
  });

  it('has nothing left that a failed instance would fit on', () => {
    for (const loss of report.losses!) {
      const left = new Map(
        loss.utilisation.cells.map((cell) => [
          cell.cell_id,
          Math.round(
            (1 - cell.after.memory!) *
              reps.find((rep) => rep.cell_id === cell.cell_id)!.TotalResources.MemoryMB,
          ),
        ]),
      );
      const shared = reps.filter((rep) => left.has(rep.cell_id) && rep.PlacementTags === null);
      const smallest = Math.min(...loss.reasons.map((reason) => reason.example.memory_mb));
      expect(Math.max(...shared.map((rep) => left.get(rep.cell_id)!))).toBeLessThan(smallest);
    }
  });

  it.each(['z1', 'z2', 'z3'])('loses %s as the plain port does, from the reps and LRPs alone', (zone) => {
    const desired = new Map(foundation.desired_lrps.map((lrp) => [lrp.process_guid, lrp]));
    const lost = new Set(reps.filter((rep) => rep.Zone === zone).map((rep) => rep.cell_id));
    const constraintOf = (guid: string) => ({
      rootfs: desired.get(guid)!.rootfs,
      placementTags: desired.get(guid)!.placement_tags,
      volumeDrivers: desired.get(guid)!.volume_drivers ?? [],
    });
    // Ties go by process GUID and index.
    const onCells = foundation.actual_lrps
      .filter((lrp) => lrp.cell_id !== '')
      .sort((a, b) =>
        a.process_guid < b.process_guid ? -1 : a.process_guid > b.process_guid ? 1 : a.index - b.index,
      );
    const round = referenceAuction({
      cells: reps
        .filter((rep) => !lost.has(rep.cell_id))
        .map((rep): AuctionCell => ({
          cellId: rep.cell_id,
          cellIndex: 0,
          zone: rep.Zone,
          total: {
            memoryMb: rep.TotalResources.MemoryMB,
            diskMb: rep.TotalResources.DiskMB,
            containers: rep.TotalResources.Containers,
          },
          available: {
            memoryMb: rep.AvailableResources.MemoryMB,
            diskMb: rep.AvailableResources.DiskMB,
            containers: rep.AvailableResources.Containers,
          },
          rootfsProviders: new Map<string, 'any' | Set<string>>([
            ['preloaded', new Set(['cflinuxfs3', 'cflinuxfs4'])],
            ['docker', 'any'],
          ]),
          placementTags: rep.PlacementTags ?? [],
          optionalPlacementTags: [],
          volumeDrivers: rep.VolumeDrivers ?? [],
          proxyMemoryMb: 0,
          startingContainers: 0,
          // Claimed instances count for locality, though the reps do not hold them yet.
          processes: onCells.filter((lrp) => lrp.cell_id === rep.cell_id).map((lrp) => lrp.process_guid),
          tasks: 0,
          takesWork: true,
        })),
      lrps: onCells
        .filter((lrp) => lost.has(lrp.cell_id))
        .map((lrp): LrpAuction => ({
          processGuid: lrp.process_guid,
          index: lrp.index,
          memoryMb: desired.get(lrp.process_guid)!.memory_mb,
          diskMb: desired.get(lrp.process_guid)!.disk_mb,
          constraint: constraintOf(lrp.process_guid),
        })),
      tasks: [],
      settings: DEFAULT_SETTINGS,
    });
    const loss = lossOf(zone);
    expect([loss.lost, loss.placed, loss.not_placed]).toEqual([
      round.placements.length + round.failed.length,
      round.placements.length,
      round.failed.length,
    ]);
    expect(new Set(round.failed.map((failure) => failure.placementError))).toEqual(
      new Set(loss.reasons.map((reason) => reason.placement_error)),
    );
  });

  it('needs one more cell with nfsv3driver in each of two zones', () => {
    const [together, ...each] = report.cells_to_add!;
    // A cell takes all that one loss leaves over, and staging; but a cell in the zone that is lost is lost as well, so that it
    // takes two for all three losses.
    expect(each.map((addition) => addition.total)).toEqual([1, 1, 1]);
    expect(together).toMatchObject({ for_loss_of: null, total: 2, verified: true, one_fewer_fails: true });
    expect(new Set(together!.cells.map((cell) => cell.pool))).toEqual(new Set(['shared+nfsv3driver']));
  });

  it('survives with what is suggested, and not with one fewer', async () => {
    const { cells } = report.cells_to_add![0]!;
    const survives = async (add: string[]) =>
      (await ask(foundation, { azLoss: true, add, search: false })).survivable;
    expect(await survives(addFlags(cells))).toBe(true);
    for (const group of cells) {
      const fewer = cells.map((other) => (other === group ? { ...other, count: other.count - 1 } : other));
      expect(await survives(addFlags(fewer))).toBe(false);
    }
  });

  it('tells without reps which cells have the driver, and that LRPs have no proxies', async () => {
    const fromStore = await ask(cfdotFoundation(), { azLoss: true, search: false });
    expect(fromStore.pools.map(({ pool, cells }) => [pool, cells])).toEqual([
      ['shared', 6],
      ['shared+nfsv3driver', 3],
      ['isolated-egress', 3],
    ]);
    expect(fromStore.proxy_memory).toMatchObject({ memory_mb: 0, known_by: 'concluded' });
    // The store also knows of claimed instances and running tasks, which the reps do not hold yet.
    const loss = fromStore.losses!.find((each) => each.zone === 'z1')!;
    expect(loss.pools.find(({ pool }) => pool === 'shared+nfsv3driver')).toMatchObject({
      lost: 8,
      placed: 0,
    });
    expect(loss.tasks_lost).toBe(3);
    expect(fromStore.notes.join('\n')).toContain('45 instances without a place now');
  });
});
