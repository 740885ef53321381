import { countByZone, type Group, property, type Role, running } from '../check/groups.ts';
import type { ManifestSet } from '../check/model.ts';
import type { KeyBlock } from '../key-blocks.ts';
import type { View } from '../view.ts';
import { keyChanges } from './keys.ts';
import { type Leaf, leavesOf } from './leaves.ts';

export type Area = 'keys' | 'bbs' | 'store' | 'cells' | 'zones' | 'releases' | 'other';

/** One change, as `manifest diff -o json` prints it. Secrets are masked. */
export interface Change {
  area: Area;
  /** `bad`: data or the BBS is lost by it; `warn`: look at it before you deploy. */
  level: 'warn' | 'bad' | undefined;
  what: string;
  path: string;
  old: string | null;
  new: string | null;
}

/** What changes for the BBS, the cells and the zones between two manifests. */
export function diffManifests(old: ManifestSet, now: ManifestSet): Change[] {
  return [
    ...allKeyChanges(old, now),
    ...roleChanges(old, now),
    ...poolChanges(old, now),
    ...leafChanges(old, now),
  ];
}

function allKeyChanges(old: ManifestSet, now: ManifestSet): Change[] {
  const place = (block: KeyBlock): string => block.opsPath;
  const places = new Set([...old.keyBlocks, ...now.keyBlocks].map(place));
  // A key that only moved, such as from the global properties into a job, is compared all the same.
  if (old.keyBlocks.length === 1 && now.keyBlocks.length === 1) {
    return keyChanges(old.keyBlocks[0], now.keyBlocks[0]);
  }
  return [...places].flatMap((each) =>
    keyChanges(
      old.keyBlocks.find((block) => place(block) === each),
      now.keyBlocks.find((block) => place(block) === each),
    ),
  );
}

const ROLES: [Role, Area, string][] = [
  ['bbs', 'bbs', 'BBSs'],
  ['brain', 'zones', 'auctioneers'],
  ['access', 'zones', 'SSH proxies'],
];

function withRole(set: ManifestSet, role: Role): Group[] {
  return running(set.groups.filter(({ roles, isErrand }) => roles.has(role) && !isErrand));
}

function roleChanges(old: ManifestSet, now: ManifestSet): Change[] {
  return ROLES.flatMap(([role, area, words]) =>
    countChanges(area, words, withRole(old, role), withRole(now, role)),
  );
}

/** Counts by zone, and what the change is in per cent. */
function countChanges(area: Area, words: string, old: readonly Group[], now: readonly Group[]): Change[] {
  const [before, after] = [countByZone(old), countByZone(now)];
  const zones = [...new Set([...before.keys(), ...after.keys()])].sort();
  return zones.flatMap((zone): Change[] => {
    const [was, is] = [before.get(zone) ?? 0, after.get(zone) ?? 0];
    if (was === is) return [];
    const percent =
      was === 0 ? '' : ` (${is > was ? '+' : '-'}${Math.round((Math.abs(is - was) / was) * 100)} %)`;
    const what =
      is === 0
        ? `${zone} loses all its ${words}`
        : was === 0
          ? `${zone} gets ${words}`
          : `${words} in ${zone}`;
    return [
      {
        area,
        level: is === 0 ? 'bad' : is < was ? 'warn' : undefined,
        what: `${what[0]!.toUpperCase()}${what.slice(1)}: ${was} to ${is}${percent}.`,
        path: (now[0] ?? old[0])!.view.path,
        old: String(was),
        new: String(is),
      },
    ];
  });
}

function pools(set: ManifestSet): Map<string, Group[]> {
  const found = new Map<string, Group[]>();
  for (const group of withRole(set, 'cell')) {
    const tags = group.tags.join(',');
    found.set(tags, [...(found.get(tags) ?? []), group]);
  }
  return found;
}

