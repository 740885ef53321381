import { barChart, type Bar } from '../output/chart.ts';
import type { Column, Level } from '../output/record.ts';
import type { TextBuilder } from '../output/sections.ts';
import type { Terminal } from '../output/terminal.ts';
import { formatCount, formatDuration, formatMib, formatPercent, plural } from '../output/units.ts';
import type { LossReport, PoolLoss, Reason } from '../sizing/loss-report.ts';
import type { Resource } from '../sizing/utilisation.ts';
import type { Recovery, RecoveryPhase } from '../sizing/recovery.ts';
import type { SizingReport } from '../sizing/sizing.ts';
import { appName, shortId } from './sizing-names.ts';
import { additionSection, spareSection } from './sizing-suggestions.ts';

/** More of a list than this belongs into `-o json`. */
const MOST_NAMES = 5;
/** More cells than this get no bars, but the fullest. */
const MOST_BARS = 30;
const FULLEST = 8;

interface LossViewOptions {
  wide: boolean;
  terminal: Terminal;
}

/** `--az-loss`: a table for each question about all losses, then the details of the worst. */
export function lossSections(
  builder: TextBuilder,
  report: SizingReport,
  losses: readonly LossReport[],
  options: LossViewOptions,
): void {
  const [worst] = losses;
  if (worst === undefined) return;
  builder.heading('Can it be lost?').table(LOSSES, losses);
  if (report.survivable === true) {
    builder.text('Survivable, in every run.', 'good');
  } else {
    const failing = losses.filter((loss) => !loss.survivable);
    builder.text(`Not survivable: ${failing.map(lossName).join(', ')}.`, 'bad');
  }
  if (worst.cells_drained.length > 0) builder.text(drainedLine(worst));
  const pools = losses.flatMap((loss) =>
    loss.pools
      .filter(({ lost, not_placed, cells_lost }) => lost + not_placed + cells_lost > 0)
      .map((pool) => ({ ...pool, of: lossName(loss) })),
  );
  builder.heading('By pool').table(POOLS, pools);
  whySection(builder, losses);
  builder.heading('Staging, chance and time').table(MORE, losses);
  if (report.cells_to_add !== null) additionSection(builder, report.cells_to_add, worst.seeds.runs);
  if (report.cells_to_spare !== null) spareSection(builder, report.cells_to_spare);
  appsSection(builder, worst);
  utilisationBars(builder, worst, options);
  recoverySection(builder, worst);
  if (report.runway !== null) builder.heading('Runway').text(runwayLine(report.runway));
}

function lossName(loss: Pick<LossReport, 'zone' | 'cells_lost'>): string {
  if (loss.zone !== null) return loss.zone === '' ? '(no zone)' : loss.zone;
  return loss.cells_lost.length === 0 ? 'drained' : plural(loss.cells_lost.length, 'cell');
}

function drainedLine(loss: LossReport): string {
  const ids = loss.cells_drained.slice(0, MOST_NAMES).map(shortId).join(', ');
  const more = loss.cells_drained.length > MOST_NAMES ? ', ...' : '';
  return `Out of service as well, the fullest of each zone: ${plural(loss.cells_drained.length, 'cell')} with ${formatCount(loss.from_drained_cells)} of these instances (${ids}${more}).`;
}

const VERDICTS = {
  survivable: ['survives', 'good'],
  'not survivable': ['fails', 'bad'],
  'survivable in some runs only': ['by chance', 'bad'],
  'nothing lost': ['-', undefined],
} as const satisfies Record<string, readonly [string, Level | undefined]>;

const lossColumn: Column<LossReport> = {
  name: 'zone',
  description: 'what is lost',
  heading: 'LOST',
  text: lossName,
};

const LOSSES: readonly Column<LossReport>[] = [
  lossColumn,
  {
    name: 'verdict',
    description: 'whether every instance and the headroom find a place, in every run',
    text: ({ verdict }) => VERDICTS[verdict][0],
    level: ({ verdict }) => VERDICTS[verdict][1],
  },
  { name: 'lost', description: 'instances on what is lost', heading: 'INSTANCES' },
  { name: 'placed', description: 'placed again' },
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
];

