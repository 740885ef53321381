import { defineRecord, type Column, type Level } from '../output/record.ts';
import { formatPercent } from '../output/units.ts';
import { liveLevel } from './levels.ts';
import type { CellRow, PoolRow, TotalRow, ZoneRow } from '../foundation/cell-rows.ts';

/** GiB with at most one digit after the point, without a unit: for columns whose heading has it. */
function gib(mb: number): string {
  return (mb / 1024).toFixed(1).replace(/\.0$/u, '');
}

function ofTotal(allocated: number, total: number | null, show: (value: number) => string): string {
  return total === null ? show(allocated) : `${show(allocated)}/${show(total)}`;
}

function share(percent: number | null): string {
  return percent === null ? '-' : formatPercent(percent / 100);
}

/** A cell that is nearly full takes no large instance any more; one over its size is damage or a proxy's memory. */
function fullness(percent: number | null): Level | undefined {
  if (percent === null || percent < 90) return undefined;
  return percent > 100 ? 'bad' : 'warn';
}

type Amounts = Pick<
  TotalRow,
  | 'memory_allocated_mb'
  | 'memory_total_mb'
  | 'memory_available_mb'
  | 'memory_pct'
  | 'disk_allocated_mb'
  | 'disk_total_mb'
  | 'disk_available_mb'
  | 'disk_pct'
  | 'containers_allocated'
  | 'containers_total'
  | 'containers_available'
  | 'containers_pct'
>;

/** The columns of memory, disk and containers. In a table the allocated and the total stand in one. */
function amountColumns<Row extends Amounts>(): Column<Row>[] {
  const columns: Column<Amounts>[] = [
    {
      name: 'memory_allocated_mb',
      description: 'memory of the instances and tasks that are placed here, MiB',
      heading: 'MEM_GIB',
      align: 'right',
      text: (row) => ofTotal(row.memory_allocated_mb, row.memory_total_mb, gib),
    },
    { name: 'memory_total_mb', description: 'memory that the cell offers, MiB', show: 'hidden' },
    { name: 'memory_available_mb', description: 'memory that is left, MiB', show: 'hidden' },
    {
      name: 'memory_pct',
      description: 'allocated memory in percent',
      heading: 'MEM%',
      align: 'right',
      text: (row) => share(row.memory_pct),
      level: (row) => fullness(row.memory_pct),
    },
    {
      name: 'disk_allocated_mb',
      description: 'disk of the instances and tasks that are placed here, MiB',
      heading: 'DISK_GIB',
      align: 'right',
      text: (row) => ofTotal(row.disk_allocated_mb, row.disk_total_mb, gib),
    },
    { name: 'disk_total_mb', description: 'disk that the cell offers, MiB', show: 'hidden' },
    { name: 'disk_available_mb', description: 'disk that is left, MiB', show: 'hidden' },
    {
      name: 'disk_pct',
      description: 'allocated disk in percent',
      heading: 'DISK%',
      align: 'right',
      text: (row) => share(row.disk_pct),
      level: (row) => fullness(row.disk_pct),
    },
    {
      name: 'containers_allocated',
      description: 'containers of instances and tasks',
      heading: 'CONT',
      align: 'right',
      text: (row) => ofTotal(row.containers_allocated, row.containers_total, String),
    },
    { name: 'containers_total', description: 'containers that the cell takes', show: 'hidden' },
    { name: 'containers_available', description: 'containers that are left', show: 'hidden' },
    {
      name: 'containers_pct',
      description: 'allocated containers in percent',
      heading: 'CONT%',
      align: 'right',
      show: 'wide',
      text: (row) => share(row.containers_pct),
      level: (row) => fullness(row.containers_pct),
    },
  ];
  return columns;
}

type Work = Pick<TotalRow, 'lrps_running' | 'lrps_claimed' | 'lrps_evacuating' | 'lrps_suspect' | 'tasks'>;

