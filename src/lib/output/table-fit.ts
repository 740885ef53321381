import type { Column } from './record.ts';
import { displayWidth } from './width.ts';

/** Where a guid may be cut: after each of its groups, and after the first group of the version guid that follows. */
const GUID_CUTS = [8, 13, 18, 23, 36, 45];

/** No text column gets narrower than this; below it columns are left out instead. */
const NARROWEST = 6;

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
 * Makes the columns fit: takes width from the widest text columns first (numbers are never cut), then leaves out columns from
 * the right, never the first. Changes widths in place and returns the columns that stay.
 */
export function fitWidths(
  columns: readonly unknown[],
  layouts: readonly Measured[],
  terminalWidth: number,
  gap: number,
): Set<number> {
  const kept = new Set(columns.keys());
  const shown = () => layouts.filter((_, index) => kept.has(index));
  for (;;) {
    let excess = totalWidth(shown(), gap) - terminalWidth;
    while (excess > 0) {
      const widest = shown()
        .filter(({ align, width }) => align === 'left' && width > NARROWEST)
        .sort((a, b) => b.width - a.width);
      const first = widest[0];
      if (first === undefined) break;
      const next = Math.max(widest[1]?.width ?? 0, NARROWEST);
      const step = Math.min(excess, Math.max(1, first.width - next));
      first.width -= step;
      excess -= step;
    }
    if (excess <= 0 || kept.size <= 1) return kept;
    kept.delete(Math.max(...kept));
  }
}

function totalWidth(layouts: readonly Measured[], gap: number): number {
  return layouts.reduce((sum, { width }) => sum + width, gap * Math.max(0, layouts.length - 1));
}
