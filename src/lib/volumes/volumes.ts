import { MatchLevel, matchLevel } from '../auction/constraints.ts';
import type { CellOffer } from '../auction/types.ts';
import { instanceCounts } from '../foundation/lrp-rows.ts';
import type { ActualLrp, Cell, DesiredLrp, Foundation } from '../foundation/types.ts';
import { rootfsOf } from '../foundation/rootfs.ts';

/** How the auctioneer's error begins when no cell matches (auctiontypes.PlacementConstraintMismatchError). */
const NO_COMPATIBLE_CELL = 'found no compatible cell';

/**
 * Whether a cell can take an LRP with volume mounts. Presences do not carry volume drivers: without its rep's word (`--live`) a cell is
 * known to have a driver only while an instance that needs it is placed there.
 */
export interface VolumeRow {
  process_guid: string;
  app_name: string | null;
  org_name: string | null;
  space_name: string | null;
  volume_drivers: string[];
  instances: number;
  running: number;
  placement_tags: string[];
  rootfs: string;
  /** Cells that offer the drivers and match the placement tags and the root file system. */
  cells: string[];
  zones: string[];
  /** `no`: it can be placed nowhere. `unknown`: only reps could tell, and they were not asked. */
  placeable: 'yes' | 'no' | 'unknown';
  /** Why not, in a sentence. */
  why: string;
  placement_errors: string[];
}

/** A volume driver, who needs it and who has it. */
export interface DriverRow {
  driver: string;
  lrps: number;
  instances: number;
  running: number;
  /** Cells that are known to have it. */
  cells: string[];
  zones: string[];
  /** LRPs that need it and can be placed nowhere. */
  unplaceable: number;
}

export function volumeRows(foundation: Foundation): VolumeRow[] {
  const needing = foundation.desired_lrps.filter((lrp) => (lrp.volume_drivers ?? []).length > 0);
  const instances = byProcess(
    foundation.actual_lrps,
    new Set(needing.map(({ process_guid }) => process_guid)),
  );
  const offers = driversOfCells(foundation.cells, needing, instances);
  return needing.map((lrp) =>
    volumeRow(lrp, instances.get(lrp.process_guid) ?? [], foundation.cells, offers),
  );
}

export function driverRows(foundation: Foundation, rows: readonly VolumeRow[]): DriverRow[] {
  const needing = foundation.desired_lrps.filter((lrp) => (lrp.volume_drivers ?? []).length > 0);
  const instances = byProcess(
    foundation.actual_lrps,
    new Set(needing.map(({ process_guid }) => process_guid)),
  );
  const offers = driversOfCells(foundation.cells, needing, instances);
  const drivers = new Set([
    ...rows.flatMap((row) => row.volume_drivers),
    ...[...offers.values()].flatMap((known) => [...known]),
  ]);
  return [...drivers].sort().map((driver) => {
    const users = rows.filter((row) => row.volume_drivers.includes(driver));
    const cells = foundation.cells.filter((cell) => offers.get(cell.cell_id)?.has(driver) === true);
    return {
      driver,
      lrps: users.length,
      instances: users.reduce((sum, row) => sum + row.instances, 0),
      running: users.reduce((sum, row) => sum + row.running, 0),
      cells: cells.map(({ cell_id }) => cell_id),
      zones: zonesOf(cells),
      unplaceable: users.filter(({ placeable }) => placeable === 'no').length,
    };
  });
}

function byProcess(actual: readonly ActualLrp[], wanted: ReadonlySet<string>): Map<string, ActualLrp[]> {
  const found = new Map<string, ActualLrp[]>();
  for (const lrp of actual) {
    if (!wanted.has(lrp.process_guid)) continue;
    const list = found.get(lrp.process_guid);
    if (list === undefined) found.set(lrp.process_guid, [lrp]);
    else list.push(lrp);
  }
  return found;
}