function workColumns<Row extends Work>(): Column<Row>[] {
  const columns: Column<Work>[] = [
    { name: 'lrps_running', description: 'ordinary instances that run', heading: 'RUNNING' },
    { name: 'lrps_claimed', description: 'ordinary instances that are being started', heading: 'CLAIMED' },
    {
      name: 'lrps_evacuating',
      description: 'instances that stay until their replacement runs elsewhere',
      heading: 'EVACUATING',
      show: 'wide',
    },
    {
      name: 'lrps_suspect',
      description: 'instances whose cell has lost its presence',
      heading: 'SUSPECT',
      show: 'wide',
      level: (row) => (row.lrps_suspect > 0 ? 'warn' : undefined),
    },
    { name: 'tasks', description: 'tasks that run' },
  ];
  return columns;
}

const LIVE_COLUMNS: readonly Column<CellRow>[] = [
  {
    name: 'live_check',
    description: 'whether the rep agrees with the store, where it differs, or why it did not answer',
    heading: 'REP',
    atLeast: 16,
    level: (row) => liveLevel(row.live_check),
  },
  { name: 'live', description: "the rep's own figures", show: 'hidden' },
];

/** @param live whether the reps were asked, too */
export function cellRecord(live: boolean) {
  return defineRecord<CellRow>({
    name: 'cell',
    plural: 'cells',
    id: 'cell_id',
    columns: [
      { name: 'cell_id', description: 'the id of the cell', shorten: 'guid' },
      { name: 'zone', description: 'its availability zone' },
      {
        name: 'state',
        description: 'present; evacuating; missing: named by LRPs or tasks, but without a presence in Locket',
        level: (row) => (row.state === 'missing' ? 'bad' : row.state === 'evacuating' ? 'warn' : undefined),
      },
      ...(live ? LIVE_COLUMNS : []),
      ...amountColumns<CellRow>(),
      { name: 'placement_tags', description: 'tags that an LRP must have to run here', heading: 'TAGS' },
      ...workColumns<CellRow>(),
      {
        name: 'optional_placement_tags',
        description: 'tags that an LRP may have to run here',
        show: 'wide',
      },
      { name: 'rootfs', description: 'root file systems that it offers', show: 'wide' },
      {
        name: 'volume_drivers',
        description: 'volume drivers that it has; only its rep knows (--live)',
        show: 'wide',
      },
      {
        name: 'memory_pending_mb',
        description:
          'allocated memory of claimed instances and tasks, which a rep may not have seen yet, MiB',
        show: 'hidden',
      },
      { name: 'disk_pending_mb', description: 'the same of disk, MiB', show: 'hidden' },
      { name: 'containers_pending', description: 'the same of containers', show: 'hidden' },
      {
        name: 'unsized',
        description: 'instances and tasks whose size is not known',
        show: 'hidden',
      },
      { name: 'rep_url', description: "the rep's URL", show: 'wide' },
      { name: 'rep_address', description: "the rep's address without TLS", show: 'hidden' },
    ],
  });
}

const COUNTS: readonly Column<TotalRow>[] = [
  { name: 'cells', description: 'how many cells' },
  { name: 'present', description: 'of them present', show: 'wide' },
  { name: 'evacuating', description: 'of them evacuating', show: 'wide' },
  {
    name: 'missing',
    description: 'of them missing',
    level: (row) => (row.missing > 0 ? 'bad' : undefined),
  },
];

function totalColumns<Row extends TotalRow>(): Column<Row>[] {
  return [...(COUNTS as unknown as Column<Row>[]), ...amountColumns<Row>(), ...workColumns<Row>()];
}

export const ZONE_RECORD = defineRecord<ZoneRow>({
  name: 'zone',
  plural: 'zones',
  id: 'zone',
  columns: [{ name: 'zone', description: 'availability zone' }, ...totalColumns<ZoneRow>()],
});

export const POOL_RECORD = defineRecord<PoolRow>({
  name: 'pool',
  plural: 'pools',
  id: (row) => `${row.placement_tags.join(',') || 'shared'} ${row.rootfs.join(',')}`,
  columns: [
    {
      name: 'placement_tags',
      description: 'tags that an LRP must have to run there; none in the shared pool',
      heading: 'POOL',
      atLeast: 16,
      text: (row) => row.placement_tags.join(',') || 'shared',
    },
    ...totalColumns<PoolRow>(),
    { name: 'zones', description: 'the zones it spans' },
    { name: 'rootfs', description: 'root file systems that its cells offer' },
  ],
});
