import { UsageError } from '../errors.ts';
import { type FileChange, writeChanges } from '../manifest/changes.ts';
import type { Plan } from '../manifest/plan.ts';
import type { Targets } from '../manifest/targets.ts';
import type { Format } from '../output/formats.ts';
import { writeOne } from '../output/one.ts';
import { confirm } from '../output/prompt.ts';
import type { Terminal } from '../output/terminal.ts';
import type { ManifestFlags } from './manifest-flags.ts';

/** @throws {UsageError} when neither a manifest nor an ops file is named. */
export function targetsOf(flags: ManifestFlags): Targets {
  const manifests = flags.manifest ?? [];
  if (manifests.length === 0 && flags['ops-file'] === undefined) {
    throw new UsageError('No manifest was named.', {
      next: 'Give --manifest FILE: the deployment manifest, the spiff secrets, a bbs.json or a keys file; or --ops-file FILE.',
    });
  }
  return { manifests, opsFile: flags['ops-file'], varsFile: flags['vars-file'] };
}

export interface ChangeOptions {
  terminal: Terminal;
  signal: AbortSignal;
  say: (text: string) => void;
  format: Format;
  dryRun: boolean;
  yes: boolean;
}

/** What a change of the keys did, as `-o json` prints it. */
export interface ChangeReport {
  label: string;
  /** `false` for a dry run, for a no, and when there was nothing to change. */
  written: boolean;
  changes: { file: string; action: 'edit' | 'create'; diff: string }[];
  notes: string[];
  /** What comes next, a sentence each. */
  next: string[];
}

/**
 * Shows the diff, asks, and writes. The diff is data and goes to stdout; the rest is talk.
 * @returns whether the files are now as planned (also when there was nothing to change).
 */
export async function changeKeys(
  label: string,
  plan: Plan,
  next: readonly string[],
  { terminal, signal, say, format, dryRun, yes }: ChangeOptions,
): Promise<boolean> {
  const forPeople = format === 'table';
  const report: ChangeReport = {
    label,
    written: false,
    changes: plan.changes.map(reported),
    notes: [...new Set(plan.notes)],
    next: [...next],
  };
  const diffs = plan.changes.map(({ diff }) => diff).join('');
  if (forPeople && diffs !== '') await writeOne(terminal, report, () => diffs, { format });
  for (const note of report.notes) say(`Note: ${note}`);
  let done = plan.changes.length === 0;
  if (done) say('Nothing to change: the files are like that already.');
  else if (dryRun) say('Dry run: nothing was written.');
  else if (yes || (await confirm(terminal, questionOf(plan.changes), { signal }))) {
    await writeChanges(plan.changes);
    report.written = true;
    done = true;
    for (const { path } of plan.changes) say(`Wrote ${path}.`);
  } else say('Nothing was written.');
  if (!forPeople) await writeOne(terminal, report, () => '', { format });
  if (done || dryRun) for (const step of next) say(step);
  return done || dryRun;
}

function reported({ path, before, diff }: FileChange): ChangeReport['changes'][number] {
  return { file: path, action: before === undefined ? 'create' : 'edit', diff };
}

function questionOf(changes: readonly FileChange[]): string {
  return `Write ${changes.map(({ path }) => path).join(', ')}?`;
}
