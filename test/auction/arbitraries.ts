import fc from 'fast-check';
import type { AuctionInput } from '../../src/lib/auction/auction.ts';
import type {
  AuctionCell,
  LrpAuction,
  PlacementConstraint,
  TaskAuction,
} from '../../src/lib/auction/types.ts';

const tags = fc.subarray(['iso-1', 'gpu', 'ssd'], { maxLength: 2 });
const drivers = fc.oneof(
  { weight: 4, arbitrary: fc.constant([]) },
  fc.subarray(['nfsv3driver', 'smbdriver']),
);
const mostly = <T>(value: T, other: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: other });

const providers = fc.constantFrom(
  new Map<string, 'any' | Set<string>>([
    ['preloaded', new Set(['cflinuxfs4'])],
    ['preloaded+layer', new Set(['cflinuxfs4'])],
    ['docker', 'any'],
  ]),
  new Map<string, 'any' | Set<string>>([['preloaded', new Set(['cflinuxfs4', 'cflinuxfs3'])]]),
);

const rootfs = mostly(
  'preloaded:cflinuxfs4',
  fc.constantFrom(
    'preloaded:cflinuxfs3',
    'docker:///busybox#latest',
    'preloaded+layer:cflinuxfs4?layer=x',
    'preloaded:windows',
    '',
    '%zz',
  ),
);

const constraint: fc.Arbitrary<PlacementConstraint> = fc.record({
  rootfs,
  placementTags: mostly<string[]>([], tags),
  volumeDrivers: drivers,
});

const totals = fc.constantFrom(
  { memoryMb: 4096, diskMb: 16384, containers: 20 },
  { memoryMb: 3072, diskMb: 32768, containers: 249 },
  { memoryMb: 8192, diskMb: 8192, containers: 7 },
);

const PROCESSES = ['a', 'b', 'c', 'd', 'e', 'f'];

interface CellOptions {
  /** Cells that are worth nothing in a resource, have more free than they have, or owe some. */
  odd: boolean;
}

function cell(options: CellOptions): fc.Arbitrary<Omit<AuctionCell, 'cellId'>> {
  return fc
    .record({
      zone: fc.constantFrom('z1', 'z2', 'z3', 'z\u{1F600}', 'z\uFF5E'),
      cellIndex: fc.nat(5),
      total: options.odd
        ? mostly(
            { memoryMb: 4096, diskMb: 16384, containers: 20 },
            fc.constantFrom(
              { memoryMb: 0, diskMb: 16384, containers: 20 },
              { memoryMb: 4096, diskMb: 0, containers: 20 },
              { memoryMb: 4096, diskMb: 16384, containers: 0 },
              { memoryMb: 0, diskMb: 0, containers: 0 },
            ),
          )
        : totals,
      used: mostly(
        { memoryMb: 0, diskMb: 0, containers: 0 },
        fc.record({
          memoryMb: fc.constantFrom(64, 128, 1024, ...(options.odd ? [-512, 5000] : [])),
          diskMb: fc.constantFrom(64, 256, 4096),
          containers: fc.nat(6),
        }),
      ),
      rootfsProviders: providers,
      placementTags: mostly<string[]>([], tags),
      optionalPlacementTags: mostly<string[]>([], tags),
      volumeDrivers: drivers,
      proxyMemoryMb: mostly(0, fc.constantFrom(32, 64)),
      startingContainers: mostly(0, fc.nat(4)),
      processes: mostly<string[]>([], fc.array(fc.constantFrom(...PROCESSES), { maxLength: 6 })),
      tasks: mostly(0, fc.nat(2)),
      takesWork: mostly(true, fc.boolean()),
    })
    .map(({ used, ...rest }) => ({
      ...rest,
      available: {
        memoryMb: rest.total.memoryMb - used.memoryMb,
        diskMb: rest.total.diskMb - used.diskMb,
        containers: rest.total.containers - used.containers,
      },
    }));
}

const memoryMb = fc.constantFrom(0, 64, 128, 192, 256, 512, 1024, 5000);
const diskMb = fc.constantFrom(0, 128, 1024, 2048);

const process = fc.record({
  instances: fc.nat(12),
  from: fc.nat(2),
  memoryMb,
  diskMb,
  constraint,
});

/** A small foundation and a batch, with all that the auction knows: kinds of cells, ties, proxies, limits, tasks. */
export function auctionInputs(options: Partial<CellOptions> = {}): fc.Arbitrary<AuctionInput> {
  return fc
    .record({
      cells: fc.array(cell({ odd: options.odd ?? false }), { minLength: 0, maxLength: 24 }),
      processes: fc.array(process, { maxLength: PROCESSES.length }),
      tasks: fc.array(fc.record({ memoryMb, diskMb, constraint }), { maxLength: 8 }),
      settings: fc.record({
        startingContainerWeight: mostly(0.25, fc.constantFrom(0, 1, 0.1, -0.25)),
        binPackFirstFitWeight: mostly(0, fc.constantFrom(1, 0.37, 500, -1)),
        maxInflight: mostly(0, fc.nat(20)),
      }),
      order: fc.infiniteStream(fc.nat()),
    })
    .map(({ cells, processes, tasks, settings, order }) => {
      const lrps: LrpAuction[] = processes.flatMap(({ instances, from, ...work }, i) =>
        Array.from({ length: instances }, (_, index) => ({
          ...work,
          processGuid: PROCESSES[i]!,
          index: from + index,
        })),
      );
      const shuffled = lrps
        .map((lrp) => ({ lrp, at: order.next().value as number }))
        .sort((a, b) => a.at - b.at)
        .map(({ lrp }) => lrp);
      return {
        cells: cells.map((each, i) => ({ ...each, cellId: `cell-${String((i * 7) % 24).padStart(2, '0')}` })),
        lrps: shuffled,
        tasks: tasks.map((task, i): TaskAuction => ({ ...task, taskGuid: `task-${i}` })),
        settings,
      };
    });
}
