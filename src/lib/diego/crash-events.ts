import type { ActualLRPInfo, Task as TaskMessage } from '../bbs/gen/diego_pb.ts';
import { rfc3339 } from '../bbs/timestamps.ts';
import { taskStateOf } from '../foundation/rows.ts';
import type { ActualLrp, ActualLrpState, Task } from '../foundation/types.ts';
import type { BbsEvent, EventContents } from './event-types.ts';

/** What an event tells of a crash, a placement error or a failed task, as rows of the store would. */
export interface CrashOfEvent {
  actual: ActualLrp[];
  tasks: Task[];
  /** The cell on which it happened; the store forgets it. */
  cell_id: string | null;
}

/** The crash, the placement error or the failure that an event tells of; nothing for any other event. */
export function crashOfEvent({ type, contents }: BbsEvent): CrashOfEvent | undefined {
  if (type === 'actual_lrp_crashed') return crashed(contents);
  // A crash has an event of its own; the changes of instances tell of the auction's failures.
  if (type === 'actual_lrp_instance_changed') return notPlaced(contents);
  return type === 'task_changed' ? failedTask(contents) : undefined;
}

function crashed(contents: EventContents): CrashOfEvent {
  const { crashCount = 0, crashReason = '' } = contents;
  return {
    actual: [actualOf(contents, { crash_count: crashCount, crash_reason: crashReason })],
    tasks: [],
    cell_id: cellOrNull(contents.actualLrpInstanceKey?.cellId),
  };
}

function notPlaced(contents: EventContents): CrashOfEvent | undefined {
  const before = contents.before as ActualLRPInfo | undefined;
  const after = contents.after as ActualLRPInfo | undefined;
  if (!after?.placementError || after.placementError === before?.placementError) return undefined;
  const actual = actualOf(contents, { placement_error: after.placementError });
  return {
    actual: [{ ...actual, since: rfc3339(after.since), state: after.state as ActualLrpState }],
    tasks: [],
    cell_id: null,
  };
}

function failedTask(contents: EventContents): CrashOfEvent | undefined {
  const before = contents.before as TaskMessage | undefined;
  const after = contents.after as TaskMessage | undefined;
  if (after === undefined || !isWorse(before, after)) return undefined;
  const cell = before?.cellId ?? '';
  return { actual: [], tasks: [taskOf(after, cell)], cell_id: cellOrNull(cell) };
}

function cellOrNull(cellId: string | undefined): string | null {
  return cellId === undefined || cellId === '' ? null : cellId;
}

function isWorse(before: TaskMessage | undefined, after: TaskMessage): boolean {
  return (after.failed && before?.failed !== true) || after.rejectionCount > (before?.rejectionCount ?? 0);
}

function actualOf(
  { actualLrpKey, since }: EventContents,
  rest: Partial<Pick<ActualLrp, 'crash_count' | 'crash_reason' | 'placement_error'>>,
): ActualLrp {
  return {
    process_guid: actualLrpKey?.processGuid ?? '',
    index: actualLrpKey?.index ?? 0,
    presence: 'ordinary',
    domain: actualLrpKey?.domain ?? '',
    state: 'CRASHED',
    instance_guid: '',
    cell_id: '',
    availability_zone: '',
    since: rfc3339(since),
    crash_count: 0,
    crash_reason: '',
    placement_error: '',
    routable: null,
    ...rest,
  };
}

function taskOf(task: TaskMessage, cellId: string): Task {
  return {
    task_guid: task.taskGuid,
    domain: task.domain,
    state: taskStateOf(task.state),
    cell_id: task.cellId || cellId,
    created_at: rfc3339(task.createdAt),
    updated_at: rfc3339(task.updatedAt),
    first_completed_at: rfc3339(task.firstCompletedAt),
    failed: task.failed,
    failure_reason: task.failureReason,
    rejection_count: task.rejectionCount,
    rejection_reason: task.rejectionReason,
    memory_mb: task.taskDefinition?.memoryMb ?? null,
    disk_mb: task.taskDefinition?.diskMb ?? null,
    max_pids: null,
    rootfs: task.taskDefinition?.rootFs ?? null,
    placement_tags: null,
    volume_drivers: null,
    log_guid: task.taskDefinition?.logGuid ?? null,
  };
}
