import { UsageError } from '../errors.ts';
import { Gaps } from '../foundation/gaps.ts';
import type { LrpRow } from '../foundation/lrp-rows.ts';
import { DEFINITION_FIELDS, lrpSummaries } from '../foundation/lrp-rows.ts';
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
import { prepareList, type List, type ListOptions } from '../output/list.ts';
import { writeOne } from '../output/one.ts';
import type { RecordType } from '../output/record.ts';
import type { Transaction } from '../store/database.ts';
import { instanceRecord, LRP_FULL_RECORD, LRP_RECORD, LRP_SUMMARY_RECORD } from '../views/lrps.ts';
import type { SourceFlags } from './foundation-flags.ts';
import { readsStore, sayGaps, withFoundation, withStoreAlone } from './load-foundation.ts';
import type { ShowContext } from './show-cells.ts';

export interface LrpsFlags extends SourceFlags {
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
    const detail = await readDetail(guid, flags, context);
    const { lrpDetailText } = await import('../views/lrp-detail.ts');
    await writeOne(context.terminal, detail, (to) => lrpDetailText(detail, to, Date.now()), options);
  } else if (flags.instances) {
    const list = prepareList(context.terminal, instanceRecord(Date.now()), options);
    if (readsStore(flags)) {
      await writeStream(list, actualLrpStream, flags, options, context);
    } else {
      const { actual_lrps: actual, gaps } = await withFoundation(flags, context);
      await list.write(actual.map(withoutDefinition));
      sayGaps(gaps, context);
    }
  } else if (flags.full) {
    const list = prepareList(context.terminal, LRP_FULL_RECORD, options);
    if (!readsStore(flags)) {
      throw new UsageError('--full needs the store.', {
        why: 'Snapshots do not hold what is encrypted.',
        next: 'Leave --from and --source away.',
      });
    }
    await writeStream(list, desiredLrpStream, flags, options, context);
  } else {
    await writeSummaries(flags, options, context);
  }
}

async function writeSummaries(flags: LrpsFlags, options: ListOptions, context: ShowContext): Promise<void> {
  const list = prepareList(context.terminal, summaryRecord(options), options);
  if (!readsStore(flags)) {
    const foundation = await withFoundation(flags, context);
    await list.write(lrpSummaries(foundation));
    sayGaps(foundation.gaps, context);
    return;
  }
  const names = (['app_name', 'app_guid', 'org_name', 'space_name', 'volume_drivers'] as const).some((name) =>
    list.needs(name),
  );
  const needs = {
    names,
    definition: DEFINITION_FIELDS.some((name) => list.needs(name)),
    instances: list.needs('actual_lrps'),
  };
  await withStreams(flags, context, (transaction, streamOptions) =>
    list.write(lrpSummaryStream(transaction, streamOptions, needs)),
  );
}

/** csv has plain columns unless some are chosen: nobody wants a run info in a spreadsheet. */
function summaryRecord(options: ListOptions): RecordType<LrpRow> {
  return options.format === 'csv' && options.columns === undefined ? LRP_SUMMARY_RECORD : LRP_RECORD;
}

/** Writes the lines as they are made where nothing is to be chosen, sorted or filtered. */
async function writeStream<Row>(
  list: List<Row>,
  open: (transaction: Transaction, options: LrpStreamOptions) => Promise<RowStream<Row>>,
  flags: LrpsFlags,
  options: ListOptions,
  context: ShowContext,
): Promise<void> {
  await withStreams(flags, context, async (transaction, streamOptions) => {
    if (list.isPlainNdjson) {
      const rows = await open(transaction, { ...streamOptions, limit: options.limit });
      await list.writeLines(rows.lines());
    } else {
      await list.write((await open(transaction, streamOptions)).objects());
    }
  });
}

async function withStreams(
  flags: LrpsFlags,
  context: ShowContext,
  work: (transaction: Transaction, options: LrpStreamOptions) => Promise<unknown>,
): Promise<void> {
  const gaps = new Gaps();
  await withStoreAlone(flags, context, ({ store, keyring }) =>
    store.readOnly((transaction) => work(transaction, { keyring, gaps, mask: !flags.reveal })),
  );
  sayGaps(gaps.list(), context);
}

async function readDetail(guid: string, flags: LrpsFlags, context: ShowContext): Promise<LrpDetail> {
  if (!readsStore(flags)) {
    const foundation = await withFoundation(flags, context);
    const detail = lrpDetailFromFoundation(foundation, guid);
    sayGaps(foundation.gaps, context);
    return detail;
  }
  const gaps = new Gaps();
  const detail = await withStoreAlone(flags, context, ({ store, keyring }) =>
    store.readOnly((transaction) => readLrpDetail(transaction, guid, { keyring, gaps, mask: !flags.reveal })),
  );
  sayGaps(gaps.list(), context);
  return detail;
}
