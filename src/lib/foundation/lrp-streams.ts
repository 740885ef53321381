import type { JsonBuffer } from '../bbs/json-buffer.ts';
import type { Keyring } from '../bbs/keyring.ts';
import { actualLrpStatement } from '../store/actual-lrps.ts';
import type { Transaction } from '../store/transaction.ts';
import { DESIRED_LRP_PLAIN, desiredLrpStatement, type DesiredLrpBlob } from '../store/desired-lrps.ts';
import { lrpSummaryStatement } from '../store/lrp-summaries.ts';
import { rawRowsOf, type RawRows } from '../store/raw-rows.ts';
import { actualLrpJson, type ActualLrpRow } from './actual-lrp-json.ts';
import { desiredLrpJson, FULL_BLOBS, fullBlobs } from './desired-lrp-json.ts';
import type { Gaps } from './gaps.ts';
import type { RowJson } from './lrp-json.ts';
import type { LrpRow } from './lrp-rows.ts';
import type { RowReader } from './row-reader.ts';
import { appNames, type DesiredMetricTags } from './rows.ts';

/** Lists of LRPs as they stream out of the store. Nothing is held but the batch that is being written. */

/** Rows of an actual LRP are small; a desired LRP's run info takes some 5 KiB. */
const ACTUAL_BATCH = 500;
const DESIRED_BATCH = 100;
const SUMMARY_BATCH = 200;
const NAME_BLOBS: readonly DesiredLrpBlob[] = ['volume_placement', 'metric_tags'];
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
  const blobs = fullBlobs(missing);
  if (blobs.length < FULL_BLOBS.length) {
    statement = await desiredLrpStatement(transaction, { limit }, blobs);
  }
  const rows = transaction.streamRaw(statement.sql, statement.values, DESIRED_BATCH);
  return rowStream(rows, desiredLrpJson(keyring, gaps, blobs, mask));
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
): Promise<RowStream<LrpRow>> {
  const { gaps, limit } = options;
  const wanted: readonly DesiredLrpBlob[] = needs.definition ? FULL_BLOBS : needs.names ? NAME_BLOBS : [];
  let statement = await lrpSummaryStatement(transaction, wanted, needs.instances, limit);
  const { missing } = statement;
  gaps.missingColumns('desired_lrps', missing);
  const blobs = wanted.filter((name) => !missing.includes(name));
  if (blobs.length < wanted.length) {
    statement = await lrpSummaryStatement(transaction, blobs, needs.instances, limit);
  }
  gaps.missingColumns('actual_lrps', statement.missingOfInstances);
  const batch = needs.definition ? DESIRED_BATCH : SUMMARY_BATCH;
  const rows = transaction.streamRaw(statement.sql, statement.values, batch);
  return rowStream(rows, summaryJson(options, blobs, needs.instances));
}

function missingOf(desired: number, ...ordinary: readonly number[]): number {
  return ordinary.reduce((left, count) => Math.max(0, left - count), desired);
}

/** Desired LRPs as lines of JSON with their instances: the summary's fields stand first, behind the plain columns. */
function summaryJson(
  { keyring, gaps, mask }: LrpStreamOptions,
  blobs: readonly DesiredLrpBlob[],
  withInstances: boolean,
): RowJson {
  const summaryAt = DESIRED_LRP_PLAIN + blobs.length;
  // Older releases keep the metric tags in run_info.
  const tagsIn = blobs.includes('metric_tags') ? 'metric_tags' : 'run_info';
  const instances = withInstances ? actualLrpJson(keyring, gaps) : undefined;
  return desiredLrpJson(keyring, gaps, blobs, mask, {
    peek: ['volume_placement', tagsIn],
    head: (out, row, values) => {
      const placement = values.volume_placement as { driver_names?: string[] } | null | undefined;
      const tags =
        tagsIn === 'run_info'
          ? (values.run_info as { metric_tags?: DesiredMetricTags } | null | undefined)?.metric_tags
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
