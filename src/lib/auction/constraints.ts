import { matchesRootfs, parseRootfs, type RootfsUrl } from './rootfs.ts';
import type { CellOffer, PlacementConstraint } from './types.ts';

/** auctiontypes.ErrorCellMismatch. */
export const ROOTFS_MISMATCH = 'found no compatible cell for required rootfs';
/** auctiontypes.ErrorVolumeDriverMismatch. */
export const VOLUME_DRIVER_MISMATCH = 'found no compatible cell with required volume drivers';
/** auctiontypes.ErrorCellCommunication: no cell answered at all. */
export const NO_CELLS = 'unable to communicate to compatible cells';
/** auctiontypes.ErrorExceededInflightCreation. */
export const INFLIGHT_LIMIT = 'waiting to start instance: reached in-flight start limit';

/**
 * How far a cell matches a constraint, in the order in which Diego asks (auctionrunner/scheduler.go, filterCells): the
 * root file system, then the volume drivers, then the placement tags.
 */
export const MatchLevel = { nothing: 0, rootfs: 1, drivers: 2, all: 3 } as const;
export type MatchLevel = (typeof MatchLevel)[keyof typeof MatchLevel];

/** How far what a cell offers matches a constraint. The parsed root file system is passed in: it is parsed once. */
export function matchLevel(
  offer: CellOffer,
  constraint: PlacementConstraint,
  rootfs: RootfsUrl | null = parseRootfs(constraint.rootfs),
): MatchLevel {
  if (!matchesRootfs(offer.rootfsProviders, rootfs)) return MatchLevel.nothing;
  if (!constraint.volumeDrivers.every((driver) => offer.volumeDrivers.includes(driver))) {
    return MatchLevel.rootfs;
  }
  const wanted = constraint.placementTags;
  const required = offer.placementTags;
  const matches =
    required.every((tag) => wanted.includes(tag)) &&
    wanted.every((tag) => required.includes(tag) || offer.optionalPlacementTags.includes(tag));
  return matches ? MatchLevel.all : MatchLevel.drivers;
}

/** auctiontypes.PlacementTagMismatchError, whose last of several tags alone is joined by "and". */
export function tagMismatch(tags: readonly string[]): string {
  if (tags.length === 0) return 'found no compatible cell with no placement tags';
  if (tags.length === 1) return `found no compatible cell with placement tag "${tags[0]!}"`;
  const first = tags.slice(0, -1).map((tag) => `"${tag}"`);
  return `found no compatible cell with placement tags ${first.join(', ')} and "${tags.at(-1)!}"`;
}

/**
 * The placement error when no zone has a matching cell: auctionrunner/zone_sorter.go, filterZones. `levels` holds the
 * furthest match of each zone, in the order in which zones are visited. A tag mismatch gives way to whatever the next
 * zone says, a driver mismatch to a tag mismatch only, a root file system mismatch to anything.
 */
export function mismatchError(levels: readonly MatchLevel[], constraint: PlacementConstraint): string {
  let said: MatchLevel | undefined;
  for (const level of levels) {
    if (
      said === undefined ||
      said === MatchLevel.nothing ||
      said === MatchLevel.drivers ||
      level === MatchLevel.drivers
    ) {
      said = level;
    }
  }
  if (said === MatchLevel.drivers) return tagMismatch(constraint.placementTags);
  return said === MatchLevel.rootfs ? VOLUME_DRIVER_MISMATCH : ROOTFS_MISMATCH;
}

/** rep.InsufficientResourcesError: the resources that every scored cell lacks, in alphabetical order; can be bare. */
export function insufficientResources(lacks: {
  containers: boolean;
  disk: boolean;
  memory: boolean;
}): string {
  const names = (['containers', 'disk', 'memory'] as const).filter((name) => lacks[name]);
  return names.length === 0 ? 'insufficient resources' : `insufficient resources: ${names.join(', ')}`;
}
