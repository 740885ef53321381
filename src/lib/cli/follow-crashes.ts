import { setTimeout as sleep } from 'node:timers/promises';
import { Keyring } from '../bbs/keyring.ts';
import { idOfRecord, sortCrashes } from '../crashes/groups.ts';
import { crashRecords, type CrashRecord } from '../crashes/records.ts';
import { ExitCode } from '../errors.ts';
import { crashedPart } from '../foundation/crashed.ts';
import { prepareList } from '../output/list.ts';
import { ClosedPipeError, Sink } from '../output/sink.ts';
import { formatDuration } from '../output/units.ts';
import { crashLine, crashRecordType } from '../views/crashes.ts';
import { sayGaps } from './load-foundation.ts';
import { openStore, readKeys, type OpenContext } from './open.ts';
import { wanted, type CrashesFlags, type PreparedCrashes } from './run-crashes.ts';

/**
 * Shows crashes as they come until it is interrupted or the reader closes the pipe: those of --since first. A table would wait for its
 * end, so on a terminal each is a line; json is written as ndjson.
 */
export async function followCrashes(
  flags: CrashesFlags,
  prepared: PreparedCrashes,
  context: OpenContext,
): Promise<ExitCode> {
  const records = followStore(flags, prepared, context);
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
      if (fresh.length > 0) yield sortCrashes(fresh).reverse();
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
