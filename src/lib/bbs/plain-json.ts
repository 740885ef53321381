const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const DELETE = 0x7f;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_MAP = 0x7b;
const CLOSE_MAP = 0x7d;
const ZERO = 0x30;
const NINE = 0x39;

const MAX_DEPTH = 32;

/**
 * Whether the bytes are JSON in the form in which Go writes it: no blanks, and printable ASCII without escapes in its strings. Then they can be
 * written as they are. It says no to much that is JSON (fractions, `true`, escapes), which a real parser has to look at.
 */
export function isPlainJson(bytes: Uint8Array, start: number, end: number): boolean {
  return value(bytes, start, end, 0) === end;
}

/** Answers where the value ends, or -1. */
function value(bytes: Uint8Array, at: number, end: number, depth: number): number {
  const first = at < end ? bytes[at]! : 0;
  if (first === QUOTE) return string(bytes, at + 1, end);
  if (first === OPEN_MAP || first === OPEN_LIST) {
    return depth === MAX_DEPTH ? -1 : members(bytes, at + 1, end, first === OPEN_MAP, depth + 1);
  }
  if (first < ZERO || first > NINE) return -1;
  let next = at + 1;
  while (next < end && bytes[next]! >= ZERO && bytes[next]! <= NINE) next++;
  return first === ZERO && next > at + 1 ? -1 : next;
}

function string(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (byte === QUOTE) return at + 1;
    if (byte < SPACE || byte >= DELETE || byte === BACKSLASH) return -1;
  }
  return -1;
}

function members(bytes: Uint8Array, start: number, end: number, isMap: boolean, depth: number): number {
  const close = isMap ? CLOSE_MAP : CLOSE_LIST;
  if (start < end && bytes[start] === close) return start + 1;
  for (let at = start; at < end; at++) {
    if (isMap) {
      if (bytes[at] !== QUOTE) return -1;
      at = string(bytes, at + 1, end);
      if (at === -1 || at >= end || bytes[at] !== COLON) return -1;
      at++;
    }
    at = value(bytes, at, end, depth);
    if (at === -1 || at >= end) return -1;
    if (bytes[at] === close) return at + 1;
    if (bytes[at] !== COMMA) return -1;
  }
  return -1;
}
