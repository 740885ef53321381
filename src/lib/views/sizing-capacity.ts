import { barChart } from '../output/chart.ts';
import type { Column } from '../output/record.ts';
import type { TextBuilder } from '../output/sections.ts';
import type { Terminal } from '../output/terminal.ts';
import { formatCount, formatMib, formatPercent, plural } from '../output/units.ts';
import type { CapacityRow, Usable } from '../sizing/capacity.ts';
import type { SizingReport } from '../sizing/sizing.ts';

const FULL = 0.9;

type Name = keyof CapacityRow;
type Text = (row: CapacityRow) => string;

const left = (name: Name, description: string, text: Text): Column<CapacityRow> => ({
  name,
  description,
  text,
});
const right = (name: Name, heading: string, description: string, text: Text): Column<CapacityRow> => ({
  ...left(name, description, text),
  heading,
  align: 'right',
});

const SCOPE = [
  left('zone', 'zone', ({ zone }) => zone ?? 'all'),
  left('pool', 'pool', ({ pool }) => pool ?? 'all'),
];

const used = (resource: keyof CapacityRow['utilisation']): Column<CapacityRow> => ({
  ...right('utilisation', 'USED', 'share', ({ utilisation }) => share(utilisation[resource])),
  level: ({ utilisation }) => ((utilisation[resource] ?? 0) > FULL ? 'warn' : undefined),
});

const MEMORY = [
  ...SCOPE,
  right('cells', 'CELLS', 'cells, and how many of them take work', ({ cells, closed_cells }) =>
    closed_cells === 0 ? String(cells) : `${cells - closed_cells}/${cells}`,
  ),
  right('total', 'TOTAL', 'memory', ({ total }) => formatMib(total.memory_mb)),
  right('allocated', 'ALLOCATED', 'of it allocated', ({ allocated }) => formatMib(allocated.memory_mb)),
  used('memory'),
  right('free', 'FREE', 'free on cells that take work', ({ free }) => formatMib(free.memory_mb)),
  right('largest_instance', 'LARGEST', 'the largest instance that still fits', ({ largest_instance }) =>
    formatMib(largest_instance.memory_mb),
  ),
];

const DISK = [
  ...SCOPE,
  right('total', 'TOTAL', 'disk', ({ total }) => formatMib(total.disk_mb)),
  right('allocated', 'ALLOCATED', 'of it allocated', ({ allocated }) => formatMib(allocated.disk_mb)),
  used('disk'),
  right('free', 'FREE', 'free on cells that take work', ({ free }) => formatMib(free.disk_mb)),
  right('largest_instance', 'LARGEST', 'the largest instance that still fits', ({ largest_instance }) =>
    formatMib(largest_instance.disk_mb),
  ),
];

const CONTAINERS = [
  ...SCOPE,
  right('total', 'TOTAL', 'container slots', ({ total }) => formatCount(total.containers)),
  right('allocated', 'ALLOCATED', 'of them taken', ({ allocated }) => formatCount(allocated.containers)),
  used('containers'),
  right('free', 'FREE', 'free on cells that take work', ({ free }) => formatCount(free.containers)),
];

const FRAGMENTATION = [
  ...SCOPE,
  right('usable', 'MEDIAN-APP', 'an instance of the median app', ({ usable }) => size(usable.median_app)),
  right('free', 'USABLE', 'how much of the free memory it can use', ({ usable }) => fits(usable.median_app)),
  right('total', 'LARGEST-APP', 'an instance of the largest app', ({ usable }) => size(usable.largest_app)),
  right('cells', 'USABLE', 'how much of the free memory it can use', ({ usable }) =>
    fits(usable.largest_app),
  ),
];

function share(value: number | null): string {
  return value === null ? '-' : formatPercent(value);
}

function size(usable: Usable | null): string {
  return usable === null ? '-' : formatMib(usable.memory_mb);
}

function fits(usable: Usable | null): string {
  return usable === null ? '-' : `${share(usable.share_of_free_memory)} (${formatCount(usable.instances)})`;
}

/** Capacity now: a table for each resource, what of it can be used, and what is over-committed. */
export function capacitySections(builder: TextBuilder, report: SizingReport, terminal: Terminal): void {
  const rows = report.capacity.filter(
    ({ zone, pool }) =>
      // With one pool or one zone its sum says nothing new.
      !(pool === null && zone !== null && report.pools.length === 1) &&
      !(zone === null && pool !== null && report.zones.length === 1),
  );
  builder.heading('Memory').table(MEMORY, rows);
  builder.raw(
    barChart(
      report.capacity
        .filter(({ pool }) => pool === null)
        .map((row) => ({
          label: row.zone ?? 'all',
          total: row.total.memory_mb,
          used: row.allocated.memory_mb,
          level: (row.utilisation.memory ?? 0) > FULL ? ('warn' as const) : undefined,
          note: `${formatMib(row.free.memory_mb)} free`,
        })),
      terminal,
    ),
  );
  builder.heading('Disk').table(DISK, rows);
  builder.heading('Containers').table(CONTAINERS, rows);
  builder.heading('Of the free memory, usable (and for how many instances)').table(FRAGMENTATION, rows);
  const over = report.capacity.filter(
    ({ zone, pool, overcommitted: { memory_mb, disk_mb, containers } }) =>
      zone !== null && pool !== null && memory_mb + disk_mb + containers > 0,
  );
  if (over.length === 0) return;
  builder.heading('Over-committed');
  builder.list(
    over.map(
      ({ zone, pool, overcommitted: { memory_mb, disk_mb, containers } }) =>
        `${zone!} ${pool!}: ${formatMib(memory_mb)} memory, ${formatMib(disk_mb)} disk and ${plural(containers, 'container')} more than its cells have`,
    ),
  );
}
