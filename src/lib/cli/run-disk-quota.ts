import { diagnoseDisk } from '../crashes/disk-rules.ts';
import type { DiskFinding } from '../crashes/disk-findings.ts';
import { summarizeDisk } from '../crashes/disk-summary.ts';
import type { DiskEvidence, ProcessEvidence } from '../crashes/evidence.ts';
import { gatherDiskEvidence, type CellDiskMetrics, type Gathered } from '../crashes/gather.ts';
import { quotaAdvice } from '../crashes/quota-advice.ts';
import { classifier } from '../crashes/classify.ts';
import { ExitCode, UsageError } from '../errors.ts';
import { readSnapshotFile } from '../foundation/file.ts';
import type { Foundation } from '../foundation/types.ts';
import { foundationFromStore } from '../foundation/from-store.ts';
import { readSetups } from '../foundation/setups.ts';
import { prepareList, type ListOptions } from '../output/list.ts';
import { writeOne, writeText } from '../output/one.ts';
import type { Terminal } from '../output/terminal.ts';
import { plural } from '../output/units.ts';
import {
  ADVICE_TYPE,
  FINDING_TYPE,
  renderFindings,
  renderSummary,
  SUMMARY_TYPE,
  summaryRows,
} from '../views/disk-quota.ts';
import { namesStore } from './asks-store.ts';
import { readEvidence, readOwnPatterns, type EvidenceFlags } from './evidence-flags.ts';
import type { FoundationFlags } from './foundation-flags.ts';
import type { BbsFlags } from './live-flags.ts';
import { loadFoundation, sayGaps, withStore } from './load-foundation.ts';
import type { OpenContext } from './open.ts';

export interface DiskQuotaFlags extends FoundationFlags, BbsFlags, EvidenceFlags {
  'max-app-disk': number;
  summary: boolean;
  'quota-advice': boolean;
  current: boolean;
  patterns?: string | undefined;
}

/** With more findings than this their evidence and commands are not written below the table. */
const DETAILED = 10;

export async function runDiskQuota(
  flags: DiskQuotaFlags,
  guids: readonly string[],
  terminal: Terminal,
  options: ListOptions,
  context: OpenContext,
): Promise<ExitCode> {
  checkSources(flags);
  const findingList = prepareList(
    terminal,
    FINDING_TYPE,
    flags.summary || flags['quota-advice']
      ? { ...options, columns: undefined, sort: undefined, filter: undefined }
      : options,
  );
  const gathered = await gather(flags, context);
  sayUnjoined(gathered, context);
  const evidence = ofGuids(gathered.evidence, guids, context);
  if (flags['quota-advice']) {
    const rows = quotaAdvice(evidence, flags['max-app-disk']);
    await prepareList(terminal, ADVICE_TYPE, options).write(rows);
    const worth = rows.filter(({ advice }) => advice === 'about-to-fail' || advice === 'far-too-much').length;
    if (rows.every(({ advice }) => advice === 'unknown')) sayMissing(evidence, context);
    return worth > 0 ? ExitCode.found : ExitCode.ok;
  }
  const all = diagnoseDisk(gathered.evidence, { max_app_disk_mb: flags['max-app-disk'] });
  const wanted = new Set(evidence.processes.map(({ process_guid }) => process_guid));
  const findings = all.filter(
    ({ process_guid, recovered }) => wanted.has(process_guid) && !(flags.current && recovered),
  );
  if (flags.summary) await writeSummary(findings, evidence, terminal, options);
  else await writeFindings(findings, guids, findingList, terminal, options, context);
  if (findings.length === 0) context.say(nothingFound(evidence, guids));
  if (findings.length === 0 || findings.some(({ confidence }) => confidence !== 'high'))
    sayMissing(evidence, context);
  return findings.length > 0 ? ExitCode.found : ExitCode.ok;
}

function checkSources(flags: DiskQuotaFlags): void {
  if (flags.summary && flags['quota-advice']) {
    throw new UsageError('--summary and --quota-advice are two questions.', { next: 'Ask one at a time.' });
  }
  const given =
    flags.from !== undefined ||
    flags.live ||
    flags.source !== 'store' ||
    namesStore(flags) ||
    flags['rep-logs'] !== undefined ||
    flags['cf-events'] !== undefined;
  if (!given) {
    throw new UsageError('There is no evidence to judge by.', {
      next: 'Give the store (--database-url, --bbs-config or the libpq environment), --from SNAPSHOT, --rep-logs FILE or --cf-events FILE.',
    });
  }
}

async function gather(flags: DiskQuotaFlags, context: OpenContext): Promise<Gathered> {
  const classify = classifier(await readOwnPatterns(flags.patterns));
  const files = await readEvidence(flags, context);
  const now = new Date().toISOString();
  if (flags.from !== undefined) {
    const foundation = await readSnapshotFile(flags.from);
    sayGaps(foundation.gaps, context);
    return gatherDiskEvidence({ now, foundation, ...files, keys: false, classify });
  }
  if (flags.source === 'store' && !namesStore(flags)) {
    if (flags.live) throw new UsageError('--live needs the store, which names the cells.');
    return gatherDiskEvidence({ now, ...files, keys: false, classify });
  }
  // Reps are asked for more than a snapshot of the foundation holds, so that is done here.
  const snapshot = { ...flags, live: false };
  if (flags.source !== 'store') {
    const foundation = await loadFoundation(snapshot, context);
    const metrics = await live(flags, foundation, context);
    return gatherDiskEvidence({ now, foundation, metrics, ...files, keys: true, classify });
  }
  return withStore(snapshot, context, async (source) => {
    const foundation = await foundationFromStore(source, Date.now());
    // That there are no keys is said with the other evidence that is missing.
    sayGaps(
      foundation.gaps.filter(({ what }) => what !== 'keys'),
      context,
    );
    const metrics = await live(flags, foundation, context);
    const keys = source.keyring !== undefined;
    const gathered = gatherDiskEvidence({ now, foundation, metrics, ...files, keys, classify });
    await addSetups(gathered.evidence.processes, source, context);
    return gathered;
  });
}

