import { create } from '@bufbuild/protobuf';
import { TaskDefinitionSchema } from '../../src/lib/bbs/gen/diego_pb.ts';
import { encodeMessage } from '../../src/lib/bbs/payload.ts';
import { nanoseconds } from './app.ts';
import type { Cells } from './cells.ts';
import type { Field } from './copy.ts';
import type { Random } from './random.ts';
import type { Sealer } from './sealer.ts';

export const TASK_COLUMNS = [
  'guid',
  'domain',
  'updated_at',
  'created_at',
  'first_completed_at',
  'state',
  'cell_id',
  'result',
  'failed',
  'failure_reason',
  'task_definition',
  'rejection_count',
  'rejection_reason',
] as const;

/** bbs/models Task.State. */
const PENDING = 1;
const RUNNING = 2;
const COMPLETED = 3;
const RESOLVING = 4;

const STATES: readonly (readonly [number, number])[] = [
  [PENDING, 8],
  [RUNNING, 12],
  [COMPLETED, 1.5],
  [RESOLVING, 0.5],
];

const FAILURE_REASONS = [
  'Exited with status 223 (out of memory)',
  'Exited with status 222',
  'cell disappeared before completion',
  'not started within time limit',
];

const STAGING_MEMORY_MB = 1024;
const STAGING_DISK_MB = 4096;

/** A row of `tasks`, in the order of {@link TASK_COLUMNS}: an app being staged, or now and then one that somebody ran. */
export function taskRow(random: Random, sealer: Sealer, cells: Cells, now: number): Field[] {
  const isStaging = !random.chance(0.1);
  const demand = { memoryMb: STAGING_MEMORY_MB, diskMb: STAGING_DISK_MB, isolated: false, nfs: false };
  let state = random.weighted(STATES);
  const place = state === PENDING ? undefined : cells.place(demand, random.below(cells.zones));
  const cellId = place !== undefined && 'cellId' in place ? place.cellId : '';
  const rejection = place !== undefined && 'placementError' in place ? place.placementError : '';
  if (cellId === '') state = PENDING;
  const isCompleted = state === COMPLETED || state === RESOLVING;
  const failed = isCompleted && random.chance(0.5);
  const createdMs = now - random.below(20 * 60_000);
  const created = nanoseconds(createdMs, random);
  const updated =
    state === PENDING ? created : nanoseconds(createdMs + random.below(now - createdMs + 1), random);
  sealer.nextRow();
  return [
    random.guid(),
    isStaging ? 'cf-app-staging' : 'cf-tasks',
    updated,
    created,
    isCompleted ? updated : 0,
    state,
    cellId,
    isCompleted && !failed ? '{"lifecycle_type":"buildpack"}' : null,
    failed,
    failed ? random.pick(FAILURE_REASONS) : '',
    sealer.seal(isStaging ? stagingTask(random) : appTask(random)),
    rejection === '' ? 0 : 1,
    rejection,
  ];
}

function stagingTask(random: Random): Uint8Array {
  return encodeMessage(
    TaskDefinitionSchema,
    create(TaskDefinitionSchema, {
      rootFs: 'preloaded:cflinuxfs4',
      environmentVariables: [{ name: 'SECRET', value: random.guid() }],
      action: { runAction: { path: '/tmp/lifecycle/builder', user: 'vcap' } },
      diskMb: STAGING_DISK_MB,
      memoryMb: STAGING_MEMORY_MB,
      logSource: 'STG',
      logGuid: random.guid(),
      resultFile: '/tmp/result.json',
      annotation: '{"lifecycle":"buildpack"}',
    }),
  );
}

function appTask(random: Random): Uint8Array {
  const appGuid = random.guid();
  return encodeMessage(
    TaskDefinitionSchema,
    create(TaskDefinitionSchema, {
      rootFs: 'preloaded:cflinuxfs4',
      environmentVariables: [{ name: 'DATABASE_URL', value: `postgres://u:${random.guid()}@db.internal/cg` }],
      action: {
        runAction: {
          path: '/tmp/lifecycle/launcher',
          args: ['app', 'rake db:migrate', '{}'],
          user: 'vcap',
          logSource: 'APP/TASK/migrate',
        },
      },
      diskMb: STAGING_DISK_MB,
      memoryMb: STAGING_MEMORY_MB,
      logSource: 'APP/TASK/migrate',
      logGuid: appGuid,
      metricsGuid: appGuid,
      trustedSystemCertificatesPath: '/etc/cf-system-certificates',
    }),
  );
}
