import { setTimeout as sleep } from 'node:timers/promises';
import { Keyring } from '../bbs/keyring.ts';
import { idOfRecord } from '../crashes/groups.ts';
import { crashRecords, type CrashRecord } from '../crashes/records.ts';
import { ExitCode } from '../errors.ts';
import type { StreamNotice } from '../diego/events.ts';
import { crashedPart } from '../foundation/crashed.ts';
import { prepareList } from '../output/list.ts';
import { ClosedPipeError, Sink } from '../output/sink.ts';
import { formatDuration } from '../output/units.ts';
import { crashLine, crashRecordType } from '../views/crashes.ts';
import { bbsLocation } from './live-flags.ts';
import { sayGaps } from './load-foundation.ts';
import { openStore, readKeys, type OpenContext } from './open.ts';
import { wanted, type CrashesFlags, type PreparedCrashes } from './run-crashes.ts';

/** So many events are remembered, to show each once. */
const REMEMBERED = 100_000;

/**
 * Shows crashes as they come until it is interrupted or the reader closes the pipe: those of --since first. A table would wait for its
 * end, so on a terminal each is a line; json is written as ndjson.
 */
export async function followCrashes(
  flags: CrashesFlags,
  prepared: PreparedCrashes,
  context: OpenContext,
): Promise<ExitCode> {
  const events = flags['bbs-url'] !== undefined;
  const records = events ? followEvents(flags, prepared, context) : followStore(flags, prepared, context);
  const { terminal, options } = prepared;
  if ((options.format === 'table' || options.format === 'wide') && options.quiet !== true) {
    const sink = new Sink(terminal.stdout);
    try {
      for await (const batch of records)
        for (const record of batch) await sink.write(`${crashLine(record)}\n`);
      await sink.end();
    } catch (error) {
      if (!(error instanceof ClosedPipeError)) throw error;
    } finally {
      sink.release();
    }
    return ExitCode.ok;
  }
  const format = options.format === 'json' ? 'ndjson' : options.format;
  await prepareList(terminal, crashRecordType(prepared.now), { ...options, format }).write(records);
  return ExitCode.ok;
}

/**
 * The BBS's own events: each crash as it happens, with its cell; placement errors and failed tasks as they are written. Names of apps are
 * not in them.
 */
async function* followEvents(
  flags: CrashesFlags,
  prepared: PreparedCrashes,
  context: OpenContext,
): AsyncGenerator<CrashRecord[], void, undefined> {
  const [{ requireBbs }, { bbsEvents }, { crashOfEvent }, { merged }, { noticeLine }] = await Promise.all([
    import('../diego/endpoint.ts'),
    import('../diego/events.ts'),
    import('../diego/crash-events.ts'),
    import('../diego/merged.ts'),
    import('../views/events.ts'),
  ]);
  const endpoint = await requireBbs(bbsLocation(flags));
  if (flags.since !== undefined) context.say('--since shows nothing here: the BBS keeps no events.');
  const ended = new AbortController();
  const signal = AbortSignal.any([context.signal, ended.signal]);
  const onNotice = (notice: StreamNotice) => {
    context.say(noticeLine(notice));
  };
  const streams = (['lrp_instances', 'tasks'] as const).map((stream) =>
    bbsEvents(endpoint, { stream, signal, onNotice }),
  );
  const seen = new Set<string>();
  try {
    for await (const event of merged(streams)) {
      const crash = crashOfEvent(event);
      if (crash === undefined) continue;
      const records = crashRecords({
        desired: new Map(),
        actual: crash.actual,
        tasks: crash.tasks,
        classify: prepared.classify,
      }).map((record) => ({ ...record, cell_id: record.cell_id ?? crash.cell_id }));
      // The auction writes the same placement error again and again.
      const fresh = records.filter((record) => !seen.has(keyOf(record)));
      if (seen.size > REMEMBERED) seen.clear();
      for (const record of fresh) seen.add(keyOf(record));
      if (fresh.length > 0) yield fresh;
    }
  } finally {
    ended.abort();
  }
}

/** Reads the store again and again; an instance is new when it has crashed once more, or for another reason. */
async function* followStore(
  flags: CrashesFlags,
  prepared: PreparedCrashes,
  context: OpenContext,
): AsyncGenerator<CrashRecord[], void, undefined> {
  const keys = await readKeys(flags, context);
  const keyring = keys === undefined ? undefined : Keyring.fromPassphrases(keys.passphrases);
  const store = await openStore(flags, context);
  try {
    let known: Set<string> | undefined;
    for (;;) {
      const part = await crashedPart({ store, keyring });
      const records = crashRecords({
        desired: new Map(part.desired_lrps.map((lrp) => [lrp.process_guid, lrp])),
        actual: part.actual_lrps,
        tasks: part.tasks,
        classify: prepared.classify,
      });
      let fresh: CrashRecord[];
      if (known === undefined) {
        sayGaps(part.gaps, context);
        context.say(`Reading the store every ${formatDuration(flags.interval)}; Ctrl-C ends it.`);
        fresh = flags.since === undefined ? [] : wanted(records, flags, prepared.now);
      } else {
        const before = known;
        fresh = records.filter((record) => !before.has(keyOf(record)));
      }
      known = new Set(records.map(keyOf));
      if (fresh.length > 0) yield fresh.sort(asTheyHappened);
      await sleep(flags.interval, undefined, { signal: context.signal });
    }
  } finally {
    await store.close();
  }
}

/** The auction tries again and again and sets the time anew: only another text makes a placement error a new one. */
function keyOf(record: CrashRecord): string {
  return `${record.kind} ${idOfRecord(record)} ${record.crash_count} ${record.text}`;
}

/** Times have nine digits or three: within a millisecond their texts tell. */
function asTheyHappened(a: CrashRecord, b: CrashRecord): number {
  const [first, second] = [a.since ?? '', b.since ?? ''];
  return (Date.parse(first) || 0) - (Date.parse(second) || 0) || (first < second ? -1 : 1);
}
