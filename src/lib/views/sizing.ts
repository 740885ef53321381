import { barChart } from '../output/chart.ts';
import type { Column, Level } from '../output/record.ts';
import { TextBuilder } from '../output/sections.ts';
import type { Terminal } from '../output/terminal.ts';
import { formatCount, formatDuration, formatMib, formatPercent, plural } from '../output/units.ts';
import type { CapacityRow } from '../sizing/capacity.ts';
import type { LossReport, PoolLoss, Reason } from '../sizing/loss-report.ts';
import type { PlacementReport } from '../sizing/placement.ts';
import type { Recovery, RecoveryPhase } from '../sizing/recovery.ts';
import type { AdditionReport, SizingReport } from '../sizing/sizing.ts';
import { explanation } from './sizing-explained.ts';

/** More of a list than this belongs into `-o json`. */
const MOST_NAMES = 5;
/** More cells than this get no bar of their own. */
const MOST_BARS = 40;

/** `cgdiego sizing` for people: the answer first, then what it rests on. */
export function renderSizing(
  report: SizingReport,
  options: { explain: boolean },
  terminal: Terminal,
): string {
  const builder = new TextBuilder(terminal);
  builder.text(headline(report));
  if (report.changes !== null) builder.text(changesLine(report.changes));
  if (report.placement !== null) placementSection(builder, report.placement);
  if (report.losses !== null) lossSections(builder, report, report.losses, terminal);
  if (report.losses === null && report.placement === null) capacitySections(builder, report, terminal);
  if (options.explain) builder.heading('Why').list(explanation(report));
  if (report.notes.length > 0) builder.heading('Notes').list(report.notes);
  builder.heading('Not in this answer').list([...report.not_modelled]);
  return builder.toString();
}

const SOURCES = { store: 'the store', live: 'the store and live reps', api: 'the BBS', 'what-if': 'a file' };

function headline(report: SizingReport): string {
  const age = report.source === 'what-if' ? 'what if' : `${formatDuration(report.age_seconds * 1000)} old`;
  const proxy =
    report.proxy_memory.memory_mb === null
      ? 'proxy memory as each rep says'
      : `proxy memory ${report.proxy_memory.memory_mb} MB (${report.proxy_memory.known_by})`;
  return `${plural(report.instances, 'instance')} on ${plural(report.cells, 'cell')} in ${plural(report.zones.length, 'zone')}; from ${SOURCES[report.source]}, ${age} (${report.taken_at}); ${proxy}.`;
}

function changesLine(changes: NonNullable<SizingReport['changes']>): string {
  const parts = [
    ...(changes.added > 0 ? [`${plural(changes.added, 'cell')} added`] : []),
    ...(changes.removed.length > 0
      ? [
          `${plural(changes.removed.length, 'cell')} removed, ${changes.removed_without_place} of what they held without a place`,
        ]
      : []),
    ...(changes.scale_percent !== 0
      ? [
          `apps scaled by ${changes.scale_percent}%: ${formatCount(changes.scaled_instances)} instances more, ${formatCount(changes.scaled_without_place)} without a place`,
        ]
      : []),
  ];
  return `Changed on paper: ${parts.join('; ')}.`;
}

// --az-loss

function lossName(loss: Pick<LossReport, 'zone' | 'cells_lost'>): string {
  if (loss.zone !== null) return loss.zone === '' ? '(no zone)' : loss.zone;
  return loss.cells_lost.length === 0 ? 'drained cells' : plural(loss.cells_lost.length, 'cell');
}

const levelOf = (survivable: boolean): Level => (survivable ? 'good' : 'bad');

