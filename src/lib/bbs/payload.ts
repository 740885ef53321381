import { fromBinary, toBinary, type DescMessage, type MessageShape } from '@bufbuild/protobuf';
import { messageOf } from '../errors.ts';
import type { Payload } from './columns.ts';
import { decodeJson, ENVELOPE_BYTES, PayloadError, PROTOBUF_ENVELOPE } from './envelope.ts';
import {
  ActualLRPNetInfoSchema,
  DesiredLRPRunInfoSchema,
  TaskDefinitionSchema,
  VolumePlacementSchema,
} from './gen/diego_pb.ts';

export { decodeJson, PayloadError } from './envelope.ts';

const SCHEMAS = {
  DesiredLRPRunInfo: DesiredLRPRunInfoSchema,
  VolumePlacement: VolumePlacementSchema,
  ActualLRPNetInfo: ActualLRPNetInfoSchema,
  TaskDefinition: TaskDefinitionSchema,
} as const;

/** @throws {PayloadError} */
export function decodeMessage<Desc extends DescMessage>(
  schema: Desc,
  plaintext: Uint8Array,
): MessageShape<Desc> {
  if (plaintext.length < ENVELOPE_BYTES) throw new PayloadError('the envelope is too short');
  if (plaintext[0] !== PROTOBUF_ENVELOPE) {
    throw new PayloadError(`the envelope says encoding ${plaintext[0]}, not protobuf (${PROTOBUF_ENVELOPE})`);
  }
  try {
    return fromBinary(schema, plaintext.subarray(ENVELOPE_BYTES));
  } catch (error) {
    throw new PayloadError(`it is not a ${schema.name}: ${messageOf(error)}`);
  }
}

/** A message in the envelope that the BBS writes: protobuf, version 0. Unknown fields that were read are written again. */
export function encodeMessage<Desc extends DescMessage>(
  schema: Desc,
  message: MessageShape<Desc>,
): Uint8Array {
  const bytes = toBinary(schema, message);
  const envelope = new Uint8Array(ENVELOPE_BYTES + bytes.length);
  envelope[0] = PROTOBUF_ENVELOPE;
  envelope.set(bytes, ENVELOPE_BYTES);
  return envelope;
}

/** Why the BBS could not use a decrypted column, or `undefined` if it could. */
export function payloadProblem(payload: Payload, plaintext: Uint8Array): string | undefined {
  try {
    if (payload.kind === 'json') decodeJson(plaintext, payload.shape);
    else decodeMessage(SCHEMAS[payload.message], plaintext);
    return undefined;
  } catch (error) {
    if (error instanceof PayloadError) return error.message;
    throw error;
  }
}
