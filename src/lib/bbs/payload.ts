import { fromBinary, toBinary, type DescMessage, type MessageShape } from '@bufbuild/protobuf';
import { messageOf } from '../errors.ts';
import type { Payload } from './columns.ts';
import {
  ActualLRPNetInfoSchema,
  DesiredLRPRunInfoSchema,
  TaskDefinitionSchema,
  VolumePlacementSchema,
} from './gen/diego_pb.ts';

/**
 * The envelope around a protobuf message (bbs/format/envelope.go): one byte for the encoding, one for the version of the model.
 * 2 is protobuf; the version is 0, or an old one that the BBS reads all the same.
 */
const PROTOBUF_ENVELOPE = 2;
const ENVELOPE_BYTES = 2;

const SCHEMAS = {
  DesiredLRPRunInfo: DesiredLRPRunInfoSchema,
  VolumePlacement: VolumePlacementSchema,
  ActualLRPNetInfo: ActualLRPNetInfoSchema,
  TaskDefinition: TaskDefinitionSchema,
} as const;

export class PayloadError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'PayloadError';
  }
}

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

/** @throws {PayloadError} */
export function decodeJson(plaintext: Uint8Array, shape: 'object' | 'array'): unknown {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(plaintext));
  } catch {
    // The parser's own message quotes the text, which is a secret.
    throw new PayloadError('it is not JSON');
  }
  const actual = Array.isArray(value) ? 'array' : typeof value;
  // The BBS writes `null` for an empty list or map.
  if (value !== null && actual !== shape)
    throw new PayloadError(`it is JSON, but ${actual} and not ${shape}`);
  return value;
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
