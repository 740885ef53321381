import type { Column } from '../output/record.ts';
import type { TextBuilder } from '../output/sections.ts';
import { formatCount, formatMib, plural } from '../output/units.ts';
import type { PlacementReport } from '../sizing/placement.ts';

type Placed = PlacementReport['placements'][number];
type CellVerdict = PlacementReport['cells'][number];

const PLACED: readonly Column<Placed>[] = [
  { name: 'index', description: 'instance' },
  { name: 'zone', description: 'zone' },
  { name: 'cell_id', description: 'cell', heading: 'CELL' },
];

const CELLS: readonly Column<CellVerdict>[] = [
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

/** More cells than this are counted by what they say. */
const MOST_CELLS = 60;

/** `--simulate-placement`: where the instances would go, why some would not, and what each cell says. */
export function placementSection(builder: TextBuilder, placement: PlacementReport): void {
  const { app } = placement;
  const asks = [
    `${formatMib(app.memory_mb)} memory`,
    `${formatMib(app.disk_mb)} disk`,
    app.rootfs,
    ...(app.placement_tags.length > 0 ? [`tags ${app.placement_tags.join(', ')}`] : []),
    ...(app.volume_drivers.length > 0 ? [`drivers ${app.volume_drivers.join(', ')}`] : []),
  ];
  builder.heading('Placement');
  builder.text(
    `${plural(app.instances, 'instance')} with ${asks.join(', ')}: ${placement.fits ? 'all fit' : `${formatCount(placement.placed)} placed, ${formatCount(placement.not_placed)} not`}${placement.rounds > 1 ? `, in ${placement.rounds} auctions` : ''}.`,
    placement.fits ? 'good' : 'bad',
  );
  if (placement.placements.length > 0) builder.table(PLACED, placement.placements);
  const failures = new Map<string, number>();
  for (const { placement_error, stage } of placement.failures) {
    const text = placement_error || `(empty: turned down by the cell at ${stage})`;
    failures.set(text, (failures.get(text) ?? 0) + 1);
  }
  builder.list([...failures].map(([text, count]) => `${formatCount(count)} not placed: ${text}`));
  builder.heading('The cells before');
  if (placement.cells.length <= MOST_CELLS) {
    builder.table(CELLS, placement.cells);
    return;
  }
  const fitting = placement.cells.filter(({ could_take }) => could_take).length;
  const whys = new Map<string, number>();
  for (const { could_take, why } of placement.cells) {
    const kind = why.replace(/ \([^)]*\)/gu, '');
    if (!could_take) whys.set(kind, (whys.get(kind) ?? 0) + 1);
  }
  builder.list([
    `${formatCount(fitting)} of ${plural(placement.cells.length, 'cell')} could take an instance`,
    ...[...whys].sort(([, a], [, b]) => b - a).map(([why, count]) => `${plural(count, 'cell')} not: ${why}`),
  ]);
}
