import { ENVELOPE_BYTES, PayloadError, PROTOBUF_ENVELOPE } from './envelope.ts';
import type { JsonBuffer } from './json-buffer.ts';
import { MASK, maskConfig } from './mask.ts';
import { rfc3339 } from './timestamps.ts';

/**
 * Protobuf messages straight to JSON, without objects in between: five times faster than @bufbuild's `fromBinary` and `JSON.stringify`, and
 * with the names that Diego's own JSON has (`rootfs`, `env`), which differ from those of the messages.
 */

export type FieldKind =
  | { kind: 'string' }
  /** A text that is masked whole unless secrets are revealed. */
  | { kind: 'secret' }
  /** JSON inside a text; the values in it that are named like secrets are masked. */
  | { kind: 'config' }
  | { kind: 'bool' }
  /** int32, int64 */
  | { kind: 'signed' }
  /** uint32, uint64 */
  | { kind: 'unsigned' }
  /** Unix nanoseconds, written as RFC 3339. */
  | { kind: 'time' }
  | { kind: 'enum'; names: readonly string[] }
  | { kind: 'message'; type: () => MessageType }
  /** A map from strings to strings or to messages. */
  | { kind: 'map'; value: FieldKind };

export interface MessageField {
  /** The field's number in the .proto. */
  readonly number: number;
  /** The name in JSON: the one in the .proto unless Diego's jsontag says otherwise. */
  readonly name: string;
  readonly type: FieldKind;
  readonly repeated?: boolean;
  /** Written even when the message has not got it, as Go does without `omitempty`. */
  readonly always?: boolean;
}

/** A message's fields in the order of their numbers. */
export class MessageType {
  readonly name: string;
  readonly fields: readonly MessageField[];
  readonly byNumber: readonly (MessageField | undefined)[];
  readonly always: readonly MessageField[];
  /** `"name":` and `,"name":` by number, so that no text is made while writing. */
  readonly firstNames: readonly string[];
  readonly nextNames: readonly string[];

  constructor(name: string, fields: readonly MessageField[]) {
    this.name = name;
    this.fields = fields;
    const size = Math.max(...fields.map(({ number }) => number)) + 1;
    const byNumber = new Array<MessageField | undefined>(size).fill(undefined);
    const names = new Array<string>(size).fill('');
    for (const field of fields) {
      byNumber[field.number] = field;
      names[field.number] = `"${field.name}":`;
    }
    this.byNumber = byNumber;
    this.firstNames = names;
    this.nextNames = names.map((name) => `,${name}`);
    this.always = fields.filter((field) => field.always === true);
  }
}

const VARINT = 0;
const FIXED64 = 1;
const DELIMITED = 2;
const FIXED32 = 5;

/** Messages nest as deeply as actions do. A few levels are usual; a hundred are an attack or damage. */
const MAX_DEPTH = 100;

/** Four numbers for each field found: its number, its wire type, where its value begins and where it ends. */
let found = new Int32Array(4096);
let top = 0;
/** Where the last varint ended. */
let cursor = 0;

/**
 * Writes the members of a message in its envelope, without braces, so that a row's own members can stand beside them. Nothing is written
 * when it throws.
 * @returns whether anything was written
 * @throws {PayloadError}
 */
export function writeEnvelopedMembers(
  out: JsonBuffer,
  type: MessageType,
  bytes: Buffer,
  start: number,
  end: number,
  mask: boolean,
): boolean {
  if (end - start < ENVELOPE_BYTES) throw new PayloadError('the envelope is too short');
  if (bytes[start] !== PROTOBUF_ENVELOPE) {
    throw new PayloadError(`the envelope says encoding ${bytes[start]}, not protobuf (${PROTOBUF_ENVELOPE})`);
  }
  return writeMembers(out, type, bytes, start + ENVELOPE_BYTES, end, mask);
}

/** {@link writeEnvelopedMembers} for a message without an envelope. */
export function writeMembers(
  out: JsonBuffer,
  type: MessageType,
  bytes: Buffer,
  start: number,
  end: number,
  mask: boolean,
): boolean {
  const length = out.length;
  top = 0;
  try {
    members(out, type, bytes, start, end, mask, 0);
  } catch (error) {
    out.truncate(length);
    throw error;
  }
  return out.length > length;
}

