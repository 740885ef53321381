import { actionTree } from '../foundation/action-tree.ts';
import type { TaskDetail, TaskRow } from '../foundation/task-json.ts';
import { defineRecord, type Column } from '../output/record.ts';
import { TextBuilder } from '../output/sections.ts';
import type { Terminal } from '../output/terminal.ts';
import { formatMib, formatSince } from '../output/units.ts';
import { liveColumns } from './levels.ts';

const DEFINITION = [
  'result',
  'max_pids',
  'placement_tags',
  'log_guid',
  'log_source',
  'annotation',
  'action',
  'env',
  'cpu_weight',
  'privileged',
  'metrics_guid',
  'result_file',
  'completion_callback_url',
  'egress_rules',
  'cached_dependencies',
  'legacy_download_user',
  'trusted_system_certificates_path',
  'volume_mounts',
  'network',
  'certificate_properties',
  'image_username',
  'image_password',
  'image_layers',
  'log_rate_limit',
  'metric_tags',
  'volume_mounted_files',
] as const satisfies readonly (keyof TaskRow)[];

/**
 * @param now Unix milliseconds
 * @param live whether the reps were asked, too
 */
export function taskRecord(now: number, live: boolean) {
  const ago = (
    name: 'created_at' | 'updated_at' | 'first_completed_at',
    heading: string,
    show?: 'wide',
  ): Column<TaskRow> => ({
    name,
    description: `${name}, RFC 3339`,
    heading,
    align: 'right',
    text: (row) => formatSince(row[name], now),
    ...(show === undefined ? {} : { show }),
  });
  return defineRecord<TaskRow>({
    name: 'task',
    plural: 'tasks',
    id: 'task_guid',
    columns: [
      { name: 'task_guid', description: 'the task', shorten: 'guid' },
      {
        name: 'state',
        description: 'Pending, Running, Completed, Resolving',
        level: (row) => (row.state === 'Pending' ? 'warn' : undefined),
      },
      ...(live ? liveColumns<TaskRow>() : []),
      { name: 'cell_id', description: 'the cell that runs it', shorten: 'guid' },
      ago('created_at', 'AGE'),
      ago('updated_at', 'UPDATED', 'wide'),
      ago('first_completed_at', 'COMPLETED', 'wide'),
      { name: 'memory_mb', description: 'its memory, MiB', heading: 'MEM_MB' },
      { name: 'disk_mb', description: 'its disk quota, MiB', heading: 'DISK_MB' },
      {
        name: 'failed',
        description: 'whether it failed',
        show: 'wide',
        level: (row) => (row.failed ? 'bad' : undefined),
      },
      {
        name: 'failure_reason',
        description: 'why it failed',
        heading: 'FAILURE',
        atLeast: 16,
        text: (row) => (row.failed ? row.failure_reason || 'yes' : '-'),
        level: (row) => (row.failed ? 'bad' : undefined),
      },
      {
        name: 'rejection_count',
        description: 'how often a cell sent it back',
        heading: 'REJECTIONS',
        level: (row) => (row.rejection_count > 0 ? 'warn' : undefined),
      },
      { name: 'domain', description: 'the domain that keeps it' },
      { name: 'rootfs', description: 'its root file system', show: 'wide' },
      { name: 'rejection_reason', description: 'why it did', show: 'wide' },
      ...DEFINITION.map((name) => ({
        name,
        description: `${name} as Diego's own JSON has it`,
        show: 'hidden' as const,
      })),
      { name: 'unreadable', description: 'columns that could not be decrypted', show: 'hidden' },
    ],
  });
}

/** @param now Unix milliseconds */
export function taskText(task: TaskDetail | TaskRow, terminal: Terminal, now: number): string {
  const text = new TextBuilder(terminal);
  text
    .heading(`Task ${task.task_guid}`)
    .keyValues([
      ['Domain', task.domain],
      ['State', task.state, task.state === 'Pending' ? 'warn' : undefined],
      ['Cell', task.cell_id],
      ...(task.live_check === undefined ? [] : [['Rep says', task.live_check] as const]),
      [
        'Created',
        task.created_at === null ? null : `${task.created_at} (${formatSince(task.created_at, now)} ago)`,
      ],
      ['Completed', task.first_completed_at],
      ['Failed', task.failed ? `yes: ${task.failure_reason}` : 'no', task.failed ? 'bad' : undefined],
      ['Rejections', task.rejection_count === 0 ? 0 : `${task.rejection_count}: ${task.rejection_reason}`],
      ['Memory', typeof task.memory_mb === 'number' ? formatMib(task.memory_mb) : null],
      ['Disk quota', typeof task.disk_mb === 'number' ? formatMib(task.disk_mb) : null],
      ['Root file system', task.rootfs],
      ['Placement tags', task.placement_tags],
      ['Log', task.log_guid === undefined ? null : `${task.log_source ?? ''} ${task.log_guid}`.trim()],
      ['Result file', task.result_file],
      ['Result', task.result],
      ['Annotation', task.annotation],
      ['Image user', task.image_username],
      ['Image password', task.image_password],
      ['Key label', 'key_labels' in task ? task.key_labels.task_definition : null],
    ]);
  if (task.action !== undefined) text.heading('Action').tree([actionTree(task.action)]);
  if (task.env !== undefined && task.env.length > 0) {
    text.heading('Environment').keyValues(task.env.map(({ name, value }) => [name, value]));
  }
  return text.toString();
}