async function live(
  flags: DiskQuotaFlags,
  foundation: Foundation,
  context: OpenContext,
): Promise<CellDiskMetrics[] | undefined> {
  if (!flags.live) return undefined;
  const { readLiveDisks } = await import('./live-disks.ts');
  return readLiveDisks(flags, foundation.cells, context);
}

/** What is put into containers is large and encrypted: only that of what failed is read. */
async function addSetups(
  processes: readonly ProcessEvidence[],
  source: Parameters<typeof readSetups>[0],
  context: OpenContext,
): Promise<void> {
  const failed = processes.filter(({ failures }) => failures.some(({ class: name }) => name !== 'app-exit'));
  const { setups, gaps } = await readSetups(
    source,
    failed.map(({ process_guid }) => process_guid),
  );
  sayGaps(gaps, context);
  for (const process of failed) process.setup = setups.get(process.process_guid) ?? null;
}

/** The processes that were asked for: a guid, the beginning of one, or an app's name. */
function ofGuids(evidence: DiskEvidence, guids: readonly string[], context: OpenContext): DiskEvidence {
  if (guids.length === 0) return evidence;
  const matches = (process: ProcessEvidence, guid: string) =>
    process.process_guid.startsWith(guid) ||
    process.app_guid?.startsWith(guid) === true ||
    process.app_name === guid;
  for (const guid of guids) {
    if (evidence.processes.some((process) => matches(process, guid))) continue;
    const message = `There is no process, app or task ${guid} in the evidence.`;
    if (evidence.given.store) {
      throw new UsageError(message, {
        next: 'Give a process guid, an app guid, the beginning of one, or (with keys) the name of an app.',
      });
    }
    context.say(message);
  }
  return {
    ...evidence,
    processes: evidence.processes.filter((process) => guids.some((guid) => matches(process, guid))),
  };
}

async function writeFindings(
  findings: readonly DiskFinding[],
  guids: readonly string[],
  list: ReturnType<typeof prepareList<DiskFinding>>,
  terminal: Terminal,
  options: ListOptions,
  context: OpenContext,
): Promise<void> {
  const text = options.format === 'table' || options.format === 'wide';
  const listOnly =
    options.quiet === true ||
    [options.columns, options.filter, options.sort, options.limit].some((option) => option !== undefined);
  if (!text || listOnly) {
    await list.write(findings);
    return;
  }
  if (findings.length === 0) return;
  const detailed = options.format === 'wide' || guids.length > 0 || findings.length <= DETAILED;
  if (findings.length > 1 || !detailed) await list.write(findings);
  if (detailed)
    await writeText(terminal, `${findings.length > 1 ? '\n' : ''}${renderFindings(findings, terminal)}`);
  else context.say('Evidence and commands: cgdiego diagnose disk-quota PROCESS_GUID, or -o wide for all.');
}

async function writeSummary(
  findings: readonly DiskFinding[],
  evidence: DiskEvidence,
  terminal: Terminal,
  options: ListOptions,
): Promise<void> {
  const summary = summarizeDisk(findings, evidence);
  const { format } = options;
  if (format === 'csv' || options.quiet === true || options.columns !== undefined) {
    await prepareList(terminal, SUMMARY_TYPE, options).write(summaryRows(summary));
    return;
  }
  await writeOne(
    terminal,
    { ...summary, missing: evidence.missing },
    () => renderSummary(summary, terminal),
    { format },
  );
}

function nothingFound(evidence: DiskEvidence, guids: readonly string[]): string {
  const about = guids.length === 0 ? 'Nothing' : 'None of them';
  const exits = evidence.processes.flatMap(({ failures }) => failures).length;
  return `${about} fails for disk, as far as the evidence goes.${exits > 0 ? ` ${plural(exits, 'crash', 'crashes')} with an exit status: a full disk would show in the app's log only, or with --live.` : ''}`;
}

function sayMissing(evidence: DiskEvidence, context: OpenContext): void {
  for (const { what, why, how } of evidence.missing)
    context.say(`Not given: ${what} (${why}). To get it: ${how}`);
}

function sayUnjoined({ unjoined }: Gathered, context: OpenContext): void {
  const { outdated_events, unknown_events, unknown_containers } = unjoined;
  if (outdated_events > 0) {
    context.say(
      `${plural(outdated_events, 'event')} of earlier versions of apps left out: another droplet, perhaps another quota.`,
    );
  }
  if (unknown_events > 0)
    context.say(`${plural(unknown_events, 'event')} of apps that are not in the store left out.`);
  if (unknown_containers > 0) {
    context.say(
      `${plural(unknown_containers, 'failed container')} of the logs left out: no process is known for them.`,
    );
  }
}
