import type { JsonBuffer } from '../bbs/json-buffer.ts';
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
import type { InstanceCounts, LrpRow } from './lrp-rows.ts';
import type { RowReader } from './row-reader.ts';
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
export async function lrpSummaryStream(
  transaction: Transaction,
  options: LrpStreamOptions,
  needs: SummaryNeeds,
): Promise<{ objects: AsyncIterable<LrpRow[]>; lines: (() => AsyncIterable<Uint8Array>) | undefined }> {
  const { gaps, limit } = options;
  const blobs: readonly DesiredLrpBlob[] = needs.definition
    ? FULL_BLOBS
    : needs.names
      ? ['volume_placement', 'metric_tags']
      : [];
  let statement = await lrpSummaryStatement(transaction, blobs, needs.instances, limit);
  const { missing } = statement;
  gaps.missingColumns('desired_lrps', missing);
  const read = needs.definition ? fullBlobs(missing) : blobs;
  if (read.length < blobs.length) {
    statement = await lrpSummaryStatement(transaction, read, needs.instances, limit);
  }
  gaps.missingColumns('actual_lrps', statement.missingOfInstances);
  const { sql, values } = statement;
  const summaryAt = DESIRED_LRP_PLAIN + read.length;
  if (!needs.definition) {
    const rows = transaction.stream(sql, values, SUMMARY_BATCH) as AsyncGenerator<DesiredLrpTuple[]>;
    return { objects: plainSummaries(rows, options, needs, summaryAt), lines: undefined };
  }
  const json = summaryJson(options, needs, missing, summaryAt);
  const rows = rowStream<LrpRow>(transaction.streamRaw(sql, values, DESIRED_BATCH), json);
  return { objects: { [Symbol.asyncIterator]: () => rows.objects() }, lines: () => rows.lines() };
}

/** Without what is large. */
async function* plainSummaries(
  batches: AsyncIterable<DesiredLrpTuple[]>,
  { keyring, gaps }: LrpStreamOptions,
  needs: SummaryNeeds,
  summaryAt: number,
): AsyncGenerator<LrpRow[], void, undefined> {
  const opener = needs.names ? new ValueOpener(keyring, gaps) : undefined;
  const instances = needs.instances ? actualLrpJson(keyring, gaps) : undefined;
  for await (const rows of batches) {
    const opened = opener === undefined ? undefined : openDesired(opener, rows);
    yield rows.map((row, i): LrpRow => {
      const summary = row.slice(summaryAt) as unknown as LrpSummaryTuple;
      return {
        ...desiredLrpOf(row, opened?.drivers[i] ?? null, opened?.tags[i]),
        ...countsOf(row[4], summary),
        ...(instances === undefined ? {} : { actual_lrps: instancesOf(instances, summary[INSTANCES]) }),
      };
    });
  }
}

function instancesOf(json: RowJson, text: string | undefined): ActualLrpRow[] {
  return json.objects(rawRowsOf(JSON.parse(text ?? '[]') as unknown[][])) as unknown as ActualLrpRow[];
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
    missing: missingOf(desired, running, claimed, unclaimed, crashed),
    crash_count: crashCount,
    zones: JSON.parse(zones) as string[],
    placement_errors: JSON.parse(errors) as string[],
  };
}

function missingOf(desired: number, ...ordinary: readonly number[]): number {
  return ordinary.reduce((left, count) => Math.max(0, left - count), desired);
}

/** Desired LRPs as lines of JSON with their instances: the summary's fields stand first, behind the plain columns. */
function summaryJson(
  { keyring, gaps, mask }: LrpStreamOptions,
  needs: SummaryNeeds,
  missing: readonly string[],
  summaryAt: number,
): RowJson {
  // Older releases keep the metric tags in run_info.
  const tagsIn = missing.includes('metric_tags') ? 'run_info' : 'metric_tags';
  const instances = needs.instances ? actualLrpJson(keyring, gaps) : undefined;
  return desiredLrpJson(keyring, gaps, missing, mask, {
    peek: ['volume_placement', tagsIn],
    head: (out, row, values) => {
      const placement = values.volume_placement as { driver_names?: string[] } | null;
      const tags =
        tagsIn === 'run_info'
          ? (values.run_info as { metric_tags?: DesiredMetricTags } | null)?.metric_tags
          : (values.metric_tags as DesiredMetricTags | null);
      out.ascii(',"volume_drivers":').raw(JSON.stringify(placement?.driver_names ?? null));
      for (const [name, value] of Object.entries(appNames(tags))) {
        out.ascii(`,"${name}":`).raw(JSON.stringify(value));
      }
      writeCounts(out, row, summaryAt);
    },
    ...(instances === undefined
      ? {}
      : {
          tail: (out: JsonBuffer, row: RowReader) => {
            const tuples = JSON.parse(row.text(summaryAt + INSTANCES) ?? '[]') as unknown[][];
            out.ascii(',"actual_lrps":').list(instances.lines(rawRowsOf(tuples)));
          },
        }),
  });
}

/** By the places in LrpSummaryTuple. */
function writeCounts(out: JsonBuffer, row: RowReader, at: number): void {
  COUNTS.forEach((name, i) => {
    row.writeWhole(out.ascii(`,"${name}":`), at + i);
  });
  const ordinary = [0, 1, 2, 3].map((i) => row.whole(at + i) ?? 0);
  out.ascii(',"missing":').whole(missingOf(row.whole(INSTANCES_DESIRED) ?? 0, ...ordinary));
  row.writeWhole(out.ascii(',"crash_count":'), at + COUNTS.length);
  out.ascii(',"zones":').raw(row.text(at + COUNTS.length + 1) ?? '[]');
  out.ascii(',"placement_errors":').raw(row.text(at + COUNTS.length + 2) ?? '[]');
}

const COUNTS = ['running', 'claimed', 'unclaimed', 'crashed', 'suspect', 'evacuating'] as const;
/** Where in DesiredLrpTuple the desired instances are. */
const INSTANCES_DESIRED = 4;
