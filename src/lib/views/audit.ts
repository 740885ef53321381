import type { Column } from '../output/record.ts';
import { TextBuilder } from '../output/sections.ts';
import type { Terminal } from '../output/terminal.ts';
import { formatCount, plural } from '../output/units.ts';
import type { LabelAudit } from '../rotation/audit.ts';
import type { AuditReport } from '../rotation/run-audit.ts';
import type { BlobFailure } from '../rotation/verify.ts';
import type { Census } from '../store/census.ts';

const LABELS: readonly Column<LabelAudit>[] = [
  { name: 'label', description: 'key label' },
  {
    name: 'blobs',
    description: 'how many blobs are under it',
    text: ({ blobs }) => formatCount(blobs),
    align: 'right',
  },
  {
    name: 'verdict',
    description: 'active; in use, do not remove; safe to remove',
    level: ({ verdict }) =>
      verdict === 'active' ? 'good' : verdict === 'safe to remove' ? undefined : 'warn',
  },
  {
    name: 'has_key',
    description: 'whether the keys that were given have it',
    heading: 'KEY',
    text: ({ has_key }) => (has_key === null ? '-' : has_key ? 'given' : 'missing'),
    level: ({ has_key }) => (has_key === false ? 'bad' : undefined),
  },
];

interface CountRow {
  column: string;
  kind: string;
  count: number;
}

const COUNTS: readonly Column<CountRow>[] = [
  { name: 'column', description: 'table and column' },
  { name: 'kind', description: 'key label, or why it is no blob', heading: 'LABEL' },
  {
    name: 'count',
    description: 'how many',
    heading: 'BLOBS',
    text: ({ count }) => formatCount(count),
    align: 'right',
  },
];

interface FailureRow {
  row: string;
  column: string;
  label: string;
  why: string;
}

const FAILURES: readonly Column<FailureRow>[] = [
  { name: 'row', description: 'table and primary key' },
  { name: 'column', description: 'column' },
  { name: 'label', description: 'key label' },
  { name: 'why', description: 'why it cannot be used' },
];

/** Table and primary key of a row, in one word. */
export function rowName({ table, key }: Pick<BlobFailure, 'table' | 'key'>): string {
  return `${table}/${Object.values(key).join('/')}`;
}

/** A census, column by column and label by label; what there is none of is not shown. */
export function censusTable(builder: TextBuilder, census: Census): TextBuilder {
  const rows = census.columns.flatMap(({ table, column, known, labels, ...other }): CountRow[] => {
    const name = `${table}.${column}${known ? '' : ' (unknown to cgdiego)'}`;
    const counts = [
      ...Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)),
      ['(NULL)', other.null] as const,
      ['(empty)', other.empty] as const,
      ['(malformed)', other.malformed] as const,
    ];
    return counts.filter(([, count]) => count > 0).map(([kind, count]) => ({ column: name, kind, count }));
  });
  return builder.table(COUNTS, rows);
}

/** `keys audit` for people. */
export function renderAudit(report: AuditReport, terminal: Terminal): string {
  const builder = new TextBuilder(terminal);
  builder.text(`Stored key label: ${report.stored_label ?? '(none)'}`);
  builder.heading('Labels').table(LABELS, report.labels);
  censusTable(builder.heading('Columns'), report);
  const { verification } = report;
  if (verification !== null) {
    builder.heading('Verification');
    builder.text(
      `${formatCount(verification.passed)} of ${plural(verification.checked, 'blob')} decrypted and decoded.`,
      verification.failed === 0 ? 'good' : 'bad',
    );
    if (verification.failed > 0) {
      builder.table(
        FAILURES,
        verification.failures.map((failure) => ({
          row: rowName(failure),
          column: failure.column,
          label: failure.label ?? '-',
          why: failure.why,
        })),
      );
      const more = verification.failed - verification.failures.length;
      if (more > 0) builder.text(`... and ${formatCount(more)} more.`);
    }
  }
  if (report.findings.length > 0) builder.heading('Findings').list(report.findings);
  return builder.toString();
}

/** `keys audit --removable` for people. */
export function renderRemovable(result: { label: string; removable: boolean; why: string | null }): string {
  return result.removable
    ? `${result.label} can leave the manifest: not one blob is under it.`
    : `${result.label} must stay in the manifest: ${result.why ?? ''}`;
}
