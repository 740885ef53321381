import { UsageError } from '../errors.ts';
import { Gaps } from '../foundation/gaps.ts';
import { DEFINITION_FIELDS, lrpSummaries, type LrpRow } from '../foundation/lrp-rows.ts';
import {
  lrpDetailFromFoundation,
  readLrpDetail,
  withoutDefinition,
  type LrpDetail,
} from '../foundation/lrp-detail.ts';
import {
  actualLrpStream,
  desiredLrpStream,
  lrpSummaryStream,
  type LrpStreamOptions,
  type RowStream,
} from '../foundation/lrp-streams.ts';
import { instanceOnRep, summaryOnReps, type OnReps } from '../foundation/on-reps.ts';
import type { Foundation, Gap } from '../foundation/types.ts';
import { prepareList, type List, type ListOptions } from '../output/list.ts';
import { assertForOne, writeOne } from '../output/one.ts';
import type { RecordType } from '../output/record.ts';
import { plural } from '../output/units.ts';
import type { Transaction } from '../store/transaction.ts';
import {
  instanceRecord,
  liveSummaryRecord,
  LRP_FULL_RECORD,
  LRP_RECORD,
  LRP_SUMMARY_RECORD,
} from '../views/lrps.ts';
import { rememberIds } from './completion/remembered-ids.ts';
import type { FoundationFlags } from './foundation-flags.ts';
import { readsStore, sayGaps, withFoundation, withStore, withStoreAlone } from './load-foundation.ts';
import { askOnReps, askOnRepsOf, Strangers } from './on-reps.ts';
import { mapped, seen } from './seen.ts';
import type { ShowContext } from './show-cells.ts';

export interface LrpsFlags extends FoundationFlags {
  instances: boolean;
  full: boolean;
  reveal: boolean;
}

/** `cgdiego lrps`: desired LRPs, their instances, or one of them. */
export async function showLrps(
  guid: string | undefined,
  flags: LrpsFlags,
  options: ListOptions,
  context: ShowContext,
): Promise<void> {
  if (guid !== undefined) {
    assertForOne(options);
    const detail = await readDetail(guid, flags, context);
    const { lrpDetailText } = await import('../views/lrp-detail.ts');
    await writeOne(context.terminal, detail, (to) => lrpDetailText(detail, to, Date.now()), options);
  } else if (flags.instances) {
    await writeInstances(flags, options, context);
  } else if (flags.full) {
    await writeFull(flags, options, context);
  } else {
    await writeSummaries(flags, options, context);
  }
}

async function writeInstances(flags: LrpsFlags, options: ListOptions, context: ShowContext): Promise<void> {
  const list = prepareList(context.terminal, instanceRecord(Date.now(), flags.live), options);
  if (readsStore(flags)) {
    await withStreams(flags, context, async (transaction, streamOptions, reps) => {
      if (reps === undefined) {
        await writeStream(list, await streamOf(list, actualLrpStream, transaction, streamOptions, options));
        return;
      }
      const strangers = new Strangers(reps);
      const rows = (await actualLrpStream(transaction, streamOptions)).objects();
      const { closed } = await list.write(
        mapped(rows, (row) => {
          strangers.see(row);
          return { ...row, ...instanceOnRep(row, reps) };
        }),
      );
      if (!closed && options.limit === undefined) strangers.say(context);
    });
    return;
  }
  const { foundation, reps, gaps } = await readFoundation(flags, context);
  await list.write(
    foundation.actual_lrps.map((lrp) => ({
      ...withoutDefinition(lrp),
      ...(reps === undefined ? {} : instanceOnRep(lrp, reps)),
    })),
  );
  sayGaps(gaps, context);
}

async function writeFull(flags: LrpsFlags, options: ListOptions, context: ShowContext): Promise<void> {
  const list = prepareList(context.terminal, LRP_FULL_RECORD, options);
  if (!readsStore(flags)) {
    throw new UsageError('--full needs the store.', {
      why: 'Snapshots do not hold what is encrypted.',
      next: 'Leave --from and --source away.',
    });
  }
  await withStreams(flags, context, async (transaction, streamOptions) => {
    await writeStream(list, await streamOf(list, desiredLrpStream, transaction, streamOptions, options));
  });
}