const LOSSES: readonly Column<LossReport>[] = [
  { name: 'zone', description: 'what is lost', heading: 'LOST', text: lossName },
  {
    name: 'verdict',
    description: 'whether every instance and the headroom find a place, in every run',
    level: ({ survivable }) => levelOf(survivable),
  },
  { name: 'lost', description: 'instances to place again', heading: 'INSTANCES' },
  { name: 'placed', description: 'of them placed' },
  {
    name: 'not_placed',
    description: 'and not',
    heading: 'NOT-PLACED',
    level: ({ not_placed }) => (not_placed > 0 ? 'bad' : undefined),
  },
  {
    name: 'apps',
    description: 'apps without any instance afterwards',
    heading: 'APPS-DOWN',
    align: 'right',
    text: ({ apps }) => formatCount(apps.fully_down.length),
  },
  {
    name: 'rounds',
    description: 'apps with fewer instances afterwards',
    heading: 'APPS-FEWER',
    align: 'right',
    text: ({ apps }) => formatCount(apps.fewer_instances.length),
  },
  {
    name: 'headroom',
    description: 'staging tasks that find no place',
    heading: 'STAGING',
    text: ({ headroom }) =>
      headroom.tasks_per_zone === 0
        ? '-'
        : headroom.not_placed === 0
          ? 'fits'
          : `${headroom.not_placed} do not fit`,
    level: ({ headroom }) => (headroom.not_placed > 0 ? 'bad' : undefined),
  },
  {
    name: 'seeds',
    description: 'runs with other ties that go well, and what they leave without a place',
    heading: 'RUNS-OK',
    text: ({ seeds }) =>
      seeds.runs === 0
        ? '-'
        : `${seeds.survivable_runs}/${seeds.runs} (${seeds.not_placed.least}-${seeds.not_placed.most} not placed)`,
  },
  {
    name: 'recovery',
    description: 'until the last instance runs',
    heading: 'UNTIL-ALL-RUN',
    text: ({ recovery, not_placed }) => `${rangeOf(recovery)}${not_placed > 0 ? ' but for these' : ''}`,
  },
];

function lossSections(
  builder: TextBuilder,
  report: SizingReport,
  losses: readonly LossReport[],
  terminal: Terminal,
): void {
  builder.heading('Loss').table(LOSSES, losses);
  if (report.survivable === true) {
    builder.text('Every loss that was asked about is survivable, in every run.', 'good');
  } else {
    const failing = losses.filter((loss) => !loss.survivable);
    builder.text(
      `Not survivable: ${failing.map(lossName).join(', ')}. What follows is for the worst, ${lossName(losses[0]!)}.`,
      'bad',
    );
  }
  const [worst] = losses;
  if (worst === undefined) return;
  if (worst.reasons.length > 0) builder.heading('Not placed').table(REASONS, worst.reasons);
  if (worst.headroom.reasons.length > 0) {
    builder.list(
      worst.headroom.reasons.map(
        ({ pool, why, count }) =>
          `Staging: ${count} tasks of ${formatMib(worst.headroom.memory_mb)} memory and ${formatMib(worst.headroom.disk_mb)} disk for ${pool}: ${why}`,
      ),
    );
  }
  builder.heading('Pools').table(POOL_LOSSES, worst.pools);
  appsLines(builder, worst);
  utilisationBars(builder, worst, terminal);
  if (report.cells_to_add !== null) additionLines(builder, report.cells_to_add);
  if (report.cells_to_spare !== null) spareLines(builder, report.cells_to_spare);
  builder.heading('Until all run again').table(PHASES, worst.recovery.phases);
  builder.text(
    `${rangeOf(worst.recovery)}${worst.not_placed > 0 ? ' until all that find a place run' : ''}; ${phaseName(worst.recovery.dominated_by)} can take longest.`,
  );
  if (worst.tasks_lost > 0) builder.text(`${plural(worst.tasks_lost, 'running task')} fail with it.`);
  if (report.runway !== null) builder.heading('Runway').text(runwayLine(report.runway));
}

const REASONS: readonly Column<Reason>[] = [
  { name: 'count', description: 'how many instances', heading: 'INSTANCES' },
  {
    name: 'placement_error',
    description: 'what Diego says',
    heading: 'PLACEMENT-ERROR',
    text: ({ placement_error }) => placement_error || '(empty: turned down by the cell)',
  },
  {
    name: 'example',
    description: 'one of them',
    text: ({ example }) =>
      `${appName(example)}/${example.index} (${formatMib(example.memory_mb)}, ${formatMib(example.disk_mb)} disk)`,
  },
];

