import type { View } from '../view.ts';
import { type Group, property, running } from './groups.ts';
import type { ManifestSet } from './model.ts';
import type { Hit, Rule } from './rule.ts';

const REP = 'diego-release jobs/rep/spec';
/** The Cloud Controller's default_health_check_timeout: how long an instance may take to become healthy. */
const HEALTH_CHECK_SECONDS = 60;
/** garden's network pool 10.254.0.0/22 has 256 networks, and a silk cell's /24 has 254 addresses. */
const MOST_CONTAINERS = 250;

function cells(set: ManifestSet): Group[] {
  return running(set.groups.filter(({ roles }) => roles.has('cell')));
}

function ofRep(group: Group, ...path: string[]): View {
  return property(group, group.jobNames.has('rep_windows') ? 'rep_windows' : 'rep', 'diego', ...path);
}

/** Each place once, though many groups may get the property from it. */
function* distinct(hits: Iterable<Hit>): Generator<Hit> {
  const seen = new Set<string>();
  for (const hit of hits) {
    const key = `${hit.at.source.path}:${hit.at.position.line}:${hit.what}`;
    if (!seen.has(key)) yield hit;
    seen.add(key);
  }
}

function total(groups: readonly Group[]): number {
  return groups.reduce((sum, { zones }) => sum + [...zones.values()].reduce((a, b) => a + b, 0), 0);
}

/** How many of the group's VMs BOSH takes down at once; `undefined` when it is not known. */
function atOnce(group: Group): number | undefined {
  const text = group.maxInFlight.text;
  if (text === undefined) return group.maxInFlight.exists ? undefined : 1;
  const count = total([group]);
  const percent = /^(\d+)%$/.exec(text)?.[1];
  if (percent !== undefined) return Math.max(1, Math.floor((count * Number(percent)) / 100));
  return /^\d+$/.test(text) ? Math.min(Number(text), count) : undefined;
}

/** The longest that BOSH waits for a VM to become healthy, in seconds: `5000-1200000` is in milliseconds. */
function watchSeconds(group: Group): { at: View; seconds: number } | undefined {
  const own = group.view.at('update', 'update_watch_time');
  const at = own.exists ? own : group.root.at('update', 'update_watch_time');
  const text = /(\d+)\s*$/.exec(at.text ?? '')?.[1];
  return text === undefined ? undefined : { at, seconds: Number(text) / 1000 };
}

/** BOSH 2 updates groups one after the other unless `serial: false`. */
function isParallel(group: Group): boolean {
  const own = group.view.at('update', 'serial');
  return (own.exists ? own : group.root.at('update', 'serial')).boolean === false;
}

