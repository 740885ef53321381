import { classifier, type Classifier } from '../crashes/classify.ts';
import { parseFailOn } from '../crashes/fail-on.ts';
import { groupCrashes, sortCrashes, type Grouping } from '../crashes/groups.ts';
import { crashRecords, type CrashInput, type CrashRecord } from '../crashes/records.ts';
import { ExitCode } from '../errors.ts';
import { crashedPart } from '../foundation/crashed.ts';
import type { Foundation } from '../foundation/types.ts';
import { prepareList, type List, type ListOptions } from '../output/list.ts';
import type { Terminal } from '../output/terminal.ts';
import { plural } from '../output/units.ts';
import { crashGroupType, crashRecordType } from '../views/crashes.ts';
import { readEvidence, readOwnPatterns, type EvidenceFlags } from './evidence-flags.ts';
import type { FoundationFlags } from './foundation-flags.ts';
import type { BbsFlags } from './live-flags.ts';
import { loadFoundation, sayGaps, withStoreAlone } from './load-foundation.ts';
import type { OpenContext } from './open.ts';

export interface CrashesFlags extends Omit<FoundationFlags, 'live'>, BbsFlags, EvidenceFlags {
  by: Grouping;
  since?: number | undefined;
  current: boolean;
  interval: number;
  'fail-on'?: string[] | undefined;
  patterns?: string | undefined;
}

export interface PreparedCrashes {
  terminal: Terminal;
  options: ListOptions;
  classify: Classifier;
  fails: ((record: CrashRecord) => boolean) | undefined;
  /** When the command began, Unix milliseconds. */
  now: number;
}

/** Checks everything that can be wrong with the command line before anything is read. */
export async function prepareCrashes(
  flags: CrashesFlags,
  terminal: Terminal,
  options: ListOptions,
): Promise<PreparedCrashes> {
  const now = Date.now();
  const own = await readOwnPatterns(flags.patterns);
  const fails = flags['fail-on'] === undefined ? undefined : parseFailOn(flags['fail-on'], own);
  // A wrong column or filter is said before the store is read.
  listOf(flags.by, terminal, options, now);
  return { terminal, options, classify: classifier(own), fails, now };
}

function listOf(by: Grouping, terminal: Terminal, options: ListOptions, now: number) {
  const list: { instances?: List<CrashRecord>; groups?: ReturnType<typeof groupList> } = {};
  if (by === 'instance') list.instances = prepareList(terminal, crashRecordType(now), options);
  else list.groups = groupList(by, terminal, options, now);
  return list;
}

function groupList(by: string, terminal: Terminal, options: ListOptions, now: number) {
  return prepareList(terminal, crashGroupType(by, now), options);
}

export async function runCrashes(
  flags: CrashesFlags,
  prepared: PreparedCrashes,
  context: OpenContext,
): Promise<ExitCode> {
  const { terminal, options, classify, fails } = prepared;
  const evidence = await readEvidence(flags, context);
  const { part, now } = await readPart(flags, context, prepared.now);
  const records = sortCrashes(wanted(crashRecords({ ...part, classify, ...evidence }), flags, now));
  const list = listOf(flags.by, terminal, options, now);
  if (list.instances !== undefined) await list.instances.write(records);
  else await list.groups!.write(groupCrashes(records, flags.by as Exclude<Grouping, 'instance'>));
  sayTotals(records, flags, context);
  if (fails === undefined) return ExitCode.ok;
  const found = records.filter(fails).length;
  if (found > 0) context.say(`${plural(found, 'text')} of the classes in --fail-on.`);
  return found > 0 ? ExitCode.found : ExitCode.ok;
}

type Part = Pick<CrashInput, 'desired' | 'actual' | 'tasks' | 'cells'>;

/** From a snapshot the time is the snapshot's: what was new then is not old because the file is. */
async function readPart(
  flags: CrashesFlags,
  context: OpenContext,
  started: number,
): Promise<{ part: Part; now: number }> {
  if (flags.from !== undefined || flags.source !== 'store') {
    const foundation: Foundation = await loadFoundation({ ...flags, live: false }, context);
    const part = {
      desired: new Map(foundation.desired_lrps.map((lrp) => [lrp.process_guid, lrp])),
      actual: foundation.actual_lrps,
      tasks: foundation.tasks,
      cells: foundation.cells,
    };
    return { part, now: flags.from === undefined ? started : Date.parse(foundation.taken_at) };
  }
  const crashed = await withStoreAlone(flags, context, crashedPart);
  sayGaps(crashed.gaps, context);
  const part = {
    desired: new Map(crashed.desired_lrps.map((lrp) => [lrp.process_guid, lrp])),
    actual: crashed.actual_lrps,
    tasks: crashed.tasks,
  };
  return { part, now: started };
}

/** What --since and --current leave. */
export function wanted(
  records: readonly CrashRecord[],
  flags: Pick<CrashesFlags, 'since' | 'current'>,
  now: number,
): CrashRecord[] {
  const after = flags.since === undefined ? undefined : now - flags.since;
  return records.filter(
    ({ since, recovered }) =>
      !(flags.current && recovered) &&
      (after === undefined || (since !== null && Date.parse(since) >= after)),
  );
}

function sayTotals(records: readonly CrashRecord[], flags: CrashesFlags, context: OpenContext): void {
  if (records.length === 0) {
    context.say(flags.since === undefined ? 'Nothing has crashed.' : 'Nothing has crashed in that time.');
    return;
  }
  const count = (kind: CrashRecord['kind']) => records.filter((record) => record.kind === kind).length;
  const recovered = records.filter((record) => record.recovered).length;
  const parts = [
    `${plural(count('crash'), 'instance')} crashed${recovered > 0 ? ` (${recovered} run again)` : ''}`,
    plural(count('placement'), 'placement error'),
    `${plural(count('task-failed') + count('task-rejected'), 'task')} failed or rejected`,
  ];
  context.say(`${parts.join(', ')}.`);
  const unknown = records.filter(({ class: name }) => name === 'unknown').length;
  if (unknown > 0) {
    context.say(
      `${plural(unknown, 'text')} that no pattern knows: see --by instance --filter class=unknown.`,
    );
  }
  if (flags.by === 'cell' && records.some(({ cell_id, kind }) => cell_id === null && kind === 'crash')) {
    context.say(
      'A crash blanks the cell in the store. To know it, give --cf-events (cf curl "/v3/audit_events?types=audit.app.process.crash&per_page=5000") or --rep-logs.',
    );
  }
  if (records.some(({ class: name }) => ['copy-in', 'image-size', 'disk-full', 'host-disk'].includes(name))) {
    context.say('For those about disk: cgdiego diagnose disk-quota.');
  }
}