function poolChanges(old: ManifestSet, now: ManifestSet): Change[] {
  const [before, after] = [pools(old), pools(now)];
  return [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((tags) => {
    const words = tags === '' ? 'cells' : `cells with the placement tag ${tags}`;
    const [was, is] = [before.get(tags) ?? [], after.get(tags) ?? []];
    return [...countChanges('cells', words, was, is), ...capacityChange(words, was, is)];
  });
}

/** The memory that all cells of a kind offer, where it is known for all of them. */
function capacityChange(words: string, old: readonly Group[], now: readonly Group[]): Change[] {
  const [was, is] = [offeredMemory(old), offeredMemory(now)];
  if (was === undefined || is === undefined || was === is || was === 0) return [];
  return [
    {
      area: 'cells',
      level: is < was ? 'warn' : undefined,
      what: `The ${words} offer ${is} MB of memory in place of ${was} MB (${is > was ? '+' : '-'}${Math.round((Math.abs(is - was) / was) * 100)} %).`,
      path: now[0]?.view.path ?? old[0]!.view.path,
      old: String(was),
      new: String(is),
    },
  ];
}

function offeredMemory(groups: readonly Group[]): number | undefined {
  let sum = 0;
  for (const group of groups) {
    const mb =
      property(group, 'rep', 'diego', 'executor', 'memory_capacity_mb').number ?? group.size.memoryMb;
    if (mb === undefined) return undefined;
    for (const count of group.zones.values()) sum += count * mb;
  }
  return groups.length === 0 ? undefined : sum;
}

/** The parts of a manifest that are about Diego. */
function parts(set: ManifestSet): View[] {
  const diego = set.groups.filter(
    ({ roles, jobNames }) => roles.size > 0 || ['locket', 'route_emitter'].some((job) => jobNames.has(job)),
  );
  const releases = set.documents
    .flatMap((root) => root.get('releases').items)
    .filter((release) =>
      /^(diego|garden-runc|garden-linux|cflinuxfs\d|silk|cf-networking)$/.test(
        release.get('name').text ?? '',
      ),
    );
  return [
    ...releases,
    ...set.documents.flatMap((root) => [
      root.get('update'),
      root.at('properties', 'diego'),
      root.get('property_overrides'),
      root.get('sql_overrides'),
      root.get('azs'),
      root.get('vm_types'),
      root.get('resource_pools'),
      ...(root.get('database_connection_string').exists ? [root] : []),
    ]),
    ...diego.map(({ view }) => view),
  ];
}

function leavesOfSet(set: ManifestSet): Map<string, Leaf> {
  const leaves = new Map<string, Leaf>();
  for (const part of parts(set)) leavesOf(part, leaves);
  return leaves;
}

function leafChanges(old: ManifestSet, now: ManifestSet): Change[] {
  const [before, after] = [leavesOfSet(old), leavesOfSet(now)];
  const changes: Change[] = [];
  for (const path of new Set([...before.keys(), ...after.keys()])) {
    const [was, is] = [before.get(path), after.get(path)];
    if (was?.value === is?.value) continue;
    const leaf = (is ?? was)!;
    // Told as counts by zone.
    if (leaf.name === 'instances' || /\.azs\[\d+\]$/.test(path)) continue;
    changes.push(leafChange(leaf, was, is));
  }
  return changes;
}

/** What operators call the properties they turn. */
const WORDS: Record<string, [Area, string]> = {
  db_connection_string: ['store', 'the connection string of the store'],
  database_connection_string: ['store', 'the connection string of the store'],
  db_driver: ['store', 'the driver of the store'],
  db_host: ['store', 'the host of the store'],
  db_password: ['store', "the store's password"],
  db_schema: ['store', 'the database of the store'],
  db_username: ['store', "the store's user"],
  disk_capacity_mb: ['cells', 'the disk that a cell offers, in MB'],
  evacuation_timeout_in_seconds: ['cells', 'how long a cell may evacuate, in seconds'],
  max_containers: ['cells', 'how many containers a cell may run'],
  max_in_flight: ['other', 'how many VMs are updated at once'],
  max_open_connections: ['store', 'the connections to the store'],
  memory_capacity_mb: ['cells', 'the memory that a cell offers, in MB'],
  placement_tags: ['cells', 'a placement tag of the cells'],
  require_ssl: ['store', 'whether TLS is required'],
  vm_type: ['zones', 'the VM type'],
  zone: ['zones', 'the zone that the reps report'],
};

function leafChange(leaf: Leaf, was: Leaf | undefined, is: Leaf | undefined): Change {
  const release = /^releases\[name=([^\]]+)\]\.version$/.exec(leaf.path);
  const [area, words] = release
    ? (['releases', `the release ${release[1]!}`] as const)
    : (WORDS[leaf.name] ?? ([areaOf(leaf.path), leaf.path] as const));
  const loosens = leaf.name === 'require_ssl' && /^(true|yes|on)$/i.test(was?.value ?? '');
  const what =
    was === undefined ? `New: ${words} is ${is!.shown}.`
    : is === undefined ? `Gone: ${words}, which was ${was.shown}.`
    : `Changed: ${words}, from ${was.shown} to ${is.shown}.`; // prettier-ignore
  return {
    area,
    level: loosens ? 'bad' : undefined,
    what,
    path: leaf.path,
    old: was?.shown ?? null,
    new: is?.shown ?? null,
  };
}

function areaOf(path: string): Area {
  if (/(^|\.)releases\[/.test(path)) return 'releases';
  if (/\.sql\.|sql_overrides/.test(path)) return 'store';
  if (/diego\.(rep|executor)\.|property_overrides\.(rep|executor|garden)\.|name=(rep|garden)\]/.test(path))
    return 'cells';
  if (/diego\.bbs\.|property_overrides\.bbs\.|name=bbs\]/.test(path)) return 'bbs';
  return /(^|\.)(azs|networks|vm_types|resource_pools)\b/.test(path) ? 'zones' : 'other';
}
