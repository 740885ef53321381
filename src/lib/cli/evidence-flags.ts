import process from 'node:process';
import { Flags } from '@oclif/core';
import type { CrashPattern } from '../crashes/patterns.ts';
import { UsageError } from '../errors.ts';
import type { CfEvents } from '../evidence/cf-events.ts';
import type { RepLogs } from '../evidence/rep-logs.ts';
import { plural } from '../output/units.ts';
import type { OpenContext } from './open.ts';

const HELP_GROUP = 'EVIDENCE';

/** Evidence beside the store. */
export const evidenceFlags = {
  'rep-logs': Flags.string({
    description: 'logs of reps: lager JSON, plain or gzip, also behind a syslog frame; - for standard input',
    multiple: true,
    helpValue: '<file>',
    helpGroup: HELP_GROUP,
  }),
  'cf-events': Flags.string({
    description:
      'what `cf curl /v3/audit_events?types=audit.app.process.crash` or `/v2/events?q=type:app.crash` printed; - for standard input',
    multiple: true,
    helpValue: '<file>',
    helpGroup: HELP_GROUP,
  }),
};

export interface EvidenceFlags {
  'rep-logs'?: string[] | undefined;
  'cf-events'?: string[] | undefined;
}

export interface Evidence {
  rep_logs: RepLogs | undefined;
  cf_events: CfEvents | undefined;
}

/** Reads the files that the flags name and says on stderr what was read and what was wrong with it. */
export async function readEvidence(flags: EvidenceFlags, context: OpenContext): Promise<Evidence> {
  const logs = flags['rep-logs'];
  const events = flags['cf-events'];
  if ([...(logs ?? []), ...(events ?? [])].filter((file) => file === '-').length > 1) {
    throw new UsageError('Standard input can be read once only.', { why: 'Two flags name -.' });
  }
  const options = { stdin: process.stdin, signal: context.signal };
  let rep_logs: RepLogs | undefined;
  let cf_events: CfEvents | undefined;
  if (logs !== undefined) {
    const { readRepLogs } = await import('../evidence/rep-logs.ts');
    rep_logs = await readRepLogs(logs, options);
    const { lines, garbage, forgotten, problems, first_at, last_at } = rep_logs;
    const span = first_at === null ? '' : `, from ${first_at} to ${last_at ?? first_at}`;
    context.say(
      `Rep logs: ${plural(lines, 'line')}${span}, ${plural(rep_logs.events, 'event')} about disks; ${plural(garbage, 'garbage line')} skipped.`,
    );
    if (forgotten > 0) {
      context.say(
        `Rep logs: ${plural(forgotten, 'container')} without a failure were left out to save memory.`,
      );
    }
    for (const problem of problems) context.say(`Warning: ${problem}`);
  }
  if (events !== undefined) {
    const { readCfEvents } = await import('../evidence/cf-events.ts');
    cf_events = await readCfEvents(events, options);
    context.say(
      `Events: ${plural(cf_events.events.length, 'crash', 'crashes')}; ${plural(cf_events.others, 'event')} of other types, ${plural(cf_events.repeated, 'repetition')}.`,
    );
    if (cf_events.missing_pages > 0) {
      context.say(
        `Warning: ${plural(cf_events.missing_pages, 'page')} of the events ${cf_events.missing_pages === 1 ? 'is' : 'are'} missing: fetch them with &page=N, or use per_page=5000.`,
      );
    }
    for (const problem of cf_events.problems) context.say(`Warning: ${problem}`);
  }
  return { rep_logs, cf_events };
}

/** An operator's own patterns, from YAML or JSON. */
export async function readOwnPatterns(file: string | undefined): Promise<CrashPattern[]> {
  if (file === undefined) return [];
  const { readFile } = await import('node:fs/promises');
  const { parse } = await import('yaml');
  const { parseOwnPatterns } = await import('../crashes/own-patterns.ts');
  const { messageOf } = await import('../errors.ts');
  let document: unknown;
  try {
    document = parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`The patterns ${file} cannot be read.`, { why: messageOf(error), cause: error });
  }
  return parseOwnPatterns(document, file);
}
