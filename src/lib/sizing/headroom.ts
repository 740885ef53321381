import type { SizingModel, World } from './model.ts';

/** Room that staging must still find: so many tasks at once for every zone, in every isolation segment. */
export interface Headroom {
  tasksPerZone: number;
  memoryMb: number;
  diskMb: number;
}

export interface HeadroomTask {
  memoryMb: number;
  diskMb: number;
  constraint: number;
  /** The pool that it is for. */
  pool: number;
}

/**
 * The tasks of the headroom on these cells. Staging runs where the space's isolation segment says, so that each set of
 * placement tags gets its tasks, `tasksPerZone` for every zone that has cells with these tags (for one zone, if none has
 * any more).
 */
export function headroomTasks(model: SizingModel, world: World, headroom: Headroom): HeadroomTask[] {
  if (headroom.tasksPerZone <= 0) return [];
  const segments = new Map<string, { pool: number; tags: readonly string[]; zones: Set<string> }>();
  model.pools.forEach((pool, number) => {
    const tags = [...new Set(pool.offer.placementTags)].sort();
    const key = JSON.stringify(tags);
    if (!segments.has(key)) segments.set(key, { pool: number, tags, zones: new Set() });
  });
  world.table.members.forEach((rows, zone) => {
    for (const row of rows) {
      const pool = model.pools[world.pool[row]!]!;
      segments
        .get(JSON.stringify([...new Set(pool.offer.placementTags)].sort()))!
        .zones.add(world.table.zones[zone]!);
    }
  });
  return [...segments.values()].flatMap(({ pool, tags, zones }) => {
    const rootfs = stagingRootfs(model, pool);
    if (rootfs === undefined) return [];
    const constraint = model.constraints.add({ rootfs, placementTags: tags, volumeDrivers: [] });
    const { memoryMb, diskMb } = headroom;
    return Array.from({ length: headroom.tasksPerZone * Math.max(1, zones.size) }, () => ({
      memoryMb,
      diskMb,
      constraint,
      pool,
    }));
  });
}

/** The stack that most of the pool's processes use; else the first that its cells have. */
function stagingRootfs(model: SizingModel, pool: number): string | undefined {
  const counts = new Map<string, number>();
  for (const process of model.processes) {
    const { rootfs } = model.constraints.list[process.constraint]!;
    if (process.pool === pool && rootfs.startsWith('preloaded:')) {
      counts.set(rootfs, (counts.get(rootfs) ?? 0) + 1);
    }
  }
  const most = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))[0];
  if (most !== undefined) return most[0];
  const preloaded = model.pools[pool]!.offer.rootfsProviders.get('preloaded');
  if (preloaded === undefined || preloaded === 'any') return undefined;
  const [first] = [...preloaded].sort();
  return first === undefined ? undefined : `preloaded:${first}`;
}
