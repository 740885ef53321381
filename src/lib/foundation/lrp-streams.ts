import type { Keyring } from '../bbs/keyring.ts';
import { actualLrpStatement } from '../store/actual-lrps.ts';
import type { Transaction } from '../store/database.ts';
import {
  DESIRED_LRP_PLAIN,
  desiredLrpStatement,
  type DesiredLrpBlob,
  type DesiredLrpTuple,
} from '../store/desired-lrps.ts';
import { lrpSummaryStatement, type LrpSummaryTuple } from '../store/lrp-summaries.ts';
import { rawRowsOf, type RawRows } from '../store/raw-rows.ts';
import { actualLrpJson, type ActualLrpRow } from './actual-lrp-json.ts';
import { desiredLrpJson, FULL_BLOBS, fullBlobs } from './desired-lrp-json.ts';
import type { Gaps } from './gaps.ts';
import { openDesired, ValueOpener } from './open-values.ts';
import type { RowJson } from './lrp-json.ts';
import type { InstanceCounts, LrpRow, LrpSummary } from './lrp-rows.ts';
import { appNames, desiredLrpOf, type DesiredMetricTags } from './rows.ts';

/** Lists of LRPs as they stream out of the store. Nothing is held but the batch that is being written. */

/** Rows of an actual LRP are small; a desired LRP's run info takes some 5 KiB. */
const ACTUAL_BATCH = 500;
const DESIRED_BATCH = 100;
const SUMMARY_BATCH = 500;
/** Where in LrpSummaryTuple the instances are. */
const INSTANCES = 9;

export interface LrpStreamOptions {
  keyring: Keyring | undefined;
  gaps: Gaps;
  /** Whether secrets are masked. */
  mask: boolean;
  limit?: number | undefined;
}

/** A stream of rows that can be had as lines of JSON, which is faster, or as objects. Lines are overwritten by the next ones. */
export interface RowStream<Row> {
  lines(): AsyncGenerator<Uint8Array, void, undefined>;
  objects(): AsyncGenerator<Row[], void, undefined>;
}

/** `lrps --instances`: every actual LRP. */
export async function actualLrpStream(
  transaction: Transaction,
  { keyring, gaps, limit }: LrpStreamOptions,
): Promise<RowStream<ActualLrpRow>> {
  const { sql, values, missing } = await actualLrpStatement(transaction, { limit }, true);
  gaps.missingColumns('actual_lrps', missing);
  const rows = transaction.streamRaw(sql, values, ACTUAL_BATCH);
  return rowStream(rows, actualLrpJson(keyring, gaps));
}

/** `lrps --full`: every desired LRP, decrypted. */
export async function desiredLrpStream(
  transaction: Transaction,
  { keyring, gaps, mask, limit }: LrpStreamOptions,
): Promise<RowStream<LrpRow>> {
  let statement = await desiredLrpStatement(transaction, { limit }, FULL_BLOBS);
  const { missing } = statement;
  gaps.missingColumns('desired_lrps', missing);
  if (missing.includes('metric_tags')) {
    statement = await desiredLrpStatement(transaction, { limit }, fullBlobs(missing));
  }
  const rows = transaction.streamRaw(statement.sql, statement.values, DESIRED_BATCH);
  return rowStream(rows, desiredLrpJson(keyring, gaps, missing, mask));
}

function rowStream<Row>(batches: AsyncIterable<RawRows>, json: RowJson): RowStream<Row> {
  return {
    async *lines() {
      for await (const rows of batches) yield json.lines(rows);
    },
    async *objects() {
      for await (const rows of batches) yield json.objects(rows) as Row[];
    },
  };
}

export interface SummaryNeeds {
  /** App, organization and space, and volume drivers: two small blobs a row. */
  names: boolean;
  /** Whatever else is encrypted. */
  definition: boolean;
  /** The instances themselves. */
  instances: boolean;
}

/** `lrps`: desired LRPs with their instances added up, and as much of the rest as somebody will look at. */
export async function* lrpSummaryStream(
  transaction: Transaction,
  options: LrpStreamOptions,
  needs: SummaryNeeds,
): AsyncGenerator<LrpRow[], void, undefined> {
  const { keyring, gaps, mask } = options;
  const blobs: readonly DesiredLrpBlob[] = needs.definition
    ? FULL_BLOBS
    : needs.names
      ? ['volume_placement', 'metric_tags']
      : [];
  let statement = await lrpSummaryStatement(transaction, blobs, needs.instances);
  const { missing } = statement;
  gaps.missingColumns('desired_lrps', missing);
  const read = needs.definition ? fullBlobs(missing) : blobs;
  if (read.length < blobs.length) statement = await lrpSummaryStatement(transaction, read, needs.instances);
  const opener = needs.names && !needs.definition ? new ValueOpener(keyring, gaps) : undefined;
  const definition = needs.definition ? desiredLrpJson(keyring, gaps, missing, mask) : undefined;
  gaps.missingColumns('actual_lrps', statement.missingOfInstances);
  const instances = needs.instances ? actualLrpJson(keyring, gaps) : undefined;
  const batchSize = needs.definition ? DESIRED_BATCH : SUMMARY_BATCH;
  const summaryAt = DESIRED_LRP_PLAIN + read.length;
  for await (const batch of transaction.stream(statement.sql, statement.values, batchSize)) {
    const rows = batch as DesiredLrpTuple[];
    const counts = rows.map((row) => countsOf(row[4], row.slice(summaryAt) as unknown as LrpSummaryTuple));
    let summaries: LrpRow[];
    if (definition === undefined) {
      const opened = opener === undefined ? undefined : openDesired(opener, rows);
      summaries = rows.map((row, i): LrpSummary => ({
        ...desiredLrpOf(row, opened?.drivers[i] ?? null, opened?.tags[i]),
        ...counts[i]!,
      }));
    } else {
      summaries = definition
        .objects(rawRowsOf(rows))
        .map((object, i) => withSummary(object, rows[i]!, counts[i]!));
    }
    if (instances !== undefined) {
      rows.forEach((row, i) => {
        const tuples = JSON.parse(row[summaryAt + INSTANCES] as string) as unknown[][];
        summaries[i]!.actual_lrps = instances.objects(rawRowsOf(tuples)) as unknown as ActualLrpRow[];
      });
    }
    yield summaries;
  }
}

function countsOf(desired: number, summary: LrpSummaryTuple): InstanceCounts {
  const [running, claimed, unclaimed, crashed, suspect, evacuating, crashCount, zones, errors] = summary;
  return {
    running,
    claimed,
    unclaimed,
    crashed,
    suspect,
    evacuating,
    missing: Math.max(0, desired - running - claimed - unclaimed - crashed),
    crash_count: crashCount,
    zones: JSON.parse(zones) as string[],
    placement_errors: JSON.parse(errors) as string[],
  };
}

/** The summary's fields first, as they stand in a table; then everything else. */
function withSummary(object: Record<string, unknown>, row: DesiredLrpTuple, counts: InstanceCounts): LrpRow {
  const placement = object.volume_placement as { driver_names: string[] } | null | undefined;
  const tags = object.metric_tags as DesiredMetricTags | null | undefined;
  return {
    ...desiredLrpOf(row, placement?.driver_names ?? null, tags),
    ...counts,
    ...object,
    ...appNames(tags),
  };
}
