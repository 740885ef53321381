import type { Column } from '../output/record.ts';
import type { TextBuilder } from '../output/sections.ts';
import { formatCount, formatMib, plural } from '../output/units.ts';
import type { AdditionReport, CellsReport, SpareReport } from '../sizing/suggestions.ts';
import { appName } from './sizing-names.ts';

type Row = CellsReport & { for: string };

const CELLS: readonly Column<Row>[] = [
  { name: 'for', description: 'the loss that it is for' },
  { name: 'zone', description: 'where to add' },
  { name: 'pool', description: 'what the cells offer' },
  { name: 'count', description: 'how many', heading: 'CELLS' },
  {
    name: 'cell_size',
    description: 'their size: memory, disk, containers',
    heading: 'OF-SIZE',
    text: ({ cell_size: { memory_mb, disk_mb, containers } }) =>
      `${formatMib(memory_mb)}, ${formatMib(disk_mb)}, ${containers}`,
  },
];

/** The smallest number of cells, for all losses first. */
export function additionSection(
  builder: TextBuilder,
  additions: readonly AdditionReport[],
  seeds: number,
): void {
  builder.heading('Cells to add');
  const name = ({ for_loss_of }: AdditionReport) =>
    for_loss_of === null ? 'every loss' : for_loss_of || '(no zone)';
  const rows = additions.flatMap((addition) =>
    addition.cells.map((cells): Row => ({ ...cells, for: name(addition) })),
  );
  if (rows.length > 0) builder.table(CELLS, rows);
  for (const addition of additions.filter(({ cells }) => cells.length === 0)) {
    builder.text(`For ${name(addition)}: no number of cells was found that helps.`, 'bad');
  }
  const [first] = additions;
  if (first === undefined) return;
  if (first.impossible.length > 0) {
    const [example] = first.impossible;
    builder.text(
      `No number of such cells helps ${plural(first.impossible.length, 'app')}: ${appName(example!)} needs ${formatMib(example!.memory_mb)} memory and ${formatMib(example!.disk_mb)} disk on one matching cell (--cell-size).`,
      'bad',
    );
  }
  if (first.cells.length === 0) return;
  if (first.verified) {
    builder.text(
      `For ${name(first)}: ${plural(first.total, 'cell')}. Simulated with them: survivable${seeds > 0 ? ` in ${plural(seeds, 'run')} with other ties, too` : ''}; with any one cell fewer not.`,
    );
  }
  builder.text(`  ${first.cells.map(({ zone, pool, count }) => `--add ${zone}:${count}:${pool}`).join(' ')}`);
  for (const { zone, pool } of first.one_more_fails) {
    builder.text(
      `One cell more of ${pool} in ${zone} would leave instances without a place again: the auction is greedy.`,
      'warn',
    );
  }
  if (additions.some((addition) => addition.non_monotone)) {
    builder.text('The auction is greedy: on the way more cells placed fewer instances.', 'warn');
  }
}

/** How many cells of each pool could go. */
export function spareSection(builder: TextBuilder, spares: readonly SpareReport[]): void {
  builder.heading('Cells that could go (of one pool, if nothing else changes)');
  builder.list(
    spares.map(({ pool, count, by_zone }) =>
      count === 0
        ? `${pool}: none`
        : `${pool}: ${formatCount(count)} (${by_zone.map((each) => `${each.count} in ${each.zone}`).join(', ')})`,
    ),
  );
}
