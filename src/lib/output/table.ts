import type { Column, Level } from './record.ts';
import type { Sink } from './sink.ts';
import { createStyle } from './style.ts';
import { fitWidths, shortenGuids } from './table-fit.ts';
import type { Terminal } from './terminal.ts';
import { oneLine, plainText } from './text.ts';
import { displayWidth, pad, truncate } from './width.ts';

export interface TableOptions<Row> {
  readonly columns: readonly Column<Row>[];
  readonly terminal: Terminal;
  readonly header: boolean;
  /** Fit the terminal's width by shortening and cutting; `-o wide` does not. */
  readonly fit: boolean;
}

/** So many rows decide the widths of the columns; only they are held in memory. */
export const MEASURED_ROWS = 1000;

const GAP = '  ';

interface Cell {
  text: string;
  readonly level: Level | undefined;
}

interface Layout {
  readonly heading: string;
  readonly align: 'left' | 'right';
  width: number;
}

/**
 * A table as kubectl prints it: headings in capitals, columns apart by two spaces, no borders. Into a pipe it is plain
 * and nothing is cut. The first {@link MEASURED_ROWS} rows decide the widths; the rest streams.
 */
export async function writeTable<Row>(
  sink: Sink,
  batches: AsyncIterable<readonly Row[]>,
  options: TableOptions<Row>,
): Promise<void> {
  let measured: Row[] | undefined = [];
  let line: ((row: Row) => string) | undefined;
  for await (const batch of batches) {
    let rest: readonly Row[] = batch;
    if (measured !== undefined) {
      const room = MEASURED_ROWS - measured.length;
      for (const row of batch.slice(0, room)) measured.push(row);
      rest = batch.slice(room);
      if (rest.length === 0) continue;
    }
    if (line === undefined) {
      const begun: Begun<Row> = begin(measured!, options);
      measured = undefined;
      line = begun.line;
      await sink.write(begun.top(plainLayout));
    }
    for (const row of rest) {
      const full = sink.write(line(row));
      if (full !== undefined) await full;
    }
  }
  if (measured === undefined) return;
  const whole = begin(measured, options);
  await sink.write(whole.top(options.terminal.isTerminal ? await borderless() : plainLayout));
  if (whole.dropped.length === 0) return;
  // Under the table, where it is seen.
  await sink.flush();
  note(whole.dropped, options);
}

/** Longer tables belong on stdout by {@link writeTable}. */
export const MAX_TEXT_ROWS = 200;

/** A small table as text, for use inside a longer text. Fitted to the terminal like any table. */
export function tableText<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  terminal: Terminal,
): string {
  return begin(rows, { columns, terminal, header: true, fit: true }).top(plainLayout);
}

/** Lays out whole lines: the headings (if any) and the measured rows. */
type Renderer = (layouts: readonly Layout[], lines: readonly (readonly string[])[]) => string;

interface Begun<Row> {
  /** Headings and the measured rows. */
  readonly top: (render: Renderer) => string;
  /** One of the rows that follow them. */
  readonly line: (row: Row) => string;
  readonly dropped: readonly string[];
}

function begin<Row>(measured: readonly Row[], options: TableOptions<Row>): Begun<Row> {
  const { terminal } = options;
  const style = createStyle(terminal.color);
  const ellipsis = terminal.unicode ? '…' : '...';
  let columns = options.columns;
  const rows = measured.map((row) => columns.map((column) => cellOf(column, row)));
  const layouts = columns.map((column, index): Layout => {
    const heading = oneLine(column.heading ?? column.name.toUpperCase());
    const widest = rows.reduce((most, cells) => Math.max(most, displayWidth(cells[index]!.text)), 0);
    const align = column.align ?? (measured.some(isNumberIn(column)) ? 'right' : 'left');
    return { heading, align, width: Math.max(widest, options.header ? displayWidth(heading) : 0) };
  });
  let dropped: string[] = [];
  if (options.fit && terminal.width !== undefined) {
    shortenGuids(columns, rows, layouts, terminal.width, GAP.length, options.header);
    const kept = fitWidths(columns, layouts, terminal.width, GAP.length);
    dropped = columns.filter((_, index) => !kept.has(index)).map(({ name }) => name);
    columns = columns.filter((_, index) => kept.has(index));
    for (const cells of rows) keepOnly(cells, kept);
    keepOnly(layouts, kept);
  }
  const finish = (cells: readonly Cell[]) =>
    cells.map((cell, index) => {
      const fitted =
        options.fit && terminal.width !== undefined
          ? truncate(cell.text, layouts[index]!.width, ellipsis)
          : cell.text;
      return style.level(cell.level, fitted);
    });
  return {
    dropped,
    top: (render) => {
      const lines = rows.map(finish);
      if (options.header) {
        const headings = layouts.map(({ heading, width }) => truncate(heading, width, ellipsis));
        lines.unshift(headings.map((heading) => style.paint('bold', heading)));
      }
      return render(layouts, lines);
    },
    line: (row) => plainLayout(layouts, [finish(columns.map((column) => cellOf(column, row)))]),
  };
}

function keepOnly(list: unknown[], kept: ReadonlySet<number>): void {
  const left = list.filter((_, index) => kept.has(index));
  list.splice(0, list.length, ...left);
}

function cellOf<Row>(column: Column<Row>, row: Row): Cell {
  const text = column.text === undefined ? plainText(row[column.name]) : column.text(row);
  return { text: oneLine(text), level: column.level?.(row) };
}

function isNumberIn<Row>(column: Column<Row>): (row: Row) => boolean {
  return (row) => typeof row[column.name] === 'number';
}

/** Columns apart by spaces, written by hand: for pipes and for lists too long for cli-table3. */
const plainLayout: Renderer = (layouts, lines) =>
  lines
    .map((cells) => {
      const padded = cells.map((text, index) => pad(text, layouts[index]!.width, layouts[index]!.align));
      return `${padded.join(GAP).trimEnd()}\n`;
    })
    .join('');

/** The same through cli-table3, for a terminal. */
async function borderless(): Promise<Renderer> {
  const { default: Table } = await import('cli-table3');
  const names = ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left'] as const;
  const more = [
    'bottom-right',
    'left',
    'left-mid',
    'mid',
    'mid-mid',
    'right',
    'right-mid',
    'middle',
  ] as const;
  const chars = Object.fromEntries([...names, ...more].map((name) => [name, name === 'middle' ? GAP : '']));
  return (layouts, lines) => {
    const table = new Table({
      chars,
      colAligns: layouts.map(({ align }) => align),
      colWidths: layouts.map(({ width }) => width),
      style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
    });
    table.push(...lines.map((cells) => [...cells]));
    return lines.length === 0 ? '' : `${table.toString().replace(/[ ]+$/gmu, '')}\n`;
  };
}

function note<Row>(dropped: readonly string[], options: TableOptions<Row>): void {
  options.terminal.stderr.write(
    `Not shown for lack of width: ${dropped.join(', ')}. -o wide shows everything, --columns what you choose.\n`,
  );
}