function members(
  out: JsonBuffer,
  type: MessageType,
  bytes: Buffer,
  start: number,
  end: number,
  mask: boolean,
  depth: number,
): void {
  if (depth > MAX_DEPTH) throw new PayloadError('its messages nest too deeply');
  const base = top;
  scan(bytes, start, end);
  const limit = top;
  let names = type.firstNames;
  let awaited = 0;
  const { always, byNumber } = type;
  for (let at = base; at < limit;) {
    const number = found[at]!;
    let next = at + 4;
    while (next < limit && found[next] === number) next += 4;
    const field = number < byNumber.length ? byNumber[number] : undefined;
    if (field !== undefined) {
      while (awaited < always.length && always[awaited]!.number < number) {
        writeDefault(out, names, always[awaited++]!);
        names = type.nextNames;
      }
      if (awaited < always.length && always[awaited]!.number === number) awaited++;
      out.ascii(names[number]!);
      names = type.nextNames;
      if (field.repeated === true) writeList(out, field.type, bytes, at, next, mask, depth);
      else if (field.type.kind === 'map') writeMap(out, field.type.value, bytes, at, next, mask, depth);
      else if (field.type.kind === 'message' && next - at > 4)
        writeMerged(out, field.type, bytes, at, next, mask, depth);
      // The last one wins, by protobuf's rule.
      else writeValue(out, field.type, bytes, next - 4, mask, depth);
    }
    at = next;
  }
  while (awaited < always.length) {
    writeDefault(out, names, always[awaited++]!);
    names = type.nextNames;
  }
  top = base;
}

/** Finds the fields of a message and puts them on the stack in the order of their numbers. */
function scan(bytes: Buffer, start: number, end: number): void {
  const base = top;
  let ascending = true;
  let last = 0;
  for (let at = start; at < end;) {
    const tag = varint(bytes, at, end);
    const number = tag >>> 3;
    const wire = tag & 7;
    let from = cursor;
    if (number === 0) throw new PayloadError('a field has the number 0');
    if (wire === VARINT) {
      varint(bytes, from, end);
      at = cursor;
    } else if (wire === DELIMITED) {
      const length = varint(bytes, from, end);
      from = cursor;
      at = from + length;
    } else if (wire === FIXED64 || wire === FIXED32) {
      at = from + (wire === FIXED64 ? 8 : 4);
    } else {
      throw new PayloadError(`a field has the wire type ${wire}`);
    }
    if (at > end) throw new PayloadError('it ends in the middle of a field');
    if (top + 4 > found.length) grow();
    found[top] = number;
    found[top + 1] = wire;
    found[top + 2] = from;
    found[top + 3] = at;
    top += 4;
    if (number < last) ascending = false;
    last = number;
  }
  if (!ascending) sortFound(base, top);
}

function grow(): void {
  const larger = new Int32Array(found.length * 2);
  larger.set(found);
  found = larger;
}

/** Any order is legal on the wire, though Diego writes ascending numbers. Fields of one number keep theirs. */
function sortFound(from: number, to: number): void {
  const entries: number[][] = [];
  for (let at = from; at < to; at += 4) entries.push(Array.from(found.subarray(at, at + 4)));
  entries.sort((a, b) => a[0]! - b[0]!);
  found.set(entries.flat(), from);
}

/**
 * A varint's value modulo 2^53, which is what tags, lengths and nearly all values need; `cursor` is behind it. Values of more than four bytes are
 * read again by {@link bigVarint}.
 */
function varint(bytes: Buffer, start: number, end: number): number {
  let value = 0;
  let factor = 1;
  for (let at = start; at < end && at < start + 10; at++) {
    const byte = bytes[at]!;
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) {
      cursor = at + 1;
      return value;
    }
    factor *= 0x80;
  }
  throw new PayloadError('it ends in the middle of a number');
}

function bigVarint(bytes: Buffer, start: number, end: number): bigint {
  let value = 0n;
  for (let at = start; at < end; at++) value |= BigInt(bytes[at]! & 0x7f) << BigInt(7 * (at - start));
  return value;
}

/** Writes a varint's digits. */
function writeDigits(out: JsonBuffer, bytes: Buffer, start: number, end: number, signed: boolean): void {
  if (end - start <= 4) out.whole(varint(bytes, start, end));
  else out.ascii(digits(bytes, start, end, signed));
}

/** Digits of a varint: JSON has no limit to the size of a number, and 64 bits do not fit a float64. */
function digits(bytes: Buffer, start: number, end: number, signed: boolean): string {
  if (end - start <= 7) return String(varint(bytes, start, end));
  const value = bigVarint(bytes, start, end);
  return (signed ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value)).toString();
}

function writeDefault(out: JsonBuffer, names: readonly string[], field: MessageField): void {
  out.ascii(names[field.number]!).ascii(defaultOf(field));
}

function defaultOf({ type, repeated }: MessageField): string {
  if (repeated === true) return '[]';
  switch (type.kind) {
    case 'string':
    case 'secret':
    case 'config':
      return '""';
    case 'bool':
      return 'false';
    case 'signed':
    case 'unsigned':
      return '0';
    case 'enum':
      return `"${type.names[0]!}"`;
    case 'map':
      return '{}';
    case 'time':
    case 'message':
      return 'null';
  }
}