async function writeSummaries(flags: LrpsFlags, options: ListOptions, context: ShowContext): Promise<void> {
  const record = flags.live ? liveSummaryRecord(summaryRecord(options)) : summaryRecord(options);
  const list = prepareList(context.terminal, record, options);
  const withReps = (row: LrpRow, reps: OnReps | undefined) =>
    reps === undefined ? row : { ...row, ...summaryOnReps(row, reps) };
  const guids = new Set<string>();
  const remember = (row: LrpRow) => guids.add(row.process_guid);
  if (readsStore(flags)) {
    const names = (['app_name', 'app_guid', 'org_name', 'space_name', 'volume_drivers'] as const).some(
      (name) => list.needs(name),
    );
    const needs = {
      names,
      definition: DEFINITION_FIELDS.some((name) => list.needs(name)),
      instances: list.needs('actual_lrps'),
    };
    await withStreams(flags, context, async (transaction, streamOptions, reps) => {
      const hasLines = list.isPlainNdjson && reps === undefined;
      const limit = hasLines ? options.limit : undefined;
      const rows = await lrpSummaryStream(transaction, { ...streamOptions, limit }, needs);
      if (hasLines) await list.writeLines(rows.lines());
      else await list.write(mapped(seen(rows.objects(), remember), (row) => withReps(row, reps)));
    });
  } else {
    const { foundation, reps, gaps } = await readFoundation(flags, context);
    const rows = lrpSummaries(foundation);
    rows.forEach(remember);
    await list.write(rows.map((row) => withReps(row, reps)));
    sayGaps(gaps, context);
  }
  if (guids.size > 0) await rememberIds('lrps', guids);
}

/** csv has plain columns unless some are chosen: nobody wants a run info in a spreadsheet. */
function summaryRecord(options: ListOptions): RecordType<LrpRow> {
  return options.format === 'csv' && options.columns === undefined ? LRP_SUMMARY_RECORD : LRP_RECORD;
}

/** Lines as they are made where nothing is to be chosen, sorted or filtered. */
type ListStream<Row> = { lines: AsyncIterable<Uint8Array> } | { objects: AsyncIterable<readonly Row[]> };

async function streamOf<Row>(
  list: List<Row>,
  open: (transaction: Transaction, options: LrpStreamOptions) => Promise<RowStream<Row>>,
  transaction: Transaction,
  streamOptions: LrpStreamOptions,
  { limit }: ListOptions,
): Promise<ListStream<Row>> {
  return list.isPlainNdjson
    ? { lines: (await open(transaction, { ...streamOptions, limit })).lines() }
    : { objects: (await open(transaction, streamOptions)).objects() };
}

async function writeStream<Row>(list: List<Row>, rows: ListStream<Row>): Promise<void> {
  if ('lines' in rows) await list.writeLines(rows.lines);
  else await list.write(rows.objects);
}

async function withStreams(
  flags: LrpsFlags,
  context: ShowContext,
  work: (transaction: Transaction, options: LrpStreamOptions, reps: OnReps | undefined) => Promise<unknown>,
): Promise<void> {
  const gaps = new Gaps();
  const open = flags.live ? withStore : withStoreAlone;
  await open(flags, context, async (source) => {
    const reps = await askOnRepsOf({ locket: undefined, ...source }, flags, context, gaps);
    await source.store.readOnly((transaction) =>
      work(transaction, { keyring: source.keyring, gaps, mask: !flags.reveal }, reps),
    );
  });
  sayGaps(gaps.list(), context);
}

/** A foundation that is not the store's, and what the reps have where they were asked. */
async function readFoundation(
  flags: LrpsFlags,
  context: ShowContext,
): Promise<{ foundation: Foundation; reps: OnReps | undefined; gaps: readonly Gap[] }> {
  const foundation = await withFoundation({ ...flags, live: false }, context);
  if (!flags.live) return { foundation, reps: undefined, gaps: foundation.gaps };
  const gaps = new Gaps();
  const reps = await askOnReps(foundation.cells, flags, context, gaps);
  return { foundation, reps, gaps: [...foundation.gaps, ...gaps.list()] };
}

async function readDetail(guid: string, flags: LrpsFlags, context: ShowContext): Promise<LrpDetail> {
  if (!readsStore(flags)) {
    const { foundation, reps, gaps } = await readFoundation(flags, context);
    const detail = lrpDetailFromFoundation(foundation, guid);
    sayGaps(gaps, context);
    return reps === undefined ? detail : withLive(detail, reps);
  }
  let detail!: LrpDetail;
  await withStreams(flags, context, async (transaction, options, reps) => {
    const read = await readLrpDetail(transaction, guid, options);
    detail = reps === undefined ? read : withLive(read, reps);
  });
  return detail;
}

function withLive(detail: LrpDetail, reps: OnReps): LrpDetail {
  const instances = detail.actual_lrps.map((lrp) => ({ ...lrp, ...instanceOnRep(lrp, reps) }));
  const differing = instances.filter(({ live_check: check }) => check.startsWith('differs')).length;
  return {
    ...detail,
    ...summaryOnReps(detail, reps),
    ...(differing === 0 ? {} : { live_check: `differs: ${plural(differing, 'instance')}` }),
    actual_lrps: instances,
  };
}
