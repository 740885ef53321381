import { VERDICT_TEXT, type DiskFinding } from '../crashes/disk-findings.ts';
import type { DiskSummary, SummaryCount } from '../crashes/disk-summary.ts';
import type { QuotaAdvice } from '../crashes/quota-advice.ts';
import { defineRecord, type Column } from '../output/record.ts';
import { TextBuilder, type KeyValue } from '../output/sections.ts';
import type { Terminal } from '../output/terminal.ts';
import { formatPercent, plural } from '../output/units.ts';

const APP_COLUMNS = {
  app_guid: { name: 'app_guid', description: 'app', show: 'hidden', shorten: 'guid' },
  app_name: { name: 'app_name', description: 'app name (needs keys)', heading: 'APP' },
  org_name: { name: 'org_name', description: 'organisation (needs keys)', heading: 'ORG', show: 'wide' },
  space_name: { name: 'space_name', description: 'space (needs keys)', heading: 'SPACE', show: 'wide' },
} as const;

/** A finding as a row; evidence and remedies are in the data formats and in the text. */
export const FINDING_TYPE = defineRecord<DiskFinding>({
  name: 'finding',
  plural: 'findings',
  id: 'process_guid',
  columns: [
    { name: 'kind', description: 'lrp or task', show: 'wide' },
    { name: 'process_guid', description: 'process, or task', heading: 'PROCESS', shorten: 'guid' },
    APP_COLUMNS.app_guid,
    APP_COLUMNS.app_name,
    APP_COLUMNS.org_name,
    APP_COLUMNS.space_name,
    {
      name: 'verdict',
      description: 'which case it is',
      level: ({ recovered }) => (recovered ? undefined : 'bad'),
      text: ({ verdict, recovered }) => (recovered ? `${verdict} (recovered)` : verdict),
    },
    { name: 'rule', description: 'number of the rule, 1 to 8', show: 'wide', align: 'right' },
    { name: 'confidence', description: 'how sure it is: high, medium, low', heading: 'SURE' },
    { name: 'recovered', description: 'every instance that failed runs again', show: 'hidden' },
    { name: 'candidates', description: 'what else it may be, when undetermined', show: 'wide' },
    { name: 'instances', description: 'instances wanted', show: 'wide', align: 'right' },
    { name: 'failing', description: 'instances that fail', align: 'right' },
    { name: 'running', description: 'instances that run', align: 'right' },
    { name: 'cells', description: 'cells on which it failed' },
    { name: 'same_cell', description: 'other apps that fail for disk there', show: 'hidden' },
    { name: 'running_on', description: 'where its other instances run, and what they use', show: 'hidden' },
    { name: 'setup', description: 'downloads, layers and cached dependencies (needs keys)', show: 'hidden' },
    { name: 'stack', description: 'root file system', show: 'wide' },
    { name: 'disk_mb', description: 'disk quota, MiB', heading: 'QUOTA_MB', align: 'right' },
    {
      name: 'largest_use_mb',
      description: 'most that a running instance uses, MiB',
      heading: 'USE_MB',
      align: 'right',
    },
    {
      name: 'copied_in_mb',
      description: 'most that is known to be copied in, MiB',
      heading: 'COPIED_MB',
      align: 'right',
    },
    { name: 'first_at', description: 'first failure known (RFC 3339)', show: 'wide' },
    { name: 'last_at', description: 'last failure known (RFC 3339)', show: 'wide' },
    { name: 'example', description: 'text of a failure; secrets masked', show: 'wide' },
    { name: 'evidence', description: 'what speaks for it', show: 'hidden' },
    { name: 'contradicting', description: 'what speaks against it', show: 'hidden' },
    { name: 'missing', description: 'evidence that would make it surer, and how to get it', show: 'hidden' },
    { name: 'remedies', description: 'what to do, with commands', show: 'hidden' },
  ],
});

/** Findings as an operator reads them: verdict, evidence, what is missing, what to do with the exact commands. */
export function renderFindings(findings: readonly DiskFinding[], terminal: Terminal): string {
  const builder = new TextBuilder(terminal);
  for (const finding of findings) renderFinding(builder, finding);
  return builder.toString();
}

