/**
 * Diego's time stamps: Unix nanoseconds in a bigint column or an int64 field; 0 means never. cgdiego shows them as RFC 3339 in
 * UTC with all nine digits, because a float64 cannot hold them.
 */

const NANOS_PER_SECOND_DIGITS = 9;
const SECONDS_PER_DAY = 86_400;

/** The last day that was spelled out. Rows come in runs of the same day, and a Date costs more than all the rest. */
let lastDay = Number.NaN;
let lastDate = '';

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
  if (day !== lastDay) {
    lastDate = new Date(day * SECONDS_PER_DAY * 1000).toISOString().slice(0, 11);
    lastDay = day;
  }
  const inDay = seconds - day * SECONDS_PER_DAY;
  const hours = Math.floor(inDay / 3600);
  const minutes = Math.floor((inDay % 3600) / 60);
  return `${lastDate}${two(hours)}:${two(minutes)}:${two(inDay % 60)}.${fraction}Z`;
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}

/** Unix nanoseconds of an RFC 3339 text in UTC with up to nine digits after the point. */
export function unixNanos(time: string): bigint {
  const [, seconds = '', fraction = ''] = /^(.*?)(?:\.(\d{1,9}))?Z$/.exec(time) ?? [];
  const millis = Date.parse(`${seconds}Z`);
  if (Number.isNaN(millis)) throw new RangeError(`${JSON.stringify(time)} is not a time in RFC 3339.`);
  return BigInt(millis) * 1_000_000n + BigInt(fraction.padEnd(NANOS_PER_SECOND_DIGITS, '0'));
}