function writeList(
  out: JsonBuffer,
  type: FieldKind,
  bytes: Buffer,
  at: number,
  next: number,
  mask: boolean,
  depth: number,
): void {
  const numeric =
    type.kind === 'signed' || type.kind === 'unsigned' || type.kind === 'enum' || type.kind === 'bool';
  let separator = '[';
  for (let entry = at; entry < next; entry += 4) {
    if (numeric && found[entry + 1] === DELIMITED) {
      // Packed: a reader must take both forms, whatever the .proto says.
      const to = found[entry + 3]!;
      for (let from = found[entry + 2]!; from < to; from = cursor) {
        out.ascii(separator);
        separator = ',';
        varint(bytes, from, to);
        writeNumber(out, type, bytes, from, cursor);
      }
    } else {
      out.ascii(separator);
      separator = ',';
      writeValue(out, type, bytes, entry, mask, depth);
    }
  }
  out.ascii(separator === '[' ? '[]' : ']');
}

function writeMap(
  out: JsonBuffer,
  type: FieldKind,
  bytes: Buffer,
  at: number,
  next: number,
  mask: boolean,
  depth: number,
): void {
  let separator = '{';
  for (let entry = at; entry < next; entry += 4) {
    const base = top;
    scan(bytes, found[entry + 2]!, found[entry + 3]!);
    let key = -1;
    let value = -1;
    for (let inner = base; inner < top; inner += 4) {
      if (found[inner] === 1) key = inner;
      else if (found[inner] === 2) value = inner;
    }
    out.ascii(separator);
    separator = ',';
    if (key === -1) out.ascii('""');
    else writeValue(out, { kind: 'string' }, bytes, key, false, depth);
    out.ascii(':');
    if (value === -1) out.ascii(type.kind === 'message' ? '{}' : '""');
    else writeValue(out, type, bytes, value, mask, depth);
    top = base;
  }
  out.ascii(separator === '{' ? '{}' : '}');
}

/** A message that is on the wire several times is merged, which is what reading its parts one after the other means. */
function writeMerged(
  out: JsonBuffer,
  type: FieldKind & { kind: 'message' },
  bytes: Buffer,
  at: number,
  next: number,
  mask: boolean,
  depth: number,
): void {
  const parts: Buffer[] = [];
  for (let entry = at; entry < next; entry += 4) {
    if (found[entry + 1] !== DELIMITED) throw new PayloadError('a field has the wrong wire type');
    parts.push(bytes.subarray(found[entry + 2], found[entry + 3]));
  }
  const whole = Buffer.concat(parts);
  out.ascii('{');
  members(out, type.type(), whole, 0, whole.length, mask, depth + 1);
  out.ascii('}');
}

function writeValue(
  out: JsonBuffer,
  type: FieldKind,
  bytes: Buffer,
  entry: number,
  mask: boolean,
  depth: number,
): void {
  const wire = found[entry + 1]!;
  const start = found[entry + 2]!;
  const end = found[entry + 3]!;
  const delimited =
    type.kind === 'string' ||
    type.kind === 'secret' ||
    type.kind === 'config' ||
    type.kind === 'message' ||
    type.kind === 'map';
  if (wire !== (delimited ? DELIMITED : VARINT)) throw new PayloadError('a field has the wrong wire type');
  switch (type.kind) {
    case 'string':
      out.stringBytes(bytes, start, end, mask);
      return;
    case 'secret':
      if (mask && end > start) out.string(MASK);
      else out.stringBytes(bytes, start, end, false);
      return;
    case 'config':
      if (mask) out.string(maskConfig(bytes.toString('utf8', start, end)));
      else out.stringBytes(bytes, start, end, false);
      return;
    case 'message':
      out.ascii('{');
      members(out, type.type(), bytes, start, end, mask, depth + 1);
      out.ascii('}');
      return;
    case 'map':
      throw new PayloadError('a map inside a map');
    case 'bool':
    case 'signed':
    case 'unsigned':
    case 'time':
    case 'enum':
      writeNumber(out, type, bytes, start, end);
      return;
  }
}

function writeNumber(out: JsonBuffer, type: FieldKind, bytes: Buffer, start: number, end: number): void {
  switch (type.kind) {
    case 'bool':
      out.ascii(varint(bytes, start, end) === 0 ? 'false' : 'true');
      return;
    case 'time': {
      const time = rfc3339(digits(bytes, start, end, true));
      out.ascii(time === null ? 'null' : `"${time}"`);
      return;
    }
    case 'enum': {
      const value = digits(bytes, start, end, true);
      const name = type.names[Number(value)];
      out.ascii(name === undefined ? value : `"${name}"`);
      return;
    }
    case 'signed':
    case 'unsigned':
      writeDigits(out, bytes, start, end, type.kind === 'signed');
      return;
    case 'string':
    case 'secret':
    case 'config':
    case 'message':
    case 'map':
      throw new PayloadError('a field has the wrong wire type');
  }
}
