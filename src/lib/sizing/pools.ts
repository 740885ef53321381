import type { AuctionCell, Capacity, CellOffer } from '../auction/types.ts';

/** Cells that offer the same: isolation tags, stacks, volume drivers. */
export interface Pool {
  /** For people and for flags: `shared`, `isolated-egress`, `shared+nfsv3driver`. Unique. */
  name: string;
  offer: CellOffer;
  /** How many cells it has, and in which zones. */
  cells: number;
  zones: string[];
  /** What most of its cells have: the size of a cell that would be added. */
  cellSize: Capacity;
  proxyMemoryMb: number;
}

/** Groups cells; `undefined` stands for a cell that is named but not there. */
export function poolsOf(cells: readonly (AuctionCell | undefined)[]): { pools: Pool[]; poolOf: number[] } {
  const members = new Map<string, AuctionCell[]>();
  const keys = cells.map((cell) => {
    if (cell === undefined) return undefined;
    const key = JSON.stringify([
      tagsOf(cell),
      optionalOf(cell),
      stacksOf(cell),
      [...cell.volumeDrivers].sort(),
    ]);
    const group = members.get(key);
    if (group === undefined) members.set(key, [cell]);
    else group.push(cell);
    return key;
  });
  const groups = [...members].sort(
    ([, a], [, b]) =>
      tagsOf(a[0]!).length - tagsOf(b[0]!).length ||
      a[0]!.volumeDrivers.length - b[0]!.volumeDrivers.length ||
      b.length - a.length,
  );
  const names = poolNames(groups.map(([, [first]]) => first!));
  const at = new Map(groups.map(([key], i) => [key, i]));
  return {
    pools: groups.map(([, group], i): Pool => ({
      name: names[i]!,
      offer: offerOf(group[0]!),
      cells: group.length,
      zones: [...new Set(group.map((cell) => cell.zone))].sort(),
      cellSize: mostCommon(group.map((cell) => cell.total)),
      proxyMemoryMb: Math.max(...group.map((cell) => cell.proxyMemoryMb)),
    })),
    poolOf: keys.map((key) => (key === undefined ? -1 : at.get(key)!)),
  };
}

/** The stacks and schemes that a cell offers, as `cflinuxfs4` or `docker`. */
export function stacksOf(offer: CellOffer): string[] {
  const names = new Set<string>();
  for (const [scheme, set] of offer.rootfsProviders) {
    if (set === 'any') names.add(scheme);
    else for (const name of set) names.add(name);
  }
  return [...names].sort();
}

function tagsOf(offer: CellOffer): string[] {
  return [...new Set(offer.placementTags)].sort();
}

function optionalOf(offer: CellOffer): string[] {
  return [...new Set(offer.optionalPlacementTags)].sort();
}

function offerOf({
  rootfsProviders,
  placementTags,
  optionalPlacementTags,
  volumeDrivers,
}: CellOffer): CellOffer {
  return { rootfsProviders, placementTags, optionalPlacementTags, volumeDrivers };
}

/** As short as they can be and stay distinct: stacks are only named where pools differ by them alone. */
function poolNames(offers: readonly CellOffer[]): string[] {
  const short = offers.map((offer) => {
    const tags = [...tagsOf(offer), ...optionalOf(offer).map((tag) => `${tag}?`)];
    return [tags.length === 0 ? 'shared' : tags.join(','), ...offer.volumeDrivers].join('+');
  });
  return short.map((name, i) =>
    short.filter((other) => other === name).length === 1
      ? name
      : `${name}(${stacksOf(offers[i]!).join(',')})`,
  );
}

function mostCommon(sizes: readonly Capacity[]): Capacity {
  const counts = new Map<string, { size: Capacity; count: number }>();
  for (const size of sizes) {
    const key = `${size.memoryMb}:${size.diskMb}:${size.containers}`;
    const known = counts.get(key);
    if (known === undefined) counts.set(key, { size, count: 1 });
    else known.count++;
  }
  return [...counts.values()].reduce((best, each) =>
    each.count > best.count || (each.count === best.count && each.size.memoryMb > best.size.memoryMb)
      ? each
      : best,
  ).size;
}
