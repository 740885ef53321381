import { confirmByTyping } from '../output/prompt.ts';
import type { Column } from '../output/record.ts';
import { TextBuilder, type KeyValue } from '../output/sections.ts';
import type { Terminal } from '../output/terminal.ts';
import { formatBytes, formatCount, formatDuration, plural } from '../output/units.ts';
import type { Evidence } from '../rotation/evidence.ts';
import type { RotationPlan } from '../rotation/plan.ts';
import type { RotationRecord } from '../rotation/record.ts';
import { censusTable, rowName } from './audit.ts';

interface PlanRow {
  table: string;
  rows: number;
  rewrite: number;
  size: number;
}

const PLAN: readonly Column<PlanRow>[] = [
  { name: 'table', description: 'table' },
  { name: 'rows', description: 'rows in it', text: ({ rows }) => formatCount(rows), align: 'right' },
  {
    name: 'rewrite',
    description: 'rows to rewrite',
    text: ({ rewrite }) => formatCount(rewrite),
    align: 'right',
  },
  { name: 'size', description: 'text to rewrite', text: ({ size }) => formatBytes(size), align: 'right' },
];

/** The plan on stderr, and on a terminal the question; whether to go on. Without a terminal `--yes` answers. */
export async function confirmRotation(
  terminal: Terminal,
  plan: RotationPlan,
  evidence: Evidence,
  options: { yes: boolean; signal: AbortSignal },
): Promise<boolean> {
  const builder = new TextBuilder({ ...terminal, color: terminal.errorColor });
  const rows = Object.entries(plan.stale).map(([table, { rows: rewrite, characters }]): PlanRow => ({
    table, rows: plan.census.rows[table] ?? 0, rewrite, size: characters,
  })); // prettier-ignore
  builder.heading(`Rotating to ${plan.target}`).table(PLAN, rows);
  builder.text(`Stored label: ${plan.census.stored_label ?? '(none)'}. Evidence: ${evidence.detail}`);
  if (plan.estimate_ms !== null) builder.text(`Estimated: ${formatDuration(plan.estimate_ms)}.`);
  for (const { label, blobs } of plan.undecryptable) {
    builder.text(`${plural(blobs, 'blob')} under ${label} will be left: there is no key for it.`, 'warn');
  }
  const { stored_label: before } = plan.census;
  if (before !== null && before !== plan.target)
    builder.text(`To roll back later, rotate to ${before} again.`);
  terminal.stderr.write(builder.toString());
  if (options.yes) return true;
  return confirmByTyping(terminal, 'This re-encrypts the store of the BBS.', plan.target, {
    signal: options.signal,
  });
}

const HEADLINE: Record<RotationRecord['outcome'], string> = {
  rotated: 'Every blob is under the target key, and its label is stored.',
  'nothing-to-do': 'Nothing to do: every blob is under the target key already, and its label is stored.',
  leftovers: 'Blobs are left under other labels; the stored label was not touched.',
  planned: 'Dry run: nothing was written.',
  interrupted: 'Interrupted.',
  failed: 'It could not be finished.',
};

/** `rotate-key` for people. */
export function renderRotation(record: RotationRecord, terminal: Terminal): string {
  const builder = new TextBuilder(terminal);
  const level = record.outcome === 'leftovers' || record.outcome === 'failed' ? 'bad' : 'good';
  builder.text(HEADLINE[record.outcome], level);
  const facts: KeyValue[] = [
    ['Store', record.store],
    ['Target key', record.target_label],
    ['Stored label', labelChange(record)],
  ];
  if (record.evidence !== null) facts.push(['Evidence', record.evidence.detail]);
  if (record.dry_run) {
    facts.push(['To rewrite', plural(record.planned_rows, 'row')]);
    if (record.estimate_ms !== null) facts.push(['Estimated', formatDuration(record.estimate_ms)]);
  } else if (record.outcome !== 'nothing-to-do') {
    facts.push(
      ['Rewritten', `${plural(record.rows_rewritten, 'row')}, ${plural(record.blobs_rewritten, 'blob')}`],
      [
        'Took',
        `${formatDuration(record.duration_ms)}${record.rows_per_second === null ? '' : ` (${formatCount(record.rows_per_second)} rows/s while rewriting)`}`,
      ],
      ['Longest lock', `${formatCount(record.longest_lock_ms)} ms`],
      ['Left unopened', plural(record.undecryptable, 'blob'), record.undecryptable > 0 ? 'bad' : undefined],
    );
    if (record.conflicts > 0)
      facts.push(['Changed meanwhile', `${plural(record.conflicts, 'row')}, gone over again`]);
    if (record.retries > 0) facts.push(['Retries', formatCount(record.retries)]);
  }
  builder.keyValues(facts);
  if (record.leftovers.length > 0) {
    builder
      .heading('Left as they were')
      .list(
        record.leftovers.map(
          (leftover) =>
            `${rowName(leftover)} ${leftover.column} (${leftover.label ?? 'no label'}): ${leftover.why}`,
        ),
      );
    const more = record.undecryptable - record.leftovers.length;
    if (more > 0) builder.text(`... and ${formatCount(more)} more.`);
  }
  if (record.outcome === 'planned' || record.outcome === 'leftovers') {
    censusTable(builder.heading('Census'), record.census_after ?? record.census_before);
  }
  if (record.next.length > 0) builder.heading('Next').list(record.next);
  return builder.toString();
}

function labelChange({ stored_label_before: before, stored_label_after: after }: RotationRecord): string {
  return before === after ? (before ?? '(none)') : `${before ?? '(none)'} -> ${after ?? '(none)'}`;
}