const POOL_LOSSES: readonly Column<PoolLoss>[] = [
  { name: 'pool', description: 'what the instances need' },
  {
    name: 'verdict',
    description: 'whether all find a place',
    level: ({ not_placed }) => levelOf(not_placed === 0),
  },
  { name: 'lost', description: 'instances', heading: 'INSTANCES' },
  { name: 'placed', description: 'of them placed' },
  { name: 'not_placed', description: 'and not', heading: 'NOT-PLACED' },
  {
    name: 'cells_left',
    description: 'cells that are left',
    heading: 'CELLS-LEFT',
    level: ({ cells_left }) => (cells_left === 0 ? 'bad' : undefined),
  },
];

function appsLines(builder: TextBuilder, loss: LossReport): void {
  const named = (apps: LossReport['apps']['fully_down']) => {
    const names = apps.slice(0, MOST_NAMES).map(appName);
    const more = apps.length - names.length;
    return `${names.join(', ')}${more > 0 ? `, and ${formatCount(more)} more` : ''}`;
  };
  const { fully_down, fewer_instances, only_there } = loss.apps;
  const lines = [
    ...(fully_down.length > 0
      ? [`${plural(fully_down.length, 'app')} fully down: ${named(fully_down)}`]
      : []),
    ...(fewer_instances.length > 0
      ? [`${plural(fewer_instances.length, 'app')} with fewer instances: ${named(fewer_instances)}`]
      : []),
    ...(only_there.length > 0
      ? [
          `${plural(only_there.length, 'app')} with all instances in ${lossName(loss)}, down until they run elsewhere: ${named(only_there)}`,
        ]
      : []),
    ...(loss.pools_gone.length > 0 ? [`Pools without a cell left: ${loss.pools_gone.join(', ')}`] : []),
  ];
  if (lines.length > 0) builder.heading('Apps').list(lines);
}

function utilisationBars(builder: TextBuilder, loss: LossReport, terminal: Terminal): void {
  const { zones, cells } = loss.utilisation;
  if (zones.length === 0) return;
  const bar = (label: string, before: number | null, after: number | null, total: number) => ({
    label,
    total: 1,
    used: before ?? 0,
    added: (after ?? 0) - (before ?? 0),
    level: (after ?? 0) > 0.9 ? ('bad' as const) : undefined,
    note: `was ${formatPercent(before ?? 0)}${total > 0 ? ` of ${formatMib(total)}` : ''}`,
  });
  builder.heading('Memory, before and after');
  builder.raw(
    barChart(
      zones.map((zone) => bar(zone.zone, zone.before.memory, zone.after.memory, zone.total_memory_mb)),
      terminal,
    ),
  );
  if (cells.length > MOST_BARS) {
    builder.text(`${formatCount(cells.length)} cells: see -o json.`);
  } else {
    builder.raw(
      barChart(
        cells.map((cell) =>
          bar(`${cell.zone} ${shortId(cell.cell_id)}`, cell.before.memory, cell.after.memory, 0),
        ),
        terminal,
      ),
    );
  }
  const first = loss.runs_out_first;
  if (first !== null) {
    builder.text(
      first.exhausted
        ? `What runs out first: ${first.resource} of ${first.pool} (${formatPercent(first.utilisation)} used afterwards).`
        : `What would run out first: ${first.resource} of ${first.pool} (${formatPercent(first.utilisation)} used afterwards).`,
    );
  }
}

/** The first characters of a GUID, as tables shorten them; names stay. */
function shortId(id: string): string {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-/.test(id) ? id.slice(0, 8) : id;
}

function appName(app: { app_name: string | null; process_guid: string }): string {
  return app.app_name ?? shortId(app.process_guid);
}

function additionLines(builder: TextBuilder, additions: readonly AdditionReport[]): void {
  builder.heading('Cells to add');
  for (const addition of additions) {
    const name =
      addition.for_loss_of === null ? 'every loss' : `the loss of ${addition.for_loss_of || '(no zone)'}`;
    if (addition.impossible.length > 0) {
      const [first] = addition.impossible;
      builder.text(
        `No number of such cells helps ${plural(addition.impossible.length, 'app')}: ${appName(first!)} needs ${formatMib(first!.memory_mb)} memory and ${formatMib(first!.disk_mb)} disk on one matching cell (--cell-size).`,
        'bad',
      );
    }
    if (addition.cells.length === 0) {
      builder.text(`For ${name}: no number of cells was found that helps.`, 'bad');
      continue;
    }
    builder.text(
      `For ${name}: ${plural(addition.total, 'cell')}: ${addition.cells
        .map(
          ({ zone, pool, count, cell_size }) =>
            `${count} ${pool} in ${zone} (${formatMib(cell_size.memory_mb)}, ${formatMib(cell_size.disk_mb)} disk)`,
        )
        .join('; ')}.`,
    );
    const flags = addition.cells.map(({ zone, pool, count }) => `--add ${zone}:${count}:${pool}`).join(' ');
    builder.text(
      `  ${flags}${addition.verified ? '   simulated with all seeds; with any one cell fewer it is not survivable' : ''}`,
    );
    if (addition.non_monotone) {
      builder.text('  On the way, more cells placed fewer instances: the auction is greedy.', 'warn');
    }
  }
}

