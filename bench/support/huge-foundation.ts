import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { once } from 'node:events';
import { runAuction, type AuctionInput } from '../../src/lib/auction/auction.ts';
import { seededRandom } from '../../src/lib/auction/random.ts';
import { DEFAULT_SETTINGS, type AuctionCell, type LrpAuction } from '../../src/lib/auction/types.ts';
import {
  SNAPSHOT_SCHEMA,
  type ActualLrp,
  type Cell,
  type DesiredLrp,
} from '../../src/lib/foundation/types.ts';

const INSTANCES_PER_CELL = 250_000 / 1500;
/** As often as in the golden case 30. */
const MEMORY_MB = [64, 64, 128, 128, 128, 256, 256, 256, 256, 512, 512, 512, 1024, 1024, 2048];

/**
 * A foundation of the golden case 30's proportions and of any size: three zones, cells of 96 GiB of which 6% have a tag, 167
 * instances a cell, processes of 1 to 6 instances and a few of 30 and 100.
 */
export function hugeFoundation(instances: number): AuctionInput {
  const random = seededRandom(30);
  const pick = <T>(items: readonly T[]) => items[random.below(items.length)]!;
  const lrps: LrpAuction[] = [];
  for (let number = 0; lrps.length < instances; number++) {
    const size = random.below(40);
    const count = size === 0 ? 30 : size === 1 ? 100 : 1 + random.below(6);
    const work = {
      processGuid: `p-${String(number).padStart(6, '0')}`,
      memoryMb: pick(MEMORY_MB),
      diskMb: pick([256, 512, 512, 1024, 1024]),
      constraint: {
        rootfs: 'preloaded:cflinuxfs4',
        placementTags: random.below(20) === 0 ? ['iso-1'] : [],
        volumeDrivers: [],
      },
    };
    for (let index = 0; index < count && lrps.length < instances; index++) lrps.push({ ...work, index });
  }
  const perZone = Math.ceil(instances / INSTANCES_PER_CELL / 3);
  const total = { memoryMb: 98_304, diskMb: 524_288, containers: 249 };
  const cells = ['z1', 'z2', 'z3'].flatMap((zone) =>
    Array.from({ length: perZone }, (_, i): AuctionCell => ({
      cellId: `${zone}-${String(i).padStart(4, '0')}`,
      cellIndex: i,
      zone,
      total,
      available: total,
      rootfsProviders: new Map([['preloaded', new Set(['cflinuxfs4'])]]),
      placementTags: i < perZone * 0.06 ? ['iso-1'] : [],
      optionalPlacementTags: [],
      volumeDrivers: [],
      proxyMemoryMb: 32,
      startingContainers: 0,
      processes: [],
      tasks: 0,
      takesWork: true,
    })),
  );
  return { cells, lrps, tasks: [], settings: DEFAULT_SETTINGS };
}

/** Places everything and writes the result as `cgdiego snapshot` would, row by row. Returns how many found a place. */
export async function writeHugeSnapshot(path: string, input: AuctionInput): Promise<number> {
  const { placements } = runAuction(input);
  const work = new Map(input.lrps.map((lrp) => [lrp.processGuid, lrp]));
  const zoneOf = new Map(input.cells.map((cell) => [cell.cellId, cell.zone]));
  const instances = new Map<string, number>();
  const allocated = new Map(
    input.cells.map(({ cellId }) => [cellId, { memory_mb: 0, disk_mb: 0, containers: 0 }]),
  );
  for (const { processGuid, cellId } of placements) {
    const { memoryMb, diskMb } = work.get(processGuid)!;
    const sum = allocated.get(cellId)!;
    sum.memory_mb += memoryMb;
    sum.disk_mb += diskMb;
    sum.containers++;
    instances.set(processGuid, (instances.get(processGuid) ?? 0) + 1);
  }
  const cells = input.cells.map((cell): Cell => ({
    cell_id: cell.cellId,
    zone: cell.zone,
    state: 'present',
    rep_url: '',
    rep_address: '',
    capacity: {
      memory_mb: cell.total.memoryMb,
      disk_mb: cell.total.diskMb,
      containers: cell.total.containers,
    },
    allocated: allocated.get(cell.cellId)!,
    rootfs_providers: [{ name: 'preloaded', properties: ['cflinuxfs4'] }],
    placement_tags: [...cell.placementTags],
    optional_placement_tags: [],
    volume_drivers: [],
  }));
  const desired = [...instances].map(([guid, count]): DesiredLrp => {
    const { memoryMb, diskMb, constraint } = work.get(guid)!;
    return {
      process_guid: guid,
      domain: 'cf-apps',
      log_guid: guid,
      instances: count,
      memory_mb: memoryMb,
      disk_mb: diskMb,
      max_pids: 1024,
      rootfs: constraint.rootfs,
      placement_tags: [...constraint.placementTags],
      volume_drivers: [],
      app_guid: guid,
      app_name: guid,
      org_name: 'org',
      space_name: 'space',
    };
  });
  const actual = placements.map(({ processGuid, index, cellId }): ActualLrp => ({
    process_guid: processGuid,
    index,
    presence: 'ordinary',
    domain: 'cf-apps',
    state: 'RUNNING',
    instance_guid: `${processGuid}-${index}`,
    cell_id: cellId,
    availability_zone: zoneOf.get(cellId)!,
    since: '2026-11-22T16:06:10.000000000Z',
    crash_count: 0,
    crash_reason: '',
    placement_error: '',
    routable: true,
  }));
  const out = createWriteStream(path);
  const write = async (text: string) => {
    if (!out.write(text)) await once(out, 'drain');
  };
  const head = { schema: SNAPSHOT_SCHEMA, taken_at: '2026-11-22T16:06:10Z', source: 'store' };
  await write(
    JSON.stringify({ ...head, tasks: [], domains: [], gaps: [], cells, desired_lrps: desired }).slice(0, -1),
  );
  await write(',"actual_lrps":[');
  for (const [i, lrp] of actual.entries()) await write(`${i === 0 ? '' : ','}${JSON.stringify(lrp)}\n`);
  await write(']}');
  out.end();
  await finished(out);
  return placements.length;
}
