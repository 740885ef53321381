import { defineRecord, type RecordType } from '../output/record.ts';
import type { SizingReport } from '../sizing/sizing.ts';

/** `-o csv`: the table of what was asked, flat. */
export type SizingRows =
  | { type: RecordType<CapacityCsv>; rows: CapacityCsv[] }
  | { type: RecordType<LossCsv>; rows: LossCsv[] }
  | { type: RecordType<PlacementCsv>; rows: PlacementCsv[] };

const RESOURCES = ['memory_mb', 'disk_mb', 'containers'] as const;
const FIGURES = ['total', 'allocated', 'free', 'overcommitted'] as const;

type Figure = `${(typeof FIGURES)[number]}_${(typeof RESOURCES)[number]}`;

type CapacityCsv = Record<Figure, number> & {
  zone: string;
  pool: string;
  cells: number;
  closed_cells: number;
  largest_memory_mb: number;
  largest_disk_mb: number;
  median_app_memory_mb: number | null;
  median_app_fits: number | null;
  largest_app_memory_mb: number | null;
  largest_app_fits: number | null;
};

interface LossCsv {
  lost: string;
  pool: string;
  verdict: string;
  instances: number;
  placed: number;
  not_placed: number;
  cells_lost: number;
  cells_left: number;
  placement_errors: string[];
}

interface PlacementCsv {
  index: number;
  cell_id: string;
  zone: string;
  placement_error: string;
}

const column = <Row>(name: Extract<keyof Row, string>, description: string) => ({ name, description });

const CAPACITY = defineRecord<CapacityCsv>({
  name: 'capacity',
  plural: 'capacities',
  id: ({ zone, pool }) => `${zone} ${pool}`,
  columns: [
    column('zone', 'zone, or all'),
    column('pool', 'pool, or all'),
    column('cells', 'cells'),
    column('closed_cells', 'of them such that take no work'),
    ...FIGURES.flatMap((figure) =>
      RESOURCES.map((resource) => column<CapacityCsv>(`${figure}_${resource}`, figure)),
    ),
    column('largest_memory_mb', 'the most memory that one more instance can have'),
    column('largest_disk_mb', 'and the most disk'),
    column('median_app_memory_mb', 'an instance of the median app, with its proxy'),
    column('median_app_fits', 'how many of them still fit'),
    column('largest_app_memory_mb', 'an instance of the largest app, with its proxy'),
    column('largest_app_fits', 'how many of them still fit'),
  ],
});

const LOSS = defineRecord<LossCsv>({
  name: 'loss',
  plural: 'losses',
  id: ({ lost, pool }) => `${lost} ${pool}`,
  columns: [
    column('lost', 'zone, or cells'),
    column('pool', 'what the instances need'),
    column('verdict', 'whether all find a place'),
    column('instances', 'instances lost'),
    column('placed', 'placed again'),
    column('not_placed', 'and not'),
    column('cells_lost', 'cells lost'),
    column('cells_left', 'cells of the pool that are left'),
    column('placement_errors', 'what Diego says'),
  ],
});

const PLACEMENT = defineRecord<PlacementCsv>({
  name: 'instance',
  plural: 'instances',
  id: ({ index }) => String(index),
  columns: [
    column('index', 'instance'),
    column('cell_id', 'its cell'),
    column('zone', 'its zone'),
    column('placement_error', 'why it finds none'),
  ],
});

/** The rows of an answer: instances of a new app, else losses by pool, else capacity. */
export function sizingRows({ placement, losses, capacity }: SizingReport): SizingRows {
  if (placement !== null) {
    const rows = [
      ...placement.placements.map((each) => ({ ...each, placement_error: '' })),
      ...placement.failures.map(({ index, placement_error, stage }) => ({
        index,
        cell_id: '',
        zone: '',
        placement_error: placement_error || `(empty: turned down at ${stage})`,
      })),
    ];
    return { type: PLACEMENT, rows };
  }
  if (losses !== null) {
    const rows = losses.flatMap(({ zone, cells_lost: lost, pools }) =>
      pools.map(
        ({ pool, verdict, lost: instances, placed, not_placed, cells_lost, cells_left, reasons }) => ({
          ...{
            lost: zone ?? lost.join(' '),
            pool,
            verdict,
            instances,
            placed,
            not_placed,
            cells_lost,
            cells_left,
          },
          placement_errors: reasons.map(({ count, placement_error }) => `${count}: ${placement_error}`),
        }),
      ),
    );
    return { type: LOSS, rows };
  }
  const rows = capacity.map((row): CapacityCsv => {
    const figures = Object.fromEntries(
      FIGURES.flatMap((figure) =>
        RESOURCES.map((resource) => [`${figure}_${resource}`, row[figure][resource]]),
      ),
    ) as Record<Figure, number>;
    return {
      zone: row.zone ?? 'all',
      pool: row.pool ?? 'all',
      cells: row.cells,
      closed_cells: row.closed_cells,
      ...figures,
      largest_memory_mb: row.largest_instance.memory_mb,
      largest_disk_mb: row.largest_instance.disk_mb,
      median_app_memory_mb: row.usable.median_app?.memory_mb ?? null,
      median_app_fits: row.usable.median_app?.instances ?? null,
      largest_app_memory_mb: row.usable.largest_app?.memory_mb ?? null,
      largest_app_fits: row.usable.largest_app?.instances ?? null,
    };
  });
  return { type: CAPACITY, rows };
}
