import { fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  ActualLRPChangedEventSchema,
  ActualLRPCrashedEventSchema,
  ActualLRPCreatedEventSchema,
  ActualLRPInstanceChangedEventSchema,
  ActualLRPInstanceCreatedEventSchema,
  ActualLRPInstanceRemovedEventSchema,
  ActualLRPRemovedEventSchema,
  DesiredLRPChangedEventSchema,
  DesiredLRPCreatedEventSchema,
  DesiredLRPRemovedEventSchema,
  TaskChangedEventSchema,
  TaskCreatedEventSchema,
  TaskRemovedEventSchema,
  type ActualLRP,
  type ActualLRPGroup,
  type ActualLRPInfo,
  type ActualLRPInstanceKey,
  type ActualLRPKey,
  type DesiredLRP,
  type Task,
} from '../bbs/gen/diego_pb.ts';
import { JsonBuffer } from '../bbs/json-buffer.ts';
import { writeMembers } from '../bbs/message-json.ts';
import { writeActualLrp, writeActualLrpInfo, writeDesiredLrp, writeKeys, writeTask } from './api-json.ts';
import { ACTUAL_LRP_CRASHED } from './api-types.ts';

/** bbs/models/events.go. The types of groups are deprecated and only on the old streams. */
const SCHEMAS = {
  desired_lrp_created: DesiredLRPCreatedEventSchema,
  desired_lrp_changed: DesiredLRPChangedEventSchema,
  desired_lrp_removed: DesiredLRPRemovedEventSchema,
  actual_lrp_created: ActualLRPCreatedEventSchema,
  actual_lrp_changed: ActualLRPChangedEventSchema,
  actual_lrp_removed: ActualLRPRemovedEventSchema,
  actual_lrp_crashed: ActualLRPCrashedEventSchema,
  actual_lrp_instance_created: ActualLRPInstanceCreatedEventSchema,
  actual_lrp_instance_changed: ActualLRPInstanceChangedEventSchema,
  actual_lrp_instance_removed: ActualLRPInstanceRemovedEventSchema,
  task_created: TaskCreatedEventSchema,
  task_changed: TaskChangedEventSchema,
  task_removed: TaskRemovedEventSchema,
} as const;

export type EventType = keyof typeof SCHEMAS;

/** The fields of all events; each has some of them. */
export interface EventContents {
  desiredLrp?: DesiredLRP;
  actualLrp?: ActualLRP;
  actualLrpGroup?: ActualLRPGroup;
  task?: Task;
  before?: DesiredLRP | ActualLRPInfo | ActualLRPGroup | Task;
  after?: DesiredLRP | ActualLRPInfo | ActualLRPGroup | Task;
  actualLrpKey?: ActualLRPKey;
  actualLrpInstanceKey?: ActualLRPInstanceKey;
  crashCount?: number;
  crashReason?: string;
  since?: bigint;
  traceId?: string;
}

export interface BbsEvent {
  type: EventType;
  contents: EventContents;
}

/**
 * Decodes an event by its name.
 * @returns `null` for a name that is not known
 * @throws when the bytes are not that event
 */
export function decodeEvent(name: string, bytes: Uint8Array): BbsEvent | null {
  if (!Object.hasOwn(SCHEMAS, name)) return null;
  const type = name as EventType;
  return { type, contents: fromBinary(SCHEMAS[type], bytes) };
}

/**
 * An event as one line of JSON without its end: `{"type":…,"data":…}` as `cfdot lrp-events` and `cfdot task-events` print it.
 * With `mask` without secrets.
 */
export function eventJson(event: BbsEvent, mask: boolean): string {
  const out = new JsonBuffer(4096);
  const { contents, type } = event;
  out.ascii(`{"type":"${type}","data":{`);
  const start = out.length;
  const member = (name: string, writeValue: () => void) => {
    if (out.length > start) out.ascii(',');
    out.ascii(`"${name}":`);
    writeValue();
  };
  if (contents.actualLrpKey !== undefined || contents.actualLrpInstanceKey !== undefined) {
    writeKeys(out, contents);
  }
  const { desiredLrp, actualLrp, actualLrpGroup, task, before, after } = contents;
  if (desiredLrp)
    member('desired_lrp', () => {
      writeDesiredLrp(out, desiredLrp, mask);
    });
  if (actualLrp)
    member('actual_lrp', () => {
      writeActualLrp(out, actualLrp, mask);
    });
  if (actualLrpGroup)
    member('actual_lrp_group', () => {
      writeGroup(out, actualLrpGroup, mask);
    });
  if (task)
    member('task', () => {
      writeTask(out, task, mask);
    });
  if (before)
    member('before', () => {
      writeSide(out, before, mask);
    });
  if (after)
    member('after', () => {
      writeSide(out, after, mask);
    });
  if (type === 'actual_lrp_crashed') {
    if (out.length > start) out.ascii(',');
    const bytes = Buffer.from(toBinary(ActualLRPCrashedEventSchema, contents as never));
    writeMembers(out, ACTUAL_LRP_CRASHED, bytes, 0, bytes.length, mask);
  }
  if (contents.traceId !== undefined)
    member('trace_id', () => {
      out.string(contents.traceId!);
    });
  out.ascii('}}');
  return out.take().toString('utf8');
}

function writeSide(
  out: JsonBuffer,
  side: DesiredLRP | ActualLRPInfo | ActualLRPGroup | Task,
  mask: boolean,
): void {
  switch (side.$typeName) {
    case 'models.DesiredLRP':
      writeDesiredLrp(out, side, mask);
      return;
    case 'models.ActualLRPInfo':
      writeActualLrpInfo(out, side, mask);
      return;
    case 'models.ActualLRPGroup':
      writeGroup(out, side, mask);
      return;
    case 'models.Task':
      writeTask(out, side, mask);
      return;
  }
}

function writeGroup(out: JsonBuffer, { instance, evacuating }: ActualLRPGroup, mask: boolean): void {
  out.ascii('{');
  if (instance !== undefined) {
    out.ascii('"instance":');
    writeActualLrp(out, instance, mask);
  }
  if (evacuating !== undefined) {
    out.ascii(`${instance === undefined ? '' : ','}"evacuating":`);
    writeActualLrp(out, evacuating, mask);
  }
  out.ascii('}');
}
