import { BlobError, parseBlob } from '../bbs/blob.ts';
import { actualLrpStatement, ACTUAL_LRP_BLOBS, type ActualLrpTuple } from '../store/actual-lrps.ts';
import type { Transaction } from '../store/transaction.ts';
import { DESIRED_LRP_PLAIN, desiredLrpStatement, type DesiredLrpTuple } from '../store/desired-lrps.ts';
import { findProcessGuids } from '../store/find-lrps.ts';
import { rawRowsOf } from '../store/raw-rows.ts';
import { actualLrpJson, type ActualLrpRow } from './actual-lrp-json.ts';
import { desiredLrpJson, FULL_BLOBS, fullBlobs } from './desired-lrp-json.ts';
import { instanceCounts, type LrpRow } from './lrp-rows.ts';
import type { LrpStreamOptions } from './lrp-streams.ts';
import { appNames, desiredLrpOf, type DesiredMetricTags } from './rows.ts';
import { onlyOne } from './select-one.ts';
import type { DesiredLrp, Foundation } from './types.ts';

/** Which key each encrypted column of a row is under; `null` for a column without a value, or one that is no blob. */
export type KeyLabels = Record<string, string | null>;

export interface InstanceDetail extends ActualLrpRow {
  key_labels: KeyLabels;
}

/** Everything about one LRP: `cgdiego lrps PROCESS_GUID`. */
export interface LrpDetail extends Omit<LrpRow, 'actual_lrps'> {
  /** Whether it is still desired. Instances of an LRP that is not go at the next convergence. */
  desired: boolean;
  key_labels: KeyLabels;
  actual_lrps: InstanceDetail[];
}

/**
 * One LRP by its process guid, its app's guid or the beginning of one, from the store.
 * @throws {UsageError} when several match, {CgdiegoError} when none does
 */
export async function readLrpDetail(
  transaction: Transaction,
  typed: string,
  { keyring, gaps, mask }: LrpStreamOptions,
): Promise<LrpDetail> {
  const processGuid = pick(typed, await findProcessGuids(transaction, typed));
  const scope = { processGuids: [processGuid] };
  const { missing } = await desiredLrpStatement(transaction, scope, FULL_BLOBS);
  const read = fullBlobs(missing);
  const desiredSql = await desiredLrpStatement(transaction, scope, read);
  const actualSql = await actualLrpStatement(transaction, scope, true);
  gaps.missingColumns('desired_lrps', missing);
  gaps.missingColumns('actual_lrps', actualSql.missing);
  const desired = (await rowsOf(transaction, desiredSql)) as DesiredLrpTuple[];
  const actual = (await rowsOf(transaction, {
    ...actualSql,
    sql: `${actualSql.sql} ORDER BY 2, 3`,
  })) as unknown as ActualLrpTuple[];

  const labelsFrom = ACTUAL_LRP_BLOBS.map((name) => name as string);
  const instances = actualLrpJson(keyring, gaps).objects(rawRowsOf(actual)) as unknown as ActualLrpRow[];
  const actualLrps = instances.map((lrp, i) => ({
    ...lrp,
    key_labels: keyLabels(labelsFrom, actual[i]!.slice(-labelsFrom.length) as (string | null)[]),
  }));
  const row = desired[0];
  if (row === undefined) {
    const gone = {
      ...goneLrp(processGuid, actualLrps[0]?.domain ?? ''),
      ...instanceCounts({ instances: 0 }, actualLrps),
    };
    return { ...gone, desired: false, key_labels: {}, actual_lrps: actualLrps };
  }
  const object = desiredLrpJson(keyring, gaps, read, mask).objects(rawRowsOf([row]))[0]!;
  const placement = object.volume_placement as { driver_names: string[] } | null | undefined;
  const tags = object.metric_tags as DesiredMetricTags | null | undefined;
  return {
    ...desiredLrpOf(row, placement?.driver_names ?? null, tags),
    ...instanceCounts({ instances: row[4] }, actualLrps),
    ...object,
    ...appNames(tags),
    desired: true,
    key_labels: keyLabels(read, row.slice(DESIRED_LRP_PLAIN) as (string | null)[]),
    actual_lrps: actualLrps,
  };
}

/** One LRP out of a snapshot, which has neither definitions nor addresses. */
export function lrpDetailFromFoundation(foundation: Foundation, typed: string): LrpDetail {
  const guids = new Set<string>();
  for (const lrp of foundation.desired_lrps) {
    if (lrp.process_guid.startsWith(typed) || lrp.log_guid === typed) guids.add(lrp.process_guid);
  }
  for (const lrp of foundation.actual_lrps)
    if (lrp.process_guid.startsWith(typed)) guids.add(lrp.process_guid);
  const processGuid = pick(typed, [...guids]);
  const desired = foundation.desired_lrps.find((lrp) => lrp.process_guid === processGuid);
  const actual = foundation.actual_lrps.filter((lrp) => lrp.process_guid === processGuid);
  return {
    ...(desired ?? goneLrp(processGuid, actual[0]?.domain ?? '')),
    ...instanceCounts(desired ?? { instances: 0 }, actual),
    desired: desired !== undefined,
    key_labels: {},
    actual_lrps: actual.map((lrp) => ({ ...withoutDefinition(lrp), key_labels: {} })),
  };
}

/** An instance as a snapshot knows it: without what is encrypted in the store. */
export function withoutDefinition(lrp: Foundation['actual_lrps'][number]): ActualLrpRow {
  return {
    ...lrp,
    modification_tag: { epoch: '', index: 0 },
    address: '',
    ports: [],
    instance_address: '',
    preferred_address: 'UNKNOWN',
    actual_lrp_internal_routes: [],
    metric_tags: {},
    unreadable: [...ACTUAL_LRP_BLOBS],
  };
}

function pick(typed: string, guids: readonly string[]): string {
  return guids.find((guid) => guid === typed) ?? onlyOne('LRP', typed, guids);
}

function goneLrp(processGuid: string, domain: string): DesiredLrp {
  return {
    process_guid: processGuid,
    domain,
    log_guid: '',
    instances: 0,
    memory_mb: 0,
    disk_mb: 0,
    max_pids: 0,
    rootfs: '',
    placement_tags: [],
    volume_drivers: null,
    ...appNames(null),
  };
}

function keyLabels(columns: readonly string[], texts: readonly (string | null)[]): KeyLabels {
  return Object.fromEntries(columns.map((column, i) => [column, labelOf(texts[i] ?? null)]));
}

function labelOf(text: string | null): string | null {
  if (text === null || text === '') return null;
  try {
    return parseBlob(text).label;
  } catch (error) {
    if (error instanceof BlobError) return null;
    throw error;
  }
}

async function rowsOf(
  transaction: Transaction,
  { sql, values }: { sql: string; values: unknown[] },
): Promise<unknown[][]> {
  const rows: unknown[][] = [];
  for await (const batch of transaction.stream(sql, values)) rows.push(...batch);
  return rows;
}
