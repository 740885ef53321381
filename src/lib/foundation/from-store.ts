import type { Keyring } from '../bbs/keyring.ts';
import { VOLUME_PLACEMENT, TASK_DEFINITION } from '../bbs/message-types.ts';
import { actualLrpStatement, type ActualLrpTuple } from '../store/actual-lrps.ts';
import type { Database } from '../store/database.ts';
import { desiredLrpStatement, DESIRED_LRP_PLAIN, type DesiredLrpTuple } from '../store/desired-lrps.ts';
import { readDomains } from '../store/domains.ts';
import { readLocks } from '../store/locks.ts';
import { taskStatement, type TaskTuple } from '../store/tasks.ts';
import type { Transaction } from '../store/database.ts';
import { cellsOf, lrpLoads, taskLoads } from './cells.ts';
import { Gaps } from './gaps.ts';
import { ValueOpener } from './open-values.ts';
import { cellPresences, type CellPresence } from './presences.ts';
import {
  actualLrpOf,
  desiredLrpOf,
  domainOf,
  taskOf,
  type DesiredMetricTags,
  type TaskNeeds,
} from './rows.ts';
import { SNAPSHOT_SCHEMA, type ActualLrp, type DesiredLrp, type Foundation, type Task } from './types.ts';
import { messageOf } from '../errors.ts';

/** Where a foundation is read from. */
export interface StoreSource {
  store: Database;
  /** Locket's database; nothing when there is none, which is a gap. */
  locket: Database | undefined;
  /** Nothing when no keys were given, which is a gap. */
  keyring: Keyring | undefined;
}

const BATCH = 1000;

/**
 * The whole foundation from the store and Locket's database, each in one read-only snapshot. What is missing (Locket, keys, a column, a
 * value that cannot be decrypted) is in `gaps`.
 * @param now Unix milliseconds: what is fresh depends on it
 */
export async function foundationFromStore(source: StoreSource, now: number): Promise<Foundation> {
  const gaps = new Gaps();
  const opener = new ValueOpener(source.keyring, gaps);
  const presences = await readPresences(source.locket, gaps);
  const { desired, actual, tasks, domains } = await source.store.readOnly(async (transaction) => ({
    desired: await collect(streamDesiredLrps(transaction, opener, gaps)),
    actual: await collect(streamActualLrps(transaction, gaps)),
    tasks: await collect(streamTasks(transaction, opener, gaps)),
    domains: await readDomains(transaction),
  }));
  return {
    schema: SNAPSHOT_SCHEMA,
    taken_at: new Date(now).toISOString(),
    source: 'store',
    cells: cellsOf(presences, lrpLoads(desired, actual), taskLoads(tasks)).map(({ cell }) => cell),
    desired_lrps: desired,
    actual_lrps: actual,
    tasks,
    domains: domains.map((row) => domainOf(row, now)),
    gaps: gaps.list(),
  };
}

/** The presences of cells. Without Locket the answer goes on without them. */
export async function readPresences(locket: Database | undefined, gaps: Gaps): Promise<CellPresence[]> {
  if (locket === undefined) {
    gaps.add(
      'locket',
      'there is no table locks in the store and no --locket-database-url was given, so cells have no capacity and no zone of their own',
    );
    return [];
  }
  try {
    return cellPresences(await locket.readOnly(readLocks), gaps);
  } catch (error) {
    gaps.add('locket', messageOf(error));
    return [];
  }
}

async function* streamDesiredLrps(
  transaction: Transaction,
  opener: ValueOpener,
  gaps: Gaps,
): AsyncGenerator<DesiredLrp[]> {
  const { sql, values, missing } = await desiredLrpStatement(transaction, {}, [
    'volume_placement',
    'metric_tags',
  ]);
  gaps.missingColumns('desired_lrps', missing);
  for await (const batch of transaction.stream(`${sql} ORDER BY d.process_guid`, values, BATCH)) {
    const rows = batch as DesiredLrpTuple[];
    const placements = opener.messages(
      'desired_lrps.volume_placement',
      VOLUME_PLACEMENT,
      rows.map((row) => row[DESIRED_LRP_PLAIN] as string | null),
      false,
    ) as ({ driver_names: string[] } | null | undefined)[];
    const tags = opener.json(
      'desired_lrps.metric_tags',
      'object',
      rows.map((row) => row[DESIRED_LRP_PLAIN + 1] as string | null),
    ) as (DesiredMetricTags | null | undefined)[];
    yield rows.map((row, i) => {
      const placement = placements[i];
      const drivers = placement === undefined ? null : (placement?.driver_names ?? []);
      return desiredLrpOf(row, drivers, tags[i]);
    });
  }
}

async function* streamActualLrps(transaction: Transaction, gaps: Gaps): AsyncGenerator<ActualLrp[]> {
  const { sql, values, missing } = await actualLrpStatement(transaction, {}, false);
  gaps.missingColumns('actual_lrps', missing);
  const ordered = `${sql} ORDER BY a.process_guid, a.instance_index, 3`;
  for await (const batch of transaction.stream(ordered, values, BATCH)) {
    yield (batch as ActualLrpTuple[]).map(actualLrpOf);
  }
}

async function* streamTasks(
  transaction: Transaction,
  opener: ValueOpener,
  gaps: Gaps,
): AsyncGenerator<Task[]> {
  const { sql, values, missing } = await taskStatement(transaction, {});
  gaps.missingColumns('tasks', missing);
  for await (const batch of transaction.stream(sql, values, BATCH)) {
    const rows = batch as TaskTuple[];
    const definitions = opener.messages(
      'tasks.task_definition',
      TASK_DEFINITION,
      rows.map((row) => row[12]),
      true,
    ) as (TaskNeeds | null | undefined)[];
    yield rows.map((row, i) => taskOf(row, definitions[i]));
  }
}

async function collect<Row>(batches: AsyncIterable<Row[]>): Promise<Row[]> {
  const all: Row[] = [];
  for await (const batch of batches) for (const row of batch) all.push(row);
  return all;
}
