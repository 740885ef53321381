import type { CrashRecord } from './records.ts';
import type { Actor } from './patterns.ts';

/** What `--by` takes. `instance` does not group. */
export const GROUPINGS = ['cause', 'app', 'org', 'cell', 'zone', 'instance'] as const;
export type Grouping = (typeof GROUPINGS)[number];

/** Records with something in common, and one text as an example. */
export interface CrashGroup {
  /** The class, the app, the organisation, the cell or the zone; `unknown` where nobody knows it. */
  group: string;
  /** How many instances, placement errors and tasks. */
  count: number;
  apps: number;
  /** How often they crashed. */
  crashes: number;
  /** How many of them run again. */
  recovered: number;
  /** The longest-crashing one has been at it since then at the latest; `null` when all run again. */
  crashing_since: string | null;
  /** When the newest one changed its state. */
  last_at: string | null;
  /** By class, the most frequent first. */
  causes: string[];
  who: Actor[];
  /** Of the most frequent cause. */
  cause: string;
  todo: string;
  /** One text, as an example: of the longest-crashing one. */
  example: string;
  example_id: string;
}

/** Groups records; the longest-crashing group first, those that run again last. */
export function groupCrashes(
  records: readonly CrashRecord[],
  by: Exclude<Grouping, 'instance'>,
): CrashGroup[] {
  const groups = new Map<string, CrashRecord[]>();
  for (const record of records) {
    const key = keyOf(record, by);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [record]);
    else group.push(record);
  }
  return [...groups]
    .map(([key, members]) => groupOf(key, by, members))
    .sort(
      (a, b) => longest(a.crashing_since, b.crashing_since) || b.count - a.count || compare(a.group, b.group),
    );
}

/** The longest-crashing record first, those that run again last. */
export function sortCrashes(records: readonly CrashRecord[]): CrashRecord[] {
  return [...records].sort(
    (a, b) =>
      Number(a.recovered) - Number(b.recovered) ||
      longest(a.crashing_since ?? a.since, b.crashing_since ?? b.since) ||
      compare(a.process_guid, b.process_guid) ||
      (a.index ?? 0) - (b.index ?? 0),
  );
}

function keyOf(record: CrashRecord, by: Exclude<Grouping, 'instance'>): string {
  switch (by) {
    case 'cause':
      return record.class;
    case 'app':
      return record.app_guid ?? record.process_guid;
    case 'org':
      return record.org_name ?? 'unknown';
    case 'cell':
      return record.cell_id ?? 'unknown';
    case 'zone':
      return record.zone ?? 'unknown';
  }
}

function groupOf(key: string, by: Exclude<Grouping, 'instance'>, members: CrashRecord[]): CrashGroup {
  const sorted = sortCrashes(members);
  const counts = new Map<string, number>();
  for (const { class: name } of members) counts.set(name, (counts.get(name) ?? 0) + 1);
  const causes = [...counts].sort((a, b) => b[1] - a[1] || compare(a[0], b[0])).map(([name]) => name);
  const main = sorted.find(({ class: name }) => name === causes[0])!;
  const first = sorted[0]!;
  return {
    group: by === 'app' ? (first.app_name ?? key) : key,
    count: members.length,
    apps: new Set(members.map(({ app_guid, process_guid }) => app_guid ?? process_guid)).size,
    crashes: members.reduce((sum, { crash_count }) => sum + crash_count, 0),
    recovered: members.filter(({ recovered }) => recovered).length,
    crashing_since: earliest(
      members.filter(({ recovered }) => !recovered).map(({ crashing_since }) => crashing_since),
    ),
    last_at: latest(members.map(({ since }) => since)),
    causes,
    who: [...new Set(sorted.flatMap(({ who }) => who))],
    cause: main.cause,
    todo: main.todo,
    example: first.text,
    example_id: idOfRecord(first),
  };
}

/** `process_guid/index`, or a task's guid. */
export function idOfRecord({ process_guid, index }: Pick<CrashRecord, 'process_guid' | 'index'>): string {
  return index === null ? process_guid : `${process_guid}/${index}`;
}

/** Times differ in how many digits they have, so they are compared as times. */
function longest(a: string | null, b: string | null): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return Date.parse(a) - Date.parse(b);
}

function earliest(times: (string | null)[]): string | null {
  return times.reduce<string | null>((best, time) => (longest(time, best) < 0 ? time : best), null);
}

function latest(times: (string | null)[]): string | null {
  return times.reduce<string | null>(
    (best, time) => (time !== null && (best === null || Date.parse(time) > Date.parse(best)) ? time : best),
    null,
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
