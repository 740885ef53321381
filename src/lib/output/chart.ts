import type { Level } from './record.ts';
import { createStyle } from './style.ts';
import type { Terminal } from './terminal.ts';
import { oneLine } from './text.ts';
import { formatPercent } from './units.ts';
import { displayWidth, pad, truncate } from './width.ts';

/** One bar of a utilisation chart. All numbers are in the same unit. */
export interface Bar {
  readonly label: string;
  readonly total: number;
  /** What is used now, or was used before. */
  readonly used: number;
  /** What comes on top of it: drawn with a character of its own. */
  readonly added?: number;
  readonly level?: Level | undefined;
  /** Text after the percentage, for example `1.2 TiB of 1.5 TiB`. */
  readonly note?: string;
}

/** What the characters of {@link barText} mean. None of them needs colour. */
interface Characters {
  readonly used: string;
  readonly added: string;
  readonly free: string;
  readonly over: string;
}

const BLOCKS: Characters = { used: '\u2588', added: '\u2593', free: '\u2591', over: '>' };
const ASCII: Characters = { used: '#', added: '+', free: '.', over: '>' };

const NARROWEST_BAR = 10;
const WIDEST_BAR = 50;
const LABEL_WIDTH = 40;
/** For pipes, which have no width. */
const DEFAULT_WIDTH = 80;

/**
 * A bar of `width` characters: used, added and free. What is more than nothing has at least one character, what is less than all
 * leaves at least one free, and what does not fit ends in `>`.
 */
export function barText(bar: Pick<Bar, 'used' | 'added' | 'total'>, width: number, unicode: boolean): string {
  const characters = unicode ? BLOCKS : ASCII;
  const used = Math.max(0, bar.used);
  const sum = used + Math.max(0, bar.added ?? 0);
  const length = (value: number) => {
    if (value <= 0 || bar.total <= 0) return 0;
    if (value >= bar.total) return width;
    return Math.min(width - 1, Math.max(1, Math.round((value / bar.total) * width)));
  };
  const end = length(sum);
  // Both parts show when both exist, as long as there is room for two characters.
  const begin = sum > used ? Math.min(length(used), Math.max(0, end - 1)) : end;
  const text =
    characters.used.repeat(begin) +
    characters.added.repeat(end - begin) +
    characters.free.repeat(width - end);
  const over = sum > bar.total && sum > 0;
  return over ? text.slice(0, Math.max(0, width - 1)) + characters.over : text;
}

/**
 * Bars under each other with labels and percentages, fitted to the terminal (80 columns in a pipe):
 *
 *     z1  ########++......  63%  403 GiB of 640 GiB
 */
export function barChart(bars: readonly Bar[], terminal: Terminal): string {
  const style = createStyle(terminal.color);
  const ellipsis = terminal.unicode ? '\u2026' : '...';
  const rows = bars.map((bar) => ({
    bar,
    label: truncate(oneLine(bar.label), LABEL_WIDTH, ellipsis),
    percent: bar.total > 0 ? formatPercent((bar.used + (bar.added ?? 0)) / bar.total) : '-',
    note: oneLine(bar.note ?? ''),
  }));
  const widest = (texts: string[]) => texts.reduce((most, text) => Math.max(most, displayWidth(text)), 0);
  const labelWidth = widest(rows.map(({ label }) => label));
  const percentWidth = widest(rows.map(({ percent }) => percent));
  const noteWidth = widest(rows.map(({ note }) => note));
  const taken = labelWidth + 2 + 2 + percentWidth + (noteWidth > 0 ? 2 + noteWidth : 0);
  const room = (terminal.width ?? DEFAULT_WIDTH) - taken;
  const barWidth = Math.min(WIDEST_BAR, Math.max(NARROWEST_BAR, room));
  return rows
    .map(({ bar, label, percent, note }) => {
      const drawn = style.level(bar.level, barText(bar, barWidth, terminal.unicode));
      const line = `${pad(label, labelWidth)}  ${drawn}  ${pad(percent, percentWidth, 'right')}`;
      return `${note === '' ? line : `${line}  ${note}`}\n`;
    })
    .join('');
}
