import { toBinary, type DescMessage, type MessageShape } from '@bufbuild/protobuf';
import {
  ActualLRPInfoSchema,
  ActualLRPInstanceKeySchema,
  ActualLRPKeySchema,
  ActualLRPNetInfoSchema,
  ActualLRPSchema,
  DesiredLRPSchema,
  TaskDefinitionSchema,
  TaskSchema,
  type ActualLRP,
  type ActualLRPInfo,
  type ActualLRPInstanceKey,
  type ActualLRPKey,
  type ActualLRPNetInfo,
  type DesiredLRP,
  type ProtoRoutes,
  type Task,
} from '../bbs/gen/diego_pb.ts';
import type { JsonBuffer } from '../bbs/json-buffer.ts';
import { MASK, maskValue } from '../bbs/mask.ts';
import { writeMembers, type MessageType } from '../bbs/message-json.ts';
import { NET_INFO } from '../bbs/message-types.ts';
import {
  ACTUAL_LRP,
  ACTUAL_LRP_INFO,
  ACTUAL_LRP_INSTANCE_KEY,
  ACTUAL_LRP_KEY,
  DESIRED_LRP,
  TASK,
  API_TASK_DEFINITION,
} from './api-types.ts';

/**
 * What the BBS's API answers as JSON, as cfdot prints it: the same names, the same fields left out, times as Unix nanoseconds.
 * With `mask` without environment values, image passwords and private keys.
 */

export function writeDesiredLrp(out: JsonBuffer, lrp: DesiredLRP, mask: boolean): void {
  out.ascii('{');
  write(out, DESIRED_LRP, DesiredLRPSchema, lrp, mask);
  if (lrp.routes !== undefined) {
    out.ascii(',"routes":');
    writeRoutes(out, lrp.routes, mask);
  }
  out.ascii('}');
}

export function writeActualLrp(out: JsonBuffer, lrp: ActualLRP, mask: boolean): void {
  out.ascii('{');
  writeKeys(out, lrp);
  out.ascii(',');
  writeNetInfo(out, lrp.actualLrpNetInfo);
  out.ascii(',');
  write(out, ACTUAL_LRP, ActualLRPSchema, lrp, mask);
  writeRoutable(out, lrp.routable);
  out.ascii('}');
}

/** An instance before or after a change: what can change of it. */
export function writeActualLrpInfo(out: JsonBuffer, info: ActualLRPInfo, mask: boolean): void {
  out.ascii('{');
  writeNetInfo(out, info.actualLrpNetInfo);
  out.ascii(',');
  write(out, ACTUAL_LRP_INFO, ActualLRPInfoSchema, info, mask);
  writeRoutable(out, info.routable);
  out.ascii('}');
}

export function writeTask(out: JsonBuffer, task: Task, mask: boolean): void {
  out.ascii('{');
  if (task.taskDefinition !== undefined) {
    write(out, API_TASK_DEFINITION, TaskDefinitionSchema, task.taskDefinition, mask);
    out.ascii(',');
  }
  write(out, TASK, TaskSchema, task, mask);
  out.ascii('}');
}

/** Go embeds both keys in what has them: their members stand beside the others. */
export function writeKeys(
  out: JsonBuffer,
  keyed: {
    actualLrpKey?: ActualLRPKey | undefined;
    actualLrpInstanceKey?: ActualLRPInstanceKey | undefined;
  },
): void {
  const { actualLrpKey, actualLrpInstanceKey } = keyed;
  write(out, ACTUAL_LRP_KEY, ActualLRPKeySchema, actualLrpKey, false);
  out.ascii(',');
  write(out, ACTUAL_LRP_INSTANCE_KEY, ActualLRPInstanceKeySchema, actualLrpInstanceKey, false);
}

function writeNetInfo(out: JsonBuffer, info: ActualLRPNetInfo | undefined): void {
  write(out, NET_INFO, ActualLRPNetInfoSchema, info, false);
}

/** A oneof in the .proto, which Go writes with a name of its own around it. */
function writeRoutable(out: JsonBuffer, routable: boolean | undefined): void {
  out.ascii(`,"OptionalRoutable":${routable === undefined ? 'null' : `{"routable":${routable}}`}`);
}

/** The members of a message; those of an empty one when there is none. */
function write<Desc extends DescMessage>(
  out: JsonBuffer,
  type: MessageType,
  schema: Desc,
  message: MessageShape<Desc> | undefined,
  mask: boolean,
): void {
  const bytes = message === undefined ? Buffer.alloc(0) : Buffer.from(toBinary(schema, message));
  writeMembers(out, type, bytes, 0, bytes.length, mask);
}

/** Routes are JSON of the routers' own making by their names. */
function writeRoutes(out: JsonBuffer, { routes }: ProtoRoutes, mask: boolean): void {
  let separator = '{';
  for (const [name, bytes] of Object.entries(routes)) {
    out.ascii(separator).string(name).ascii(':');
    separator = ',';
    const text = Buffer.from(bytes).toString('utf8');
    try {
      const value: unknown = JSON.parse(text);
      out.raw(mask ? JSON.stringify(maskValue(value)) : text);
    } catch {
      out.string(mask ? MASK : text);
    }
  }
  out.ascii(separator === '{' ? '{}' : '}');
}