function renderFinding(builder: TextBuilder, finding: DiskFinding): void {
  const { verdict, recovered, confidence } = finding;
  const name = finding.app_name ?? finding.app_guid ?? finding.process_guid;
  const where = finding.org_name === null ? '' : ` (${finding.org_name}/${finding.space_name ?? ''})`;
  builder.heading(`${finding.kind === 'task' ? 'Staging or task of ' : ''}${name}${where}: ${verdict}`);
  builder.text(
    `${VERDICT_TEXT[verdict].text}. Rule ${finding.rule}, ${confidence} confidence.${recovered ? ' Recovered: nothing to do unless it comes back.' : ''}`,
    recovered ? undefined : 'bad',
  );
  if (finding.candidates.length > 0) {
    builder.text(
      `It may be: ${finding.candidates.map((candidate) => VERDICT_TEXT[candidate].text).join('; or ')}.`,
    );
  }
  builder.keyValues([
    [finding.kind === 'task' ? 'task' : 'process', finding.process_guid],
    [
      'disk quota',
      [
        finding.disk_mb === null ? 'not known' : `${finding.disk_mb} MB`,
        finding.largest_use_mb === null ? 'use not known' : `used up to ${finding.largest_use_mb} MB`,
        ...(finding.copied_in_mb === null ? [] : [`copied in ${finding.copied_in_mb} MB`]),
        `stack ${finding.stack}`,
      ].join(', '),
    ],
    [
      'instances',
      `${finding.failing} failing, ${finding.running} running${finding.instances === null ? '' : `, ${finding.instances} wanted`}`,
    ],
    ['failed on', finding.cells.length === 0 ? 'cells not known' : finding.cells.join(', ')],
    ...finding.same_cell.map(
      ({ cell_id, apps }) => ['also failing', `${shortList(apps)} on ${cell_id}`] as const,
    ),
    ...runningOn(finding),
    ...setupOf(finding),
    ['last', finding.last_at],
    ['text', finding.example],
  ]);
  section(builder, 'For it:', finding.evidence);
  section(builder, 'Against it:', finding.contradicting);
  section(
    builder,
    'Missing:',
    finding.missing.map(({ what, why, how }) => `${what} (${why}): ${how}`),
  );
  section(
    builder,
    'To do:',
    finding.remedies.map(({ text, command }) => (command === null ? text : `${text}\n  $ ${command}`)),
  );
}

/** A process can have hundreds of instances: the fullest are enough to see. */
const SHOWN = 5;

