import { TASK_DEFINITION } from '../bbs/message-types.ts';
import type { JsonBuffer } from '../bbs/json-buffer.ts';
import { parseBlob, BlobError } from '../bbs/blob.ts';
import type { Transaction } from '../store/transaction.ts';
import { textAt } from '../store/raw-rows.ts';
import { taskStatement, type TaskScope } from '../store/tasks.ts';
import type { LrpStreamOptions } from './lrp-streams.ts';
import { RowJson } from './lrp-json.ts';
import type { LiveFields } from './on-reps.ts';
import type { RowReader } from './row-reader.ts';
import { taskStateOf } from './rows.ts';
import type { Task, TaskState } from './types.ts';

const DEFINITION = 12;
const BATCH = 200;

/** A task with everything that the BBS stores about it. Names are those of Diego's own JSON. */
export interface TaskRow extends LiveFields {
  task_guid: string;
  domain: string;
  state: TaskState;
  cell_id: string;
  created_at: string | null;
  updated_at: string | null;
  first_completed_at: string | null;
  result: string;
  failed: boolean;
  failure_reason: string;
  rejection_count: number;
  rejection_reason: string;
  rootfs?: string | null;
  memory_mb?: number | null;
  disk_mb?: number | null;
  max_pids?: number | null;
  placement_tags?: string[] | null;
  log_guid?: string | null;
  log_source?: string;
  annotation?: string;
  action?: unknown;
  env?: { name: string; value: string }[];
  cpu_weight?: number;
  privileged?: boolean;
  metrics_guid?: string;
  result_file?: string;
  completion_callback_url?: string;
  egress_rules?: unknown;
  cached_dependencies?: unknown;
  legacy_download_user?: string;
  trusted_system_certificates_path?: string;
  volume_mounts?: unknown;
  network?: unknown;
  certificate_properties?: unknown;
  image_username?: string;
  image_password?: string;
  image_layers?: unknown;
  log_rate_limit?: unknown;
  metric_tags?: unknown;
  volume_mounted_files?: unknown;
  unreadable: string[];
}

/** One task with the label of the key that its definition is under. */
export interface TaskDetail extends TaskRow {
  key_labels: { task_definition: string | null };
}

export function taskJson({ keyring, gaps, mask }: LrpStreamOptions): RowJson {
  return new RowJson({
    table: 'tasks',
    head,
    firstBlob: DEFINITION,
    blobs: [{ column: 'task_definition', form: 'members', type: TASK_DEFINITION }],
    keyring,
    mask,
    gaps,
  });
}

/** Tasks as they stream out of the store, the oldest first. */
export async function* taskStream(
  transaction: Transaction,
  options: LrpStreamOptions,
  scope: TaskScope = {},
): AsyncGenerator<TaskDetail[], void, undefined> {
  const { sql, values, missing } = await taskStatement(transaction, scope);
  options.gaps.missingColumns('tasks', missing);
  const json = taskJson(options);
  for await (const rows of transaction.streamRaw(sql, values, BATCH)) {
    yield (json.objects(rows) as unknown as TaskRow[]).map((task, row) => ({
      ...task,
      key_labels: { task_definition: labelOf(textAt(rows, row * rows.columns + DEFINITION)) },
    }));
  }
}

/** A task as a snapshot knows it: without its definition. */
export function taskFromSnapshot(task: Task): TaskRow {
  return { ...task, result: '', unreadable: ['task_definition'] };
}

/** By the places in TaskTuple. */
function head(out: JsonBuffer, row: RowReader): void {
  row.writeString(out.ascii('"task_guid":'), 0);
  row.writeString(out.ascii(',"domain":'), 1);
  out.ascii(',"state":').string(taskStateOf(row.whole(2) ?? null));
  row.writeString(out.ascii(',"cell_id":'), 3);
  row.writeTime(out.ascii(',"created_at":'), 4);
  row.writeTime(out.ascii(',"updated_at":'), 5);
  row.writeTime(out.ascii(',"first_completed_at":'), 6);
  row.writeString(out.ascii(',"result":'), 7);
  out.ascii(`,"failed":${row.text(8) === 't'}`);
  row.writeString(out.ascii(',"failure_reason":'), 9, true);
  row.writeWhole(out.ascii(',"rejection_count":'), 10);
  row.writeString(out.ascii(',"rejection_reason":'), 11, true);
}

function labelOf(text: string | null): string | null {
  if (text === null) return null;
  try {
    return parseBlob(text).label;
  } catch (error) {
    if (error instanceof BlobError) return null;
    throw error;
  }
}
