import type { JsonBuffer } from './json-buffer.ts';

/**
 * Diego's time stamps: Unix nanoseconds in a bigint column or an int64 field; 0 means never. cgdiego shows them as RFC 3339 in
 * UTC with all nine digits, because a float64 cannot hold them.
 */

const NANOS_PER_SECOND_DIGITS = 9;
const SECONDS_PER_DAY = 86_400;

/** The days that were spelled out: a store's rows are of few, and a Date costs more than all the rest. */
const dates = new Map<number, string>();
const MOST_DATES = 4096;

const TWO_DIGITS: readonly string[] = Array.from({ length: 60 }, (_, value) =>
  String(value).padStart(2, '0'),
);

/**
 * The RFC 3339 text of Unix nanoseconds in decimal, or `null` for `null`, an empty text and Diego's 0.
 * `1795363519505655293` becomes `2026-11-22T19:25:19.505655293Z`.
 */
export function rfc3339(nanos: string | bigint | null | undefined): string | null {
  if (nanos === null || nanos === undefined) return null;
  const digits = typeof nanos === 'string' ? nanos : nanos.toString();
  if (digits === '' || digits === '0') return null;
  if (digits.startsWith('-') || digits.length <= NANOS_PER_SECOND_DIGITS)
    return rfc3339Slowly(BigInt(digits));
  const cut = digits.length - NANOS_PER_SECOND_DIGITS;
  return spell(Number(digits.slice(0, cut)), digits.slice(cut));
}

const ZERO = 0x30;
const NINE = 0x39;

/** {@link rfc3339} of digits in bytes, written as JSON; an empty range is `null`. */
export function writeRfc3339(out: JsonBuffer, bytes: Buffer, start: number, end: number): void {
  const cut = end - NANOS_PER_SECOND_DIGITS;
  let seconds = 0;
  for (let at = start; at < cut; at++) {
    const byte = bytes[at]!;
    if (byte < ZERO || byte > NINE) seconds = Number.NaN;
    seconds = seconds * 10 + byte - ZERO;
  }
  if (cut <= start || Number.isNaN(seconds)) {
    const text = rfc3339(bytes.toString('latin1', start, end));
    out.ascii(text === null ? 'null' : `"${text}"`);
    return;
  }
  const day = Math.floor(seconds / SECONDS_PER_DAY);
  const inDay = seconds - day * SECONDS_PER_DAY;
  const hours = (inDay / 3600) | 0;
  const minutes = ((inDay - hours * 3600) / 60) | 0;
  out
    .ascii('"')
    .ascii(dateOf(day))
    .ascii(TWO_DIGITS[hours]!)
    .ascii(':')
    .ascii(TWO_DIGITS[minutes]!)
    .ascii(':');
  out.ascii(TWO_DIGITS[inDay - hours * 3600 - minutes * 60]!).ascii('.');
  out.asciiBytes(bytes, cut, end).ascii('Z"');
}

function rfc3339Slowly(nanos: bigint): string {
  const perSecond = 1_000_000_000n;
  const fraction = ((nanos % perSecond) + perSecond) % perSecond;
  return spell(
    Number((nanos - fraction) / perSecond),
    fraction.toString().padStart(NANOS_PER_SECOND_DIGITS, '0'),
  );
}

function spell(seconds: number, fraction: string): string {
  const day = Math.floor(seconds / SECONDS_PER_DAY);
  const inDay = seconds - day * SECONDS_PER_DAY;
  const hours = Math.floor(inDay / 3600);
  const minutes = Math.floor((inDay % 3600) / 60);
  return `${dateOf(day)}${TWO_DIGITS[hours]}:${TWO_DIGITS[minutes]}:${TWO_DIGITS[inDay % 60]}.${fraction}Z`;
}

/** `2026-11-22T` */
function dateOf(day: number): string {
  const known = dates.get(day);
  if (known !== undefined) return known;
  if (dates.size >= MOST_DATES) dates.clear();
  const date = new Date(day * SECONDS_PER_DAY * 1000).toISOString().slice(0, 11);
  dates.set(day, date);
  return date;
}

/** Unix nanoseconds of an RFC 3339 text in UTC with up to nine digits after the point. */
export function unixNanos(time: string): bigint {
  const [, seconds = '', fraction = ''] = /^(.*?)(?:\.(\d{1,9}))?Z$/.exec(time) ?? [];
  const millis = Date.parse(`${seconds}Z`);
  if (Number.isNaN(millis)) throw new RangeError(`${JSON.stringify(time)} is not a time in RFC 3339.`);
  return BigInt(millis) * 1_000_000n + BigInt(fraction.padEnd(NANOS_PER_SECOND_DIGITS, '0'));
}
