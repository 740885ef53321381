import { create } from '@bufbuild/protobuf';
import { ActualLRPNetInfo_PreferredAddress, ActualLRPNetInfoSchema } from '../../src/lib/bbs/gen/diego_pb.ts';
import { encodeMessage } from '../../src/lib/bbs/payload.ts';
import { nanoseconds, type App } from './app.ts';
import type { Cells, MadeCell } from './cells.ts';
import type { Field } from './copy.ts';
import type { Random } from './random.ts';
import type { Sealer } from './sealer.ts';

export const ACTUAL_LRP_COLUMNS = [
  'process_guid',
  'instance_index',
  'evacuating',
  'domain',
  'state',
  'instance_guid',
  'cell_id',
  'placement_error',
  'since',
  'net_info',
  'modification_tag_epoch',
  'modification_tag_index',
  'crash_count',
  'crash_reason',
  'expire_time',
  'presence',
  'internal_routes',
  'metric_tags',
  'routable',
  'availability_zone',
] as const;

const ORDINARY = 0;
const EVACUATING = 1;
const SUSPECT = 2;

/** Shares of all instances, as captured; the last two are rarer than any capture of this size shows. */
const CRASHED_SHARE = 0.068;
const CLAIMED_SHARE = 0.031;
const RESTARTED_SHARE = 0.01;
const SUSPECT_SHARE = 0.004;
/** Of the instances on the cell that evacuates. */
const EVACUATING_SHARE = 0.5;
/** Of the largest instances: those that the last auction found no room for, though one may have come free since. */
const UNPLACED_SHARE = 0.03;
const LARGE_MEMORY_MB = 4096;

const CRASH_REASONS: readonly (readonly [string, number])[] = [
  ['Downloading droplet failed', 8],
  ['APP/PROC/WEB: Exited with status 1', 8],
  [
    'Copying into the container failed: stream-in: nstar: error streaming in: exit status 2. Output: tar: ./app/node_modules/aws-sdk/dist/aws-sdk.js: Cannot write: Disk quota exceeded',
    6,
  ],
  ['APP/PROC/WEB: Exited with status 137 (out of memory)', 6],
  ['Copying into the container failed', 4],
  ['Instance never healthy after 1m0s: Timed out after 1m0s: health check never passed.', 4],
  ['failed to initialize container: Error response from daemon', 2],
  ['APP/PROC/WEB: Exited with status 4; write /home/vcap/app/tmp/cache: disk quota exceeded', 2],
];

const CRASH_COUNTS: readonly (readonly [number, number])[] = [
  [1, 11],
  [2, 14],
  [3, 12],
  [7, 2],
  [42, 1],
];

const NO_NET_INFO = encodeMessage(ActualLRPNetInfoSchema, create(ActualLRPNetInfoSchema));

/** What the rows of one foundation share. */
export interface ActualLrpContext {
  random: Random;
  sealer: Sealer;
  cells: Cells;
  /** A cell that instances are still said to run on, but that Locket does not know any more. */
  missingCell: MadeCell;
  /** The one cell that is being drained. */
  evacuatingCell: MadeCell;
  /** Unix milliseconds. */
  now: number;
  /** The share of rows that are older than the columns internal_routes and metric_tags. */
  nullShare: number;
}

interface Instance {
  presence?: number;
  state: 'UNCLAIMED' | 'CLAIMED' | 'RUNNING' | 'CRASHED';
  cell?: MadeCell;
  placementError?: string;
  crashCount?: number;
}

/**
 * The rows of `actual_lrps` for one instance: one, or two while its cell evacuates or is suspect. In the order of
 * {@link ACTUAL_LRP_COLUMNS}.
 */
export function actualLrpRows(app: App, index: number, context: ActualLrpContext): Field[][] {
  return chooseInstances(app, index, context).map((instance) => row(app, index, instance, context));
}