function spareLines(builder: TextBuilder, spares: NonNullable<SizingReport['cells_to_spare']>): void {
  builder.heading('Cells that could go');
  builder.list(
    spares.map(({ pool, count, by_zone }) =>
      count === 0
        ? `${pool}: none`
        : `${pool}: ${formatCount(count)} (${by_zone.map((each) => `${each.count} in ${each.zone}`).join(', ')}), if nothing else changes`,
    ),
  );
}

function rangeOf({ best_seconds, worst_seconds }: Recovery): string {
  return `${formatDuration(best_seconds * 1000)}-${formatDuration(worst_seconds * 1000)}`;
}

function phaseName(phase: RecoveryPhase['phase']): string {
  return phase.replaceAll('_', ' ');
}

const seconds = (value: number) => formatDuration(value * 1000);

const PHASES: readonly Column<RecoveryPhase>[] = [
  { name: 'phase', description: 'what happens', text: ({ phase }) => phaseName(phase) },
  {
    name: 'best_seconds',
    description: 'at best',
    heading: 'BEST',
    align: 'right',
    text: ({ best_seconds }) => seconds(best_seconds),
  },
  {
    name: 'worst_seconds',
    description: 'at worst',
    heading: 'WORST',
    align: 'right',
    text: ({ worst_seconds }) => seconds(worst_seconds),
  },
  { name: 'why', description: 'why' },
];

function runwayLine(runway: NonNullable<SizingReport['runway']>): string {
  const growth = `At ${runway.growth_percent_a_month}% a month`;
  if (runway.month === null) return `${growth} the loss stays survivable for ${runway.months_tried} months.`;
  if (runway.month === 0) return `${growth}: the loss is not survivable now: ${runway.because ?? ''}.`;
  return `${growth} the loss stops being survivable after ${plural(runway.month, 'month')}, with ${runway.growth_percent_then ?? 0}% more instances: ${runway.because ?? ''}.`;
}

// Without flags: capacity now

const scope = ({ zone, pool }: CapacityRow) => `${zone ?? 'all'} ${pool ?? 'all'}`;

const CAPACITY: readonly Column<CapacityRow>[] = [
  { name: 'zone', description: 'zone', text: ({ zone }) => zone ?? 'all' },
  { name: 'pool', description: 'pool', text: ({ pool }) => pool ?? 'all' },
  {
    name: 'cells',
    description: 'cells, and how many of them take no work',
    align: 'right',
    text: ({ cells, closed_cells }) =>
      closed_cells === 0 ? String(cells) : `${cells} (${closed_cells} closed)`,
  },
  {
    name: 'total',
    description: 'memory: total',
    heading: 'MEMORY',
    align: 'right',
    text: ({ total }) => formatMib(total.memory_mb),
  },
  {
    name: 'allocated',
    description: 'memory: allocated',
    heading: 'USED',
    align: 'right',
    text: ({ utilisation }) => (utilisation.memory === null ? '-' : formatPercent(utilisation.memory)),
    level: ({ utilisation }) => ((utilisation.memory ?? 0) > 0.9 ? 'warn' : undefined),
  },
  {
    name: 'free',
    description: 'memory: free',
    heading: 'FREE',
    align: 'right',
    text: ({ free }) => formatMib(free.memory_mb),
  },
  {
    name: 'largest_instance',
    description: 'the largest instance that still fits',
    heading: 'LARGEST',
    align: 'right',
    text: ({ largest_instance }) => formatMib(largest_instance.memory_mb),
  },
  {
    name: 'usable',
    description: 'how much of the free memory the median and the largest app can use',
    heading: 'USABLE-MEDIAN/LARGEST',
    align: 'right',
    text: ({ usable }) => `${usableText(usable.median_app)} / ${usableText(usable.largest_app)}`,
  },
  {
    name: 'utilisation',
    description: 'disk free and used',
    heading: 'DISK-FREE',
    align: 'right',
    text: ({ free, utilisation }) =>
      `${formatMib(free.disk_mb)} (${utilisation.disk === null ? '-' : formatPercent(utilisation.disk)} used)`,
  },
  {
    name: 'overcommitted',
    description: 'free container slots',
    heading: 'SLOTS-FREE',
    align: 'right',
    text: ({ free, total }) => `${formatCount(free.containers)} of ${formatCount(total.containers)}`,
  },
];

