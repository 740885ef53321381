import { barText } from '../output/chart.ts';
import type { Level } from '../output/record.ts';
import { createStyle, type Style } from '../output/style.ts';
import { oneLine } from '../output/text.ts';
import { formatAge, formatCount, formatPercent, plural } from '../output/units.ts';
import { displayWidth, pad, truncate } from '../output/width.ts';
import type { TopCrash, TopModel } from './read.ts';

/** What the operator chose by keys. */
export interface TopView {
  /** How many cells are scrolled past. */
  scroll: number;
  order: 'zone' | 'memory' | 'disk';
}

export interface FrameOptions {
  columns: number;
  rows: number;
  color: boolean;
  unicode: boolean;
  /** Unix milliseconds. */
  now: number;
  /** When the model was read, Unix milliseconds. */
  readAt: number;
  /** Why the last reading failed. */
  failure?: string | undefined;
  /** Keys of crashes that were not there when `top` began: {@link crashKey}. */
  fresh: ReadonlySet<string>;
}

/** So much of the screen is left for crashes, as long as there are any. */
const CRASH_SHARE = 0.3;
const LEAST_CRASHES = 3;

/** Tells one crash of an instance from its next. */
export function crashKey({ process_guid, index, crash_count }: TopCrash): string {
  return `${process_guid}/${index}/${crash_count}`;
}

/** The lines of a screen: never more than `rows`, none wider than `columns`. Plain text with, at most, colours. */
export function topFrame(model: TopModel, view: TopView, options: FrameOptions): string[] {
  const style = createStyle(options.color);
  const cut = (text: string) => truncate(oneLine(text), options.columns, options.unicode ? '\u2026' : '...');
  const lines: string[] = [style.paint('bold', cut(title(model, options)))];
  const help = style.paint('dim', cut('q quit   up/down scroll   z/m/d order by zone, memory, disk'));
  if (options.rows < 3) return lines.slice(0, options.rows);

  const width = Math.max(0, options.columns);
  lines.push(...bars('ZONE', model.zones.map(zoneLine), width, style, options.unicode));
  lines.push('');
  const left = options.rows - lines.length - 1;
  const crashRows =
    model.crashes.length === 0
      ? 0
      : Math.min(model.crashes.length + 2, Math.max(LEAST_CRASHES, Math.floor(left * CRASH_SHARE)));
  const cellRows = Math.max(0, left - crashRows - 1);
  const cells = ordered(model, view).map(cellLine);
  const scroll = Math.max(0, Math.min(view.scroll, cells.length - cellRows));
  lines.push(...bars('CELL', cells, width, style, options.unicode, scroll, cellRows));
  if (crashRows > 0) lines.push('', ...crashLines(model.crashes, crashRows - 1, options, style, cut));
  const shown = lines.slice(0, options.rows - 1);
  while (shown.length < options.rows - 1) shown.push('');
  return [...shown, help];
}

/** The scroll position that still shows something. */
export function clampScroll(scroll: number, cells: number): number {
  return Math.max(0, Math.min(scroll, cells - 1));
}

function title(model: TopModel, { now, readAt, failure }: FrameOptions): string {
  const missing = model.cells.filter(({ state }) => state === 'missing').length;
  const evacuating = model.cells.filter(({ state }) => state === 'evacuating').length;
  const running = model.cells.reduce((sum, { lrps_running: count }) => sum + count, 0);
  const parts = [
    `cgdiego top  ${plural(model.cells.length, 'cell')}`,
    ...(missing > 0 ? [`${missing} MISSING`] : []),
    ...(evacuating > 0 ? [`${evacuating} evacuating`] : []),
    `${formatCount(running)} running`,
    `read ${formatAge(Math.max(0, now - readAt))} ago`,
    ...(model.gaps.length > 0 ? [`missing: ${model.gaps[0]!}`] : []),
    ...(failure === undefined ? [] : [`FAILED: ${failure}`]),
  ];
  return parts.join('  ');
}

/** A line with two bars: memory and disk. */
interface BarLine {
  label: string;
  memory: number | null;
  disk: number | null;
  note: string;
  level: Level | undefined;
}

