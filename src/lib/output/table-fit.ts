import type { Column } from './record.ts';
import { displayWidth } from './width.ts';

/** Where a guid may be cut: after each of its groups, and after the first group of the version guid that follows. */
const GUID_CUTS = [8, 13, 18, 23, 36, 45];

/** No text column gets narrower than this or its heading; rather than that, columns are left out. */
const NARROWEST = 8;
/** Ids are what one copies: shortened ones are never cut further, and ids that are no guids not below this. */
const NARROWEST_ID = 24;

interface Measured {
  readonly heading: string;
  readonly align: 'left' | 'right';
  width: number;
}

/**
 * If the table is too wide, cuts the guids in columns that allow it, each to the shortest beginning that no other value in the
 * column shares: it stays usable wherever cgdiego takes a unique prefix. Changes cells and widths in place.
 */
export function shortenGuids<Row>(
  columns: readonly Column<Row>[],
  rows: readonly (readonly { text: string }[])[],
  layouts: readonly Measured[],
  terminalWidth: number,
  gap: number,
  header: boolean,
): void {
  if (totalWidth(layouts, gap) <= terminalWidth) return;
  for (const [index, column] of columns.entries()) {
    if (column.shorten !== 'guid') continue;
    const short = distinctPrefixes(new Set(rows.map((cells) => cells[index]!.text)));
    let widest = header ? displayWidth(layouts[index]!.heading) : 0;
    for (const cells of rows) {
      const cell = cells[index]!;
      cell.text = short.get(cell.text) ?? cell.text;
      widest = Math.max(widest, displayWidth(cell.text));
    }
    layouts[index]!.width = widest;
  }
}

/** Maps each value to its shortest distinct beginning. Values that are not guids stay whole. */
export function distinctPrefixes(values: ReadonlySet<string>): Map<string, string> {
  const result = new Map<string, string>();
  let open = [...values].filter((value) => /^[0-9a-f]{8}-/iu.test(value));
  for (const cut of GUID_CUTS) {
    const count = new Map<string, number>();
    for (const value of values) {
      const prefix = value.slice(0, cut);
      count.set(prefix, (count.get(prefix) ?? 0) + 1);
    }
    open = open.filter((value) => {
      const prefix = value.slice(0, cut);
      if (count.get(prefix) !== 1) return true;
      result.set(value, prefix);
      return false;
    });
  }
  return result;
}

/**
 * Makes the columns fit: leaves out columns from the right, never the first, until the others have room at their narrowest; then
 * takes width from the widest text columns. Numbers are never cut. Changes widths in place and returns the columns that stay.
 */
export function fitWidths<Row>(
  columns: readonly Column<Row>[],
  layouts: readonly Measured[],
  terminalWidth: number,
  gap: number,
): Set<number> {
  const fields = layouts.map((layout, index) => ({
    layout,
    floor: narrowest(layout, columns[index]!),
  }));
  const room = (count: number) => terminalWidth - gap * (count - 1);
  let shown = fields;
  while (shown.length > 1 && sum(shown.map(({ floor }) => floor)) > room(shown.length)) {
    shown = shown.slice(0, -1);
  }
  let excess = sum(shown.map(({ layout }) => layout.width)) - room(shown.length);
  while (excess > 0) {
    const widest = shown
      .filter(({ layout, floor }) => layout.width > floor)
      .sort((a, b) => b.layout.width - a.layout.width);
    const [first, second] = widest;
    // Even one column alone may be too wide: then it is cut to the terminal.
    if (first === undefined) {
      if (shown.length === 1) shown[0]!.layout.width = Math.max(1, terminalWidth);
      break;
    }
    const next = Math.max(first.floor, second?.layout.width ?? 0);
    const step = Math.min(excess, Math.max(1, first.layout.width - next), first.layout.width - first.floor);
    first.layout.width -= step;
    excess -= step;
  }
  return new Set(shown.keys());
}

function narrowest<Row>({ align, heading, width }: Measured, { shorten, atLeast }: Column<Row>): number {
  if (align === 'right') return width;
  const floor = shorten === 'guid' ? NARROWEST_ID : (atLeast ?? NARROWEST);
  return Math.min(width, Math.max(floor, displayWidth(heading)));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function totalWidth(layouts: readonly Measured[], gap: number): number {
  return layouts.reduce((sum, { width }) => sum + width, gap * Math.max(0, layouts.length - 1));
}
