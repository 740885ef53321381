/**
 * What the auction costs as foundations grow: `npm run bench:auction [-- SIZES]`. Every foundation has three zones with
 * cells of 96 GiB and the mix of processes of the golden case 30; all instances are placed on empty cells, then a zone is
 * lost. CPU time of the best of several runs, which other work on the machine disturbs least.
 */
import process from 'node:process';
import { seededRandom } from '../src/lib/auction/random.ts';
import { runAuction, type AuctionInput } from '../src/lib/auction/auction.ts';
import { afterRound } from '../src/lib/auction/rounds.ts';
import { DEFAULT_SETTINGS, type AuctionCell, type LrpAuction } from '../src/lib/auction/types.ts';

const SIZES = process.argv.slice(2).map(Number);
const INSTANCES_PER_CELL = 250_000 / 1500;
const RUNS = 3;

function foundation(instances: number): AuctionInput {
  const random = seededRandom(30);
  const pick = <T>(items: readonly T[]) => items[random.below(items.length)]!;
  const lrps: LrpAuction[] = [];
  for (let number = 0; lrps.length < instances; number++) {
    const size = random.below(100);
    const count = size < 2 ? 30 : size < 5 ? 100 : 1 + random.below(6);
    const work = {
      processGuid: `p-${String(number).padStart(6, '0')}`,
      memoryMb: pick([64, 128, 256, 256, 512, 1024, 2048]),
      diskMb: pick([256, 512, 1024]),
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

function measured<T>(run: () => T): { result: T; seconds: number } {
  let best = Infinity;
  let result!: T;
  for (let i = 0; i < RUNS; i++) {
    const before = process.cpuUsage();
    result = run();
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / 1e6);
  }
  return { result, seconds: best };
}

const columns = ['instances', 'cells', 'place s', 'lost', 'loss s', 'us/placed', 'us/lost', 'per n log m'];
process.stdout.write(`${columns.map((name) => name.padStart(11)).join('')}\n`);
for (const size of SIZES.length > 0 ? SIZES : [5_000, 20_000, 40_000, 250_000]) {
  const input = foundation(size);
  const place = measured(() => runAuction(input));
  const zoneOf = new Map(input.cells.map((cell) => [cell.cellId, cell.zone]));
  const lost = new Set(
    place.result.placements
      .filter((each) => zoneOf.get(each.cellId) === 'z1')
      .map((each) => `${each.processGuid}.${each.index}`),
  );
  const survivors = afterRound(input.cells, place.result).filter((cell) => cell.zone !== 'z1');
  const lrps = input.lrps.filter((lrp) => lost.has(`${lrp.processGuid}.${lrp.index}`));
  const loss = measured(() => runAuction({ ...input, cells: survivors, lrps }));
  const row = [
    size,
    input.cells.length,
    place.seconds.toFixed(3),
    lrps.length,
    loss.seconds.toFixed(3),
    ((place.seconds / size) * 1e6).toFixed(2),
    ((loss.seconds / lrps.length) * 1e6).toFixed(2),
    ((place.seconds / (size * Math.log2(input.cells.length))) * 1e6).toFixed(3),
  ];
  process.stdout.write(`${row.map((value) => String(value).padStart(11)).join('')}\n`);
}
