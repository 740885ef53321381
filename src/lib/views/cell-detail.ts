import type { CellDetail, CellInstance } from '../foundation/cell-detail.ts';
import type { Task } from '../foundation/types.ts';
import { barChart } from '../output/chart.ts';
import type { Column } from '../output/record.ts';
import { TextBuilder } from '../output/sections.ts';
import type { Terminal } from '../output/terminal.ts';
import { formatMib, formatSince, plural } from '../output/units.ts';
import { stateLevel } from './levels.ts';

function instanceColumns(now: number, live: boolean): Column<CellInstance>[] {
  const rep: Column<CellInstance> = {
    name: 'on_rep',
    description: 'whether the rep has it',
    heading: 'REP',
    text: ({ on_rep: has }) => (has === null || has === undefined ? '-' : has ? 'has it' : 'lacks it'),
    level: ({ on_rep: has }) => (has === false ? 'warn' : undefined),
  };
  return [
    ...(live ? [rep] : []),
    { name: 'process_guid', description: 'the LRP', shorten: 'guid' },
    { name: 'index', description: 'the instance', heading: 'IDX' },
    { name: 'app_name', description: 'the app', heading: 'APP' },
    { name: 'state', description: 'its state', level: ({ state }) => stateLevel(state) },
    { name: 'presence', description: 'ordinary, evacuating or suspect' },
    { name: 'since', description: 'how long', text: ({ since }) => formatSince(since, now), align: 'right' },
    { name: 'memory_mb', description: 'memory', heading: 'MEM_MB' },
    { name: 'disk_mb', description: 'disk', heading: 'DISK_MB' },
    {
      name: 'crash_count',
      description: 'crashes',
      heading: 'CRASHES',
      level: ({ crash_count }) => (crash_count > 0 ? 'warn' : undefined),
    },
  ];
}

function taskColumns(now: number): Column<Task>[] {
  return [
    { name: 'task_guid', description: 'the task', shorten: 'guid' },
    { name: 'domain', description: 'its domain' },
    { name: 'state', description: 'its state' },
    {
      name: 'created_at',
      description: 'how long ago it was made',
      heading: 'AGE',
      text: ({ created_at }) => formatSince(created_at, now),
      align: 'right',
    },
    { name: 'memory_mb', description: 'memory', heading: 'MEM_MB' },
    { name: 'disk_mb', description: 'disk', heading: 'DISK_MB' },
  ];
}

/** @param now Unix milliseconds */
export function cellDetailText(cell: CellDetail, terminal: Terminal, now: number): string {
  const text = new TextBuilder(terminal);
  text
    .heading(`Cell ${cell.cell_id}`)
    .keyValues([
      ['Zone', cell.zone],
      ['State', cell.state, cell.state === 'present' ? undefined : 'warn'],
      ['Placement tags', cell.placement_tags],
      ['Optional tags', cell.optional_placement_tags],
      ['Root file systems', cell.rootfs],
      ['Volume drivers', cell.volume_drivers ?? 'not known without --live'],
      ['Rep', cell.rep_url],
      ...(cell.live_check === undefined ? [] : [['Rep says', cell.live_check] as const]),
    ]);
  text.heading('Allocated').raw(barChart(bars(cell), terminal));
  if (cell.containers_pending > 0) {
    text.text(
      `Of it ${formatMib(cell.memory_pending_mb)} of memory and ${formatMib(cell.disk_pending_mb)} of disk for ${plural(cell.containers_pending, 'claimed instance or task', 'claimed instances and tasks')}.`,
    );
  }
  text.heading(plural(cell.instances.length, 'instance'));
  if (cell.instances.length > 0)
    text.table(instanceColumns(now, cell.live_check !== undefined), cell.instances);
  if (cell.strangers !== undefined && cell.strangers !== null && cell.strangers.length > 0) {
    text.heading('On the rep, but not in the store');
    text.list(
      cell.strangers.map((lrp) => `${lrp.process_guid}/${lrp.index} (instance ${lrp.instance_guid})`),
    );
  }
  text.heading(plural(cell.task_list.length, 'task'));
  if (cell.task_list.length > 0) text.table(taskColumns(now), cell.task_list);
  text.heading('Crashes of the instances that run here now');
  if (cell.crashes.length === 0) text.text('None.');
  else {
    text.list(
      cell.crashes.map(
        (crash) =>
          `${crash.app_name ?? crash.process_guid}/${crash.index}: ${plural(crash.crash_count, 'crash', 'crashes')}: ${crash.crash_reason}`,
      ),
    );
  }
  return text.toString();
}

function bars(cell: CellDetail) {
  const bar = (label: string, used: number, total: number | null, show: (value: number) => string) => ({
    label,
    used,
    total: total ?? 0,
    note: total === null ? show(used) : `${show(used)} of ${show(total)}`,
  });
  return [
    bar('memory', cell.memory_allocated_mb, cell.memory_total_mb, formatMib),
    bar('disk', cell.disk_allocated_mb, cell.disk_total_mb, formatMib),
    bar('containers', cell.containers_allocated, cell.containers_total, String),
  ];
}