function chooseInstances(app: App, index: number, context: ActualLrpContext): Instance[] {
  const { random, cells } = context;
  if (random.chance(CRASHED_SHARE)) {
    const crashCount = random.weighted(CRASH_COUNTS);
    return [{ state: crashCount > 2 && random.chance(0.5) ? 'CRASHED' : 'UNCLAIMED', crashCount }];
  }
  if (app.memoryMb >= LARGE_MEMORY_MB && random.chance(UNPLACED_SHARE)) {
    return [{ state: 'UNCLAIMED', placementError: 'insufficient resources: memory' }];
  }
  const place = () => cells.place(app, app.number + index);
  const cell = place();
  if ('placementError' in cell) return [{ state: 'UNCLAIMED', ...cell }];
  if (random.chance(CLAIMED_SHARE)) return [{ state: 'CLAIMED', cell }];
  const running: Instance = { state: 'RUNNING', cell };
  if (random.chance(RESTARTED_SHARE)) return [{ ...running, crashCount: 1 }];
  if (random.chance(SUSPECT_SHARE)) {
    return [
      { state: 'CLAIMED', cell },
      { state: 'RUNNING', cell: context.missingCell, presence: SUSPECT },
    ];
  }
  if (cell === context.evacuatingCell && random.chance(EVACUATING_SHARE)) {
    const next = place();
    const isPlaced = 'cellId' in next && next !== cell;
    const ordinary: Instance = isPlaced ? { state: 'CLAIMED', cell: next } : { state: 'UNCLAIMED' };
    return [ordinary, { ...running, presence: EVACUATING }];
  }
  return [running];
}

function row(app: App, index: number, instance: Instance, context: ActualLrpContext): Field[] {
  const { random, sealer } = context;
  const { state, cell, presence = ORDINARY, crashCount = 0 } = instance;
  const isRunning = state === 'RUNNING';
  const hasNulls = random.chance(context.nullShare);
  const wasPlaced = cell !== undefined || crashCount > 0;
  sealer.nextRow();
  return [
    app.processGuid,
    index,
    false,
    'cf-apps',
    state,
    cell === undefined ? '' : random.guid(),
    cell?.cellId ?? '',
    instance.placementError ?? '',
    since(app, context),
    sealer.seal(isRunning ? netInfo(cell!, random) : NO_NET_INFO),
    random.guid(),
    { UNCLAIMED: 0, CLAIMED: 1, RUNNING: 2, CRASHED: 1 }[state] + crashCount * 3,
    crashCount,
    crashCount > 0 ? random.weighted(CRASH_REASONS) : '',
    0,
    presence,
    hasNulls ? null : sealer.seal(internalRoutes(app, state)),
    hasNulls ? null : sealer.seal(metricTags(app, index, state)),
    isRunning,
    // The zone is written when the instance runs and outlives its crash.
    isRunning ? cell!.zone : wasPlaced && crashCount > 0 ? `z${1 + random.below(context.cells.zones)}` : '',
  ];
}

/** Most instances have been up for long, some have just changed. */
function since(app: App, { random, now }: ActualLrpContext): bigint {
  const age = now - Number(app.createdAt / 1_000_000n);
  return nanoseconds(now - Math.floor(age * random.fraction() ** 3), random);
}

function netInfo(cell: MadeCell, random: Random): Uint8Array {
  return encodeMessage(
    ActualLRPNetInfoSchema,
    create(ActualLRPNetInfoSchema, {
      address: cell.address,
      ports: [
        {
          containerPort: 8080,
          hostPort: 61_000 + random.below(4_500),
          containerTlsProxyPort: 61_001,
          hostTlsProxyPort: 61_000 + random.below(4_500),
        },
      ],
      instanceAddress: `10.255.${random.below(256)}.${1 + random.below(254)}`,
      preferredAddress: ActualLRPNetInfo_PreferredAddress.HOST,
    }),
  );
}

/** Go writes an empty list that was never set as `null`. */
function internalRoutes(app: App, state: Instance['state']): string {
  if (state === 'CLAIMED') return '[]';
  if (state !== 'RUNNING' || app.internalHostname === undefined) return 'null';
  return JSON.stringify([{ hostname: app.internalHostname }]);
}

function metricTags(app: App, index: number, state: Instance['state']): string {
  if (state === 'CLAIMED') return '{}';
  return state === 'RUNNING' ? JSON.stringify({ app_name: app.name, instance_id: String(index) }) : 'null';
}