function zoneLine(zone: TopModel['zones'][number]): BarLine {
  return {
    label: zone.zone === '' ? '-' : zone.zone,
    memory: zone.memory_pct,
    disk: zone.disk_pct,
    note: `${plural(zone.cells, 'cell')}, ${formatCount(zone.lrps_running)} LRPs, ${plural(zone.tasks, 'task')}`,
    level: zone.missing > 0 ? 'bad' : undefined,
  };
}

function cellLine(cell: TopModel['cells'][number]): BarLine {
  const tags = cell.placement_tags.length === 0 ? '' : `  ${cell.placement_tags.join(',')}`;
  const state = cell.state === 'present' ? '' : `  ${cell.state.toUpperCase()}`;
  return {
    label: `${cell.zone === '' ? '-' : cell.zone} ${cell.cell_id.slice(0, 8)}`,
    memory: cell.memory_pct,
    disk: cell.disk_pct,
    note: `${cell.containers_allocated}/${cell.containers_total ?? '-'}${state}${tags}`,
    level: cell.state === 'missing' ? 'bad' : cell.state === 'evacuating' ? 'warn' : undefined,
  };
}

function ordered({ cells }: TopModel, { order }: TopView): TopModel['cells'] {
  if (order === 'zone') return cells;
  const by = order === 'memory' ? ('memory_pct' as const) : ('disk_pct' as const);
  return cells.toSorted((a, b) => (b[by] ?? -1) - (a[by] ?? -1));
}

const NARROWEST = 6;
const WIDEST = 40;

function bars(
  heading: string,
  all: readonly BarLine[],
  width: number,
  style: Style,
  unicode: boolean,
  from = 0,
  count = Infinity,
): string[] {
  const shown = all.slice(from, from + count);
  const labelWidth = Math.max(heading.length, ...all.map(({ label }) => displayWidth(label)));
  const noteWidth = Math.max(10, ...shown.map(({ note }) => displayWidth(note)));
  // label, two bars with four characters of percent and a space in front, two gaps of two, and the note
  const room = width - labelWidth - noteWidth - 2 * 5 - 3 * 2;
  const barWidth = Math.max(NARROWEST, Math.min(WIDEST, Math.floor(room / 2)));
  const more = all.length > shown.length ? `  ${from + 1} to ${from + shown.length} of ${all.length}` : '';
  const head = `${pad(heading, labelWidth)}  ${pad('MEMORY', barWidth + 5)}  ${pad('DISK', barWidth + 5)}${more}`;
  const line = (bar: BarLine) => {
    const plain = [
      pad(oneLine(bar.label), labelWidth),
      meter(bar.memory),
      meter(bar.disk),
      oneLine(bar.note),
    ];
    const text = truncate(plain.join('  '), width, '');
    return style.level(bar.level ?? level(bar.memory) ?? level(bar.disk), text);
  };
  const meter = (percent: number | null) => {
    if (percent === null) return pad('-', barWidth + 5);
    const bar = barText({ used: percent, total: 100 }, barWidth, unicode);
    return `${bar} ${pad(formatPercent(percent / 100), 4, 'right')}`;
  };
  return [style.paint('dim', truncate(head, width, '')), ...shown.map(line)];
}

function level(percent: number | null): Level | undefined {
  if (percent === null || percent < 90) return undefined;
  return percent > 100 ? 'bad' : 'warn';
}

function crashLines(
  crashes: readonly TopCrash[],
  count: number,
  { now, fresh }: FrameOptions,
  style: Style,
  cut: (text: string) => string,
): string[] {
  const shown = crashes.slice(0, Math.max(0, count - 1));
  const lines = shown.map((crash) => {
    const isNew = fresh.has(crashKey(crash));
    const age = crash.since === null ? '-' : formatAge(Math.max(0, now - Date.parse(crash.since)));
    const name = `${crash.app_name ?? crash.process_guid.slice(0, 8)}/${crash.index}`;
    const text = cut(
      `${isNew ? '* ' : '  '}${pad(age, 4, 'right')}  ${pad(name, 24)}  ${crash.crash_count}x ${crash.state}  ${crash.crash_reason}`,
    );
    return isNew ? style.paint('red', text) : text;
  });
  return [style.paint('dim', cut('CRASHES, the latest first (* since top began)')), ...lines];
}