function usableText(usable: CapacityRow['usable']['median_app']): string {
  const share = usable?.share_of_free_memory ?? null;
  if (usable === null || share === null) return '-';
  return `${formatPercent(share)} (${formatCount(usable.instances)}x${formatMib(usable.memory_mb)})`;
}

function capacitySections(builder: TextBuilder, report: SizingReport, terminal: Terminal): void {
  builder.heading('Capacity').table(CAPACITY, report.capacity);
  const rows = report.capacity.filter((row) => row.zone !== null || row.pool === null);
  builder.heading('Memory').raw(
    barChart(
      rows.map((row) => ({
        label: scope(row),
        total: row.total.memory_mb,
        used: row.allocated.memory_mb,
        level: (row.utilisation.memory ?? 0) > 0.9 ? ('warn' as const) : undefined,
        note: `${formatMib(row.free.memory_mb)} free`,
      })),
      terminal,
    ),
  );
  const over = report.capacity.filter(
    (row) =>
      row.zone !== null &&
      row.pool !== null &&
      row.overcommitted.memory_mb + row.overcommitted.disk_mb + row.overcommitted.containers > 0,
  );
  if (over.length > 0) {
    builder
      .heading('Over-committed')
      .list(
        over.map(
          (row) =>
            `${scope(row)}: ${formatMib(row.overcommitted.memory_mb)} memory, ${formatMib(row.overcommitted.disk_mb)} disk and ${row.overcommitted.containers} containers more than its cells have`,
        ),
      );
  }
}

// --simulate-placement

const PLACED: readonly Column<PlacementReport['placements'][number]>[] = [
  { name: 'index', description: 'instance' },
  { name: 'zone', description: 'zone' },
  { name: 'cell_id', description: 'cell', heading: 'CELL' },
];

const CELL_VERDICTS: readonly Column<PlacementReport['cells'][number]>[] = [
  { name: 'cell_id', description: 'cell', heading: 'CELL', shorten: 'guid' },
  { name: 'zone', description: 'zone' },
  {
    name: 'could_take',
    description: 'whether it could take an instance now',
    heading: 'FITS',
    text: ({ could_take }) => (could_take ? 'yes' : 'no'),
    level: ({ could_take }) => (could_take ? 'good' : undefined),
  },
  { name: 'why', description: 'why' },
];

function placementSection(builder: TextBuilder, placement: PlacementReport): void {
  const { app } = placement;
  builder.heading('Placement');
  builder.text(
    `${plural(app.instances, 'instance')} with ${formatMib(app.memory_mb)} memory and ${formatMib(app.disk_mb)} disk on ${app.rootfs}${app.placement_tags.length > 0 ? `, tags ${app.placement_tags.join(', ')}` : ''}: ${placement.fits ? 'all fit' : `${placement.placed} placed, ${placement.not_placed} not`}.`,
    levelOf(placement.fits),
  );
  if (placement.placements.length > 0) builder.table(PLACED, placement.placements);
  const failures = new Map<string, number>();
  for (const { placement_error, stage } of placement.failures) {
    const text = placement_error || `(empty: turned down by the cell at ${stage})`;
    failures.set(text, (failures.get(text) ?? 0) + 1);
  }
  builder.list([...failures].map(([text, count]) => `${formatCount(count)} fail: ${text}`));
  builder.heading('Cells, before').table(CELL_VERDICTS, placement.cells);
}