/** What is known of each cell's drivers: what its rep says, else what must be there because an instance runs. */
function driversOfCells(
  cells: readonly Cell[],
  needing: readonly DesiredLrp[],
  instances: ReadonlyMap<string, ActualLrp[]>,
): Map<string, ReadonlySet<string>> {
  const implied = new Map<string, Set<string>>();
  for (const lrp of needing) {
    for (const { cell_id: cellId, state } of instances.get(lrp.process_guid) ?? []) {
      if (cellId === '' || state !== 'RUNNING') continue;
      const known = implied.get(cellId) ?? new Set();
      for (const driver of lrp.volume_drivers ?? []) known.add(driver);
      implied.set(cellId, known);
    }
  }
  return new Map(
    cells.map((cell) => [
      cell.cell_id,
      cell.volume_drivers === null ? (implied.get(cell.cell_id) ?? new Set()) : new Set(cell.volume_drivers),
    ]),
  );
}

function volumeRow(
  lrp: DesiredLrp,
  actual: readonly ActualLrp[],
  cells: readonly Cell[],
  offers: ReadonlyMap<string, ReadonlySet<string>>,
): VolumeRow {
  const present = cells.filter(({ state }) => state !== 'missing');
  const constraint = {
    rootfs: lrp.rootfs,
    placementTags: lrp.placement_tags,
    volumeDrivers: lrp.volume_drivers ?? [],
  };
  const matching = present.filter(
    (cell) => matchLevel(offerOf(cell, [...(offers.get(cell.cell_id) ?? [])]), constraint) === MatchLevel.all,
  );
  // Were every cell to have the driver: what is left then is a matter of tags and root file systems.
  const possible = present.filter(
    (cell) => matchLevel(offerOf(cell, constraint.volumeDrivers), constraint) === MatchLevel.all,
  );
  const unheard = possible.filter((cell) => cell.volume_drivers === null && !matching.includes(cell));
  const { running, placement_errors: errors } = instanceCounts(lrp, actual);
  // The auctioneer asks every rep before it says this.
  const refused = errors.find((error) => error.startsWith(NO_COMPATIBLE_CELL));
  const placeable =
    matching.length > 0 ? 'yes' : unheard.length > 0 && refused === undefined ? 'unknown' : 'no';
  return {
    process_guid: lrp.process_guid,
    app_name: lrp.app_name,
    org_name: lrp.org_name,
    space_name: lrp.space_name,
    volume_drivers: constraint.volumeDrivers,
    instances: lrp.instances,
    running,
    placement_tags: lrp.placement_tags,
    rootfs: lrp.rootfs,
    cells: matching.map(({ cell_id }) => cell_id),
    zones: zonesOf(matching),
    placeable,
    why:
      placeable === 'no' && refused !== undefined
        ? `the auctioneer ${refused}`
        : reason(placeable, lrp, possible.length, unheard.length),
    placement_errors: errors,
  };
}

function reason(
  placeable: VolumeRow['placeable'],
  lrp: DesiredLrp,
  possible: number,
  unheard: number,
): string {
  const drivers = (lrp.volume_drivers ?? []).join(', ');
  const tags =
    lrp.placement_tags.length === 0
      ? 'no placement tags'
      : `the placement tags ${lrp.placement_tags.join(', ')}`;
  if (placeable === 'yes') return '';
  if (placeable === 'unknown') {
    return `${unheard} cells match ${tags} and ${lrp.rootfs}; whether one has ${drivers}, only their reps know (--live)`;
  }
  if (possible === 0) return `no cell matches ${tags} and ${lrp.rootfs}`;
  return `none of the ${possible} cells that match ${tags} and ${lrp.rootfs} has ${drivers}`;
}

function offerOf(cell: Cell, volumeDrivers: readonly string[]): CellOffer {
  return {
    rootfsProviders: rootfsOf(cell),
    placementTags: cell.placement_tags,
    optionalPlacementTags: cell.optional_placement_tags,
    volumeDrivers,
  };
}

function zonesOf(cells: readonly Cell[]): string[] {
  return [...new Set(cells.map(({ zone }) => zone))].sort();
}