export const cellRules: Rule[] = [
  {
    id: 'cells/evacuation-too-short',
    severity: 'warn',
    what: `the evacuation timeout is shorter than ${HEALTH_CHECK_SECONDS} seconds`,
    why: 'An instance may take that long to become healthy on another cell; at the timeout the old one is stopped all the same, and the app has fewer instances.',
    next: 'Set evacuation_timeout_in_seconds to 600, the default, or at least to the longest health check timeout.',
    source: `${REP}: evacuation_timeout_in_seconds, default 600`,
    *check({ set }) {
      const hits = cells(set).flatMap((group): Hit[] => {
        const timeout = ofRep(group, 'rep', 'evacuation_timeout_in_seconds');
        const seconds = timeout.number;
        if (seconds === undefined || seconds >= HEALTH_CHECK_SECONDS) return [];
        return [{ at: timeout, what: `A cell that is updated has ${seconds} seconds to evacuate.` }];
      });
      const stubs = set.stubs.flatMap((stub): Hit[] => {
        const timeout = stub.at('property_overrides', 'rep', 'evacuation_timeout_in_seconds');
        const seconds = timeout.number;
        if (seconds === undefined || seconds >= HEALTH_CHECK_SECONDS) return [];
        return [{ at: timeout, what: `A cell that is updated has ${seconds} seconds to evacuate.` }];
      });
      yield* distinct([...hits, ...stubs]);
    },
  },
  {
    id: 'cells/evacuation-outlasts-watch',
    severity: 'warn',
    what: 'the evacuation timeout is longer than the update watch time',
    why: 'Every batch of max_in_flight cells may drain for that long; what the operator allowed BOSH to wait is shorter than what one cell may take.',
    next: 'Shorten the evacuation timeout, or widen update_watch_time and plan the deployment for it.',
    source: `${REP}: evacuation_timeout_in_seconds; bosh.io, update block`,
    *check({ set }) {
      yield* distinct(
        cells(set).flatMap((group): Hit[] => {
          const timeout = ofRep(group, 'rep', 'evacuation_timeout_in_seconds');
          const watch = watchSeconds(group);
          const seconds = timeout.isUnknown ? undefined : (timeout.number ?? 600);
          if (watch === undefined || seconds === undefined || seconds <= watch.seconds) return [];
          const batches = Math.ceil(total([group]) / (atOnce(group) ?? 1));
          return [
            {
              at: timeout.exists ? timeout : watch.at,
              what: `${group.name}: cells have ${seconds} seconds to evacuate, and update_watch_time ends at ${watch.seconds}; the ${total([group])} cells may take ${Math.ceil((batches * seconds) / 60)} minutes to drain.`,
            },
          ];
        }),
      );
    },
  },
  {
    id: 'cells/max-in-flight',
    severity: 'warn',
    what: 'an update takes as many cells down at once as a zone has',
    why: 'They evacuate onto the cells that are left: a deployment is then the loss of a zone, and there is no room for another fault.',
    next: "Lower max_in_flight to less than a zone's cells; 3 of 42 is cloud.gov's.",
    source: 'bosh.io, update block; diego-release docs/080-deployment-constraints.md',
    *check({ set }) {
      const pools = new Map<string, Group[]>();
      for (const group of cells(set)) {
        const pool = group.tags.join(',');
        pools.set(pool, [...(pools.get(pool) ?? []), group]);
      }
      for (const groups of pools.values()) {
        const counts = groups.map(atOnce);
        if (counts.includes(undefined)) continue;
        const known = counts as number[];
        const parallel = groups.length > 1 && groups.every(isParallel);
        const down = parallel ? known.reduce((a, b) => a + b, 0) : Math.max(...known);
        const all = total(groups);
        const zones = new Set(groups.flatMap((group) => [...group.zones.keys()])).size;
        if (down < 2 || down < all / Math.max(zones, 1)) continue;
        const at = groups[known.indexOf(Math.max(...known))]!.maxInFlight;
        yield {
          at: at.exists ? at : groups[0]!.view,
          what: `${down} of ${all} cells (${groups.map(({ name }) => name).join(', ')}) may be updated at once.`,
        };
      }
    },
  },
  {
    id: 'cells/memory-overcommit',
    severity: 'warn',
    what: 'a cell offers more memory than its VM has',
    why: 'The auction fills what the rep offers. When the apps use it, the kernel kills processes on the cell.',
    next: 'Set memory_capacity_mb to auto, or to less than the memory of the VM type.',
    source: `${REP}: memory_capacity_mb`,
    *check({ set }) {
      yield* distinct(
        cells(set).flatMap((group): Hit[] =>
          overcommit(group, ofRep(group, 'executor', 'memory_capacity_mb'), group.size.memoryMb, 'memory'),
        ),
      );
    },
  },
  {
    id: 'cells/disk-overcommit',
    severity: 'warn',
    what: 'a cell offers more disk than its VM has',
    why: 'A full disk stops every container of the cell, and downloads and the cache need room beside them.',
    next: 'Set disk_capacity_mb to auto, or to less than the ephemeral disk of the VM type.',
    source: `${REP}: disk_capacity_mb, max_cache_size_in_bytes`,
    *check({ set }) {
      yield* distinct(
        cells(set).flatMap((group): Hit[] =>
          overcommit(group, ofRep(group, 'executor', 'disk_capacity_mb'), group.size.diskMb, 'disk'),
        ),
      );
    },
  },
  {
    id: 'cells/container-limit',
    severity: 'warn',
    what: `a cell may run more than ${MOST_CONTAINERS} containers, or none`,
    why: "garden's network pool has room for 256 containers, silk's network of a cell for 254: more fail to start.",
    next: 'Set max_containers to 250, the default, or widen the network pool with it.',
    source: `${REP}: max_containers, default 250; garden-runc-release: network_pool`,
    *check({ set }) {
      yield* distinct(
        cells(set).flatMap((group): Hit[] => {
          const limit = ofRep(group, 'rep', 'max_containers');
          const count = limit.number;
          if (count === undefined || (count > 0 && count <= MOST_CONTAINERS)) return [];
          return [{ at: limit, what: `max_containers is ${count}.` }];
        }),
      );
    },
  },
];

function overcommit(group: Group, offered: View, has: number | undefined, what: string): Hit[] {
  const mb = offered.number;
  if (mb === undefined || has === undefined || mb <= has) return [];
  const ratio = (mb / has).toFixed(2);
  return [
    {
      at: offered,
      what: `${group.name} offers ${mb} MB of ${what}, and its VM has ${has} MB (${ratio} times).`,
    },
  ];
}