const POOLS: readonly Column<PoolLoss & { of: string }>[] = [
  { name: 'of', description: 'what is lost', heading: 'LOST' },
  { name: 'pool', description: 'what the instances need' },
  {
    name: 'verdict',
    description: 'whether all find a place',
    text: ({ verdict }) => VERDICTS[verdict][0],
    level: ({ verdict }) => VERDICTS[verdict][1],
  },
  { name: 'lost', description: 'instances', heading: 'INSTANCES' },
  { name: 'placed', description: 'placed again' },
  { name: 'not_placed', description: 'and not', heading: 'NOT-PLACED' },
  {
    name: 'cells_left',
    description: 'cells of the pool that are left',
    heading: 'CELLS-LEFT',
    align: 'right',
    text: ({ cells_lost, cells_left }) => `${cells_left} of ${cells_lost + cells_left}`,
    level: ({ cells_left }) => (cells_left === 0 ? 'bad' : undefined),
  },
];

const MORE: readonly Column<LossReport>[] = [
  lossColumn,
  {
    name: 'headroom',
    description: 'staging tasks that find no place',
    heading: 'STAGING-TASKS',
    text: ({ headroom }) =>
      headroom.tasks === 0
        ? '-'
        : headroom.not_placed === 0
          ? `${headroom.tasks} fit`
          : `${headroom.not_placed} of ${headroom.tasks} do not fit`,
    level: ({ headroom }) => (headroom.not_placed > 0 ? 'bad' : undefined),
  },
  {
    name: 'seeds',
    description: 'runs with other ties that go well, and what they leave without a place',
    heading: 'RUNS-OK',
    text: ({ seeds: { runs, survivable_runs } }) => (runs === 0 ? '-' : `${survivable_runs} of ${runs}`),
  },
  {
    name: 'not_placed',
    description: 'the least and the most that a run leaves without a place',
    heading: 'NOT-PLACED',
    align: 'right',
    text: ({ seeds: { runs, not_placed } }) => (runs === 0 ? '-' : spreadOf(not_placed)),
  },
  {
    name: 'tasks_lost',
    description: 'running tasks that fail',
    heading: 'TASKS-LOST',
  },
  {
    name: 'recovery',
    description: 'until the last instance that finds a place runs',
    heading: 'UNTIL-ALL-RUN',
    text: ({ recovery, placed, not_placed }) => (placed === 0 && not_placed > 0 ? '-' : rangeOf(recovery)),
  },
];

function spreadOf({ least, most }: { least: number; most: number }): string {
  return least === most ? String(least) : `${least}-${most}`;
}

type Why = Reason & { of: string };

const WHY: readonly Column<Why>[] = [
  { name: 'of', description: 'what is lost', heading: 'LOST' },
  { name: 'count', description: 'how many instances', heading: 'INSTANCES' },
  {
    name: 'placement_error',
    description: 'what Diego says',
    heading: 'PLACEMENT-ERROR',
    text: ({ placement_error }) => placement_error || '(empty: turned down by the cell)',
  },
  {
    name: 'example',
    description: 'one of them, its memory and disk',
    text: ({ example }) =>
      `${appName(example)}/${example.index} ${formatMib(example.memory_mb)}, ${formatMib(example.disk_mb)}`,
  },
];

function whySection(builder: TextBuilder, losses: readonly LossReport[]): void {
  const reasons = losses.flatMap((loss) => loss.reasons.map((reason) => ({ ...reason, of: lossName(loss) })));
  const staging = losses.flatMap((loss) =>
    loss.headroom.reasons.map(
      ({ pool, why, count }) => `${lossName(loss)}: ${plural(count, 'staging task')} for ${pool}: ${why}`,
    ),
  );
  if (reasons.length + staging.length === 0) return;
  builder.heading('Why not');
  if (reasons.length > 0) builder.table(WHY, reasons);
  builder.list(staging);
}