function shortList(items: readonly string[]): string {
  const more = items.length - SHOWN;
  return items.slice(0, SHOWN).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function runningOn({ running_on }: DiskFinding): KeyValue[] {
  if (running_on.length === 0) return [];
  const fullest = [...running_on].sort((a, b) => (b.use_mb ?? 0) - (a.use_mb ?? 0));
  const items = fullest.map(
    ({ index, cell_id, use_mb }) => `${index} on ${cell_id}${use_mb === null ? '' : ` (${use_mb} MB)`}`,
  );
  return [['running', shortList(items)]];
}

function setupOf({ setup }: DiskFinding): KeyValue[] {
  if (setup === null) return [];
  const names = [
    ...setup.downloads.map(
      ({ artifact, to, checksum }) => `${artifact || 'download'} to ${to}${shortSum(checksum)}`,
    ),
    ...setup.image_layers.map(({ name, layer_type }) => `layer ${name} (${layer_type})`),
    ...setup.cached_dependencies.map(
      ({ name, to }) => `${name || 'dependency'} at ${to} (cached on the cell)`,
    ),
  ];
  return names.length === 0 ? [] : [['put in', shortList(names)]];
}

function shortSum(checksum: string): string {
  return checksum === '' ? '' : ` (${checksum.slice(0, 19)})`;
}

function section(builder: TextBuilder, title: string, items: readonly string[]): void {
  if (items.length > 0) builder.text(title).list(items);
}

/** The summary as rows, for csv, ndjson and --quiet. */
export interface SummaryRow extends SummaryCount {
  by: 'verdict' | 'cell' | 'stack';
}

export function summaryRows(summary: DiskSummary): SummaryRow[] {
  return [
    ...summary.by_verdict.map((count) => ({ by: 'verdict' as const, ...count })),
    ...summary.by_cell.map((count) => ({ by: 'cell' as const, ...count })),
    ...summary.by_stack.map((count) => ({ by: 'stack' as const, ...count })),
  ];
}

const COUNT_COLUMNS: readonly Column<SummaryCount>[] = [
  { name: 'name', description: 'verdict, cell or stack' },
  { name: 'apps', description: 'apps that fail', align: 'right' },
  { name: 'of_apps', description: 'apps in all', align: 'right' },
  { name: 'findings', description: 'findings', align: 'right' },
  { name: 'recovered', description: 'findings that are over', align: 'right' },
];

export const SUMMARY_TYPE = defineRecord<SummaryRow>({
  name: 'row',
  plural: 'rows',
  id: 'name',
  columns: [
    { name: 'by', description: 'verdict, cell or stack' },
    ...(COUNT_COLUMNS as readonly Column<SummaryRow>[]),
  ],
});

export function renderSummary(summary: DiskSummary, terminal: Terminal): string {
  const builder = new TextBuilder(terminal);
  const { points_at } = summary;
  builder.text(
    `${plural(summary.apps, 'app')} with ${plural(summary.findings, 'finding')} about disk${summary.recovered > 0 ? `, ${summary.recovered} of them over` : ''}.`,
  );
  const names = points_at.names.length > 0 ? ` ${points_at.names.join(', ')}` : '';
  builder.text(
    points_at.kind === 'nothing' ? points_at.why : `Points at: ${points_at.kind}${names}. ${points_at.why}`,
    points_at.kind === 'nothing' ? 'good' : 'bad',
  );
  const table = (title: string, heading: string, counts: readonly SummaryCount[], ofApps: boolean) => {
    if (counts.length === 0) return;
    builder.heading(title);
    const columns = COUNT_COLUMNS.filter(({ name }) => ofApps || name !== 'of_apps').map((column) =>
      column.name === 'name' ? { ...column, heading } : column,
    );
    builder.table(columns, counts);
  };
  table('By verdict', 'VERDICT', summary.by_verdict, false);
  table('By cell', 'CELL', summary.by_cell, false);
  if (summary.without_cell > 0) {
    builder.text(
      `${plural(summary.without_cell, 'finding')} without a known cell: --cf-events or --rep-logs tell it.`,
    );
  }
  table('By stack', 'STACK', summary.by_stack, true);
  return builder.toString();
}

export const ADVICE_TYPE = defineRecord<QuotaAdvice>({
  name: 'process',
  plural: 'processes',
  id: 'process_guid',
  columns: [
    { name: 'process_guid', description: 'process', heading: 'PROCESS', shorten: 'guid' },
    APP_COLUMNS.app_guid,
    APP_COLUMNS.app_name,
    APP_COLUMNS.org_name,
    APP_COLUMNS.space_name,
    { name: 'stack', description: 'root file system', show: 'wide' },
    { name: 'instances', description: 'instances wanted', align: 'right' },
    { name: 'measured', description: 'instances that were measured', show: 'wide', align: 'right' },
    { name: 'disk_mb', description: 'disk quota, MiB', heading: 'QUOTA_MB', align: 'right' },
    { name: 'largest_use_mb', description: 'most that is used, MiB', heading: 'USE_MB', align: 'right' },
    {
      name: 'share',
      description: 'of the quota, 0 to 1',
      heading: 'USED',
      align: 'right',
      text: ({ share }) => (share === null ? '-' : formatPercent(share)),
      level: ({ advice }) => (advice === 'about-to-fail' ? 'bad' : advice === 'tight' ? 'warn' : undefined),
    },
    { name: 'advice', description: 'about-to-fail, tight, far-too-much, fits, unknown' },
    { name: 'suggested_mb', description: 'a quota that fits, MiB', heading: 'BETTER_MB', align: 'right' },
    {
      name: 'reclaimable_mb',
      description: 'what that would give back over all instances, MiB',
      heading: 'GAIN_MB',
      align: 'right',
    },
    { name: 'command', description: 'the command for it', show: 'wide' },
  ],
});
