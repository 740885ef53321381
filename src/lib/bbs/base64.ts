const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const CHARACTERS = Buffer.from(ALPHABET);
const PADDING = 0x3d;
const NOT_BASE64 = 0xff;
const VALUES = new Uint8Array(256).fill(NOT_BASE64);
for (const [value, character] of CHARACTERS.entries()) VALUES[character] = value;

/** Above this, in characters, crossing into Node's own coder pays. */
const LARGEST_BY_HAND = 400;

/** How many characters so many bytes take, with the padding. */
export function base64Length(bytes: number): number {
  return Math.ceil(bytes / 3) * 4;
}

/** Standard, padded base64, as Go's base64.StdEncoding takes it. Answers how many bytes it was, -1 when it is something else. */
export function decodeBase64(source: Buffer, start: number, end: number, target: Buffer, at: number): number {
  const characters = end - start;
  if (characters === 0 || characters % 4 !== 0) return -1;
  const padding = source[end - 1] !== PADDING ? 0 : source[end - 2] === PADDING ? 2 : 1;
  const expected = (characters / 4) * 3 - padding;
  if (characters > LARGEST_BY_HAND) {
    const text = source.toString('latin1', start, end);
    const isStandard = !text.includes('-') && !text.includes('_');
    return isStandard && target.write(text, at, 'base64') === expected ? expected : -1;
  }
  const whole = padding === 0 ? end : end - 4;
  let to = at;
  let odd = 0;
  for (let from = start; from < whole; from += 4) {
    const a = VALUES[source[from]!]!;
    const b = VALUES[source[from + 1]!]!;
    const c = VALUES[source[from + 2]!]!;
    const d = VALUES[source[from + 3]!]!;
    odd |= a | b | c | d;
    target[to++] = (a << 2) | (b >> 4);
    target[to++] = (b << 4) | (c >> 2);
    target[to++] = (c << 6) | d;
  }
  if (padding > 0) {
    const a = VALUES[source[whole]!]!;
    const b = VALUES[source[whole + 1]!]!;
    const c = padding === 2 ? 0 : VALUES[source[whole + 2]!]!;
    odd |= a | b | c;
    target[to++] = (a << 2) | (b >> 4);
    if (padding === 1) target[to] = (b << 4) | (c >> 2);
  }
  return odd > 0x3f ? -1 : expected;
}

/** The reverse. Answers where the text ends in `target`. */
export function encodeBase64(source: Buffer, start: number, end: number, target: Buffer, at: number): number {
  if (base64Length(end - start) > LARGEST_BY_HAND) {
    return at + target.write(source.toString('base64', start, end), at, 'latin1');
  }
  let to = at;
  for (let from = start; from < end; from += 3) {
    const left = end - from;
    const a = source[from]!;
    const b = left > 1 ? source[from + 1]! : 0;
    const c = left > 2 ? source[from + 2]! : 0;
    target[to++] = CHARACTERS[a >> 2]!;
    target[to++] = CHARACTERS[((a & 3) << 4) | (b >> 4)]!;
    target[to++] = left > 1 ? CHARACTERS[((b & 15) << 2) | (c >> 6)]! : PADDING;
    target[to++] = left > 2 ? CHARACTERS[c & 63]! : PADDING;
  }
  return to;
}