function appsSection(builder: TextBuilder, loss: LossReport): void {
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
          `${plural(only_there.length, 'app')} with all instances there, down until they run elsewhere: ${named(only_there)}`,
        ]
      : []),
    ...(loss.pools_gone.length > 0 ? [`Pools without a cell left: ${loss.pools_gone.join(', ')}`] : []),
  ];
  if (lines.length > 0) builder.heading(`Apps, if ${lossName(loss)} is lost`).list(lines);
}

const RESOURCES: Record<Resource, string> = { memory: 'Memory', disk: 'Disk', containers: 'Containers' };

/** Of what runs out first: the zones that are left and their cells. */
function utilisationBars(builder: TextBuilder, loss: LossReport, { wide, terminal }: LossViewOptions): void {
  const { zones, cells } = loss.utilisation;
  if (zones.length === 0) return;
  const first = loss.runs_out_first;
  const resource = first?.resource ?? 'memory';
  const bar = (
    label: string,
    { before, after }: LossReport['utilisation']['zones'][number] | (typeof cells)[number],
  ): Bar => ({
    label,
    total: 1,
    used: before[resource] ?? 0,
    added: (after[resource] ?? 0) - (before[resource] ?? 0),
    level: (after[resource] ?? 0) > 0.9 ? 'bad' : undefined,
    note: `was ${formatPercent(before[resource] ?? 0)}`,
  });
  const all = wide || cells.length <= MOST_BARS;
  const fullest = [...cells].sort((a, b) => (b.after[resource] ?? 0) - (a.after[resource] ?? 0));
  const shown = new Set(all ? cells : fullest.slice(0, FULLEST));
  builder.heading(`${RESOURCES[resource]} before and after, if ${lossName(loss)} is lost`);
  builder.raw(
    barChart(
      zones.flatMap((zone) => [
        bar(zone.zone === '' ? '(no zone)' : zone.zone, zone),
        ...cells
          .filter((cell) => cell.zone === zone.zone && shown.has(cell))
          .map((cell) => bar(`  ${shortId(cell.cell_id)}`, cell)),
      ]),
      terminal,
    ),
  );
  if (!all) builder.text(`The ${FULLEST} fullest of ${plural(cells.length, 'cell')}; -o wide shows all.`);
  if (first === null) return;
  // What is left in pieces that are too small is not used, and yet is out.
  const pieces = first.exhausted && first.utilisation < 0.95 ? '; what is left is in pieces too small' : '';
  const what = `${first.resource} of ${first.pool} (${formatPercent(first.utilisation)} used afterwards${pieces})`;
  builder.text(`What ${first.exhausted ? 'runs' : 'would run'} out first: ${what}.`);
}

const seconds = (value: number) => (value === 0 ? '0s' : formatDuration(value * 1000));

function rangeOf({ best_seconds, worst_seconds }: Recovery): string {
  return `${seconds(best_seconds)}-${seconds(worst_seconds)}`;
}

function phaseName(phase: RecoveryPhase['phase']): string {
  return phase.replaceAll('_', ' ');
}

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

function recoverySection(builder: TextBuilder, loss: LossReport): void {
  const { recovery, placed, not_placed } = loss;
  builder.heading(`Until all run again, if ${lossName(loss)} is lost`);
  if (placed === 0 && not_placed > 0) {
    builder.text('None of them finds a place, so that none runs again by itself.', 'bad');
    return;
  }
  builder.table(PHASES, recovery.phases);
  const who = not_placed > 0 ? 'all that find a place run' : 'all run';
  builder.text(`${rangeOf(recovery)} until ${who}; ${phaseName(recovery.dominated_by)} can take longest.`);
}

function runwayLine(runway: NonNullable<SizingReport['runway']>): string {
  const growth = `At ${runway.growth_percent_a_month}% a month`;
  if (runway.month === null) return `${growth} it stays survivable for ${runway.months_tried} months.`;
  if (runway.month === 0) return `${growth}: it is not survivable now: ${runway.because ?? ''}.`;
  return `${growth} it stops being survivable after ${plural(runway.month, 'month')}, with ${runway.growth_percent_then ?? 0}% more instances: ${runway.because ?? ''}.`;
}
