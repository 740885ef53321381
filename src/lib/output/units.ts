/** Numbers, sizes and times as people read them. Everything takes plain numbers and strings and gives ASCII text. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `1 234 567` as `1,234,567`; numbers below 1,000 as they are. */
export function formatCount(count: number): string {
  return Math.trunc(count)
    .toString()
    .replace(/\B(?=(\d{3})+$)/gu, ',');
}

/** `1 cell`, `2 cells`, `3 proxies` (with the plural given). */
export function plural(count: number, singular: string, many = `${singular}s`): string {
  return `${formatCount(count)} ${Math.abs(count) === 1 ? singular : many}`;
}

function scaled(value: number, units: readonly string[]): string {
  let unit = 0;
  let size = value;
  // 1023.96 would be shown as 1024.0, so what rounds up to the next unit belongs to it.
  while (unit < units.length - 1 && Math.abs(size) >= 1023.95) {
    size /= 1024;
    unit++;
  }
  const digits = unit === 0 || Math.abs(size) >= 99.95 ? 0 : 1;
  return `${size.toFixed(digits).replace(/\.0$/u, '')} ${units[unit]!}`;
}

/** MiB, the unit of Diego's columns: `512 MiB`, `1.5 GiB`, `12 TiB`. */
export function formatMib(mib: number): string {
  return scaled(mib, ['MiB', 'GiB', 'TiB', 'PiB']);
}

/** `512 B`, `1.5 KiB`, `20 MiB`. */
export function formatBytes(bytes: number): string {
  return scaled(bytes, ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']);
}

/** A share of 0 to 1 as `37%`; only 1 is `100%` and only 0 is `0%`, so that "almost" is not shown as "all" or "none". */
export function formatPercent(share: number): string {
  const rounded = Math.round(share * 100);
  if (rounded === 100 && share < 1) return '99%';
  if (rounded === 0 && share > 0) return '1%';
  return `${rounded}%`;
}

/** A duration in milliseconds by its two largest units: `850ms`, `4.2s`, `3m 20s`, `5h 3m`, `12d 4h`. */
export function formatDuration(milliseconds: number): string {
  const ms = Math.abs(milliseconds);
  const sign = milliseconds < 0 ? '-' : '';
  if (ms < 999.5) return `${sign}${Math.round(ms)}ms`;
  if (ms < 9.95 * SECOND) return `${sign}${(ms / SECOND).toFixed(1)}s`;
  const seconds = Math.round(ms / SECOND) * SECOND;
  if (seconds < MINUTE) return `${sign}${seconds / SECOND}s`;
  if (seconds < HOUR) return sign + twoUnits(seconds, MINUTE, 'm', SECOND, 's');
  if (seconds < DAY) return sign + twoUnits(seconds, HOUR, 'h', MINUTE, 'm');
  return sign + twoUnits(seconds, DAY, 'd', HOUR, 'h');
}

function twoUnits(ms: number, large: number, largeName: string, small: number, smallName: string): string {
  const whole = Math.floor(ms / large);
  const rest = Math.floor((ms % large) / small);
  return rest === 0 ? `${whole}${largeName}` : `${whole}${largeName} ${rest}${smallName}`;
}

/** One unit only, for columns: `45s`, `3m`, `5h`, `12d`. */
export function formatAge(milliseconds: number): string {
  for (const [size, name] of [
    [DAY, 'd'],
    [HOUR, 'h'],
    [MINUTE, 'm'],
  ] as const) {
    if (milliseconds >= size) return `${Math.floor(milliseconds / size)}${name}`;
  }
  return `${Math.floor(milliseconds / SECOND)}s`;
}

/** `3m 20s ago`, `in 2h`, `now`. Both times in milliseconds since 1970. */
export function formatRelative(time: number, now: number): string {
  const difference = now - time;
  if (Math.abs(difference) < SECOND) return 'now';
  return difference > 0 ? `${formatDuration(difference)} ago` : `in ${formatDuration(-difference)}`;
}

/** How long ago an RFC 3339 time was, for columns: `5h`; `-` for nothing. */
export function formatSince(time: string | null, now: number): string {
  if (time === null) return '-';
  const parsed = Date.parse(time);
  return Number.isNaN(parsed) ? time : formatAge(Math.max(0, now - parsed));
}

/**
 * Reads a duration such as `90s`, `15m`, `1h30m`, `2d`, `500ms` or a plain number of seconds, in milliseconds;
 * `undefined` if it is none.
 */
export function parseDuration(text: string): number | undefined {
  if (/^\d+(\.\d+)?$/u.test(text)) return Number(text) * SECOND;
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d|w))+$/u.test(text)) return undefined;
  const size: Record<string, number> = { ms: 1, s: SECOND, m: MINUTE, h: HOUR, d: DAY, w: 7 * DAY };
  return [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d|w)/gu)].reduce(
    (sum, [, value, unit]) => sum + Number(value) * size[unit!]!,
    0,
  );
}
