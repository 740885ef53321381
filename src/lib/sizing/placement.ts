import { matchLevel, MatchLevel } from '../auction/constraints.ts';
import { parseRootfs } from '../auction/rootfs.ts';
import { runRounds } from '../auction/rounds.ts';
import type { AuctionCell } from '../auction/types.ts';
import type { SizingModel, World } from './model.ts';

/** An app that is not there yet. */
export interface NewApp {
  memoryMb: number;
  diskMb: number;
  instances: number;
  rootfs: string;
  placementTags: readonly string[];
  volumeDrivers: readonly string[];
}

export interface PlacementReport {
  app: {
    memory_mb: number;
    disk_mb: number;
    instances: number;
    rootfs: string;
    placement_tags: readonly string[];
    volume_drivers: readonly string[];
  };
  fits: boolean;
  placed: number;
  not_placed: number;
  /** Auctions that placed something: more than one where a cell turned down what an auction had given it. */
  rounds: number;
  placements: { index: number; cell_id: string; zone: string }[];
  failures: { index: number; placement_error: string; stage: 'auction' | 'commit' }[];
  /** Why each cell could take it, or not, as it is now. */
  cells: { cell_id: string; zone: string; could_take: boolean; why: string }[];
}

const GUID = '(new app)';

/** Would this app fit, where would its instances go, and if not, why. */
export function simulatePlacement(model: SizingModel, world: World, app: NewApp): PlacementReport {
  const constraint = {
    rootfs: app.rootfs,
    placementTags: app.placementTags,
    volumeDrivers: app.volumeDrivers,
  };
  const cells = world.cells
    .map((cell, row): AuctionCell => ({
      ...cell,
      available: {
        memoryMb: world.load.memory[row]!,
        diskMb: world.load.disk[row]!,
        containers: world.load.containers[row]!,
      },
      startingContainers: world.load.starting[row]!,
      takesWork: cell.takesWork && world.table.zone[row]! >= 0,
    }))
    .filter((_, row) => world.pool[row]! >= 0);
  const round = runRounds({
    cells,
    lrps: Array.from({ length: app.instances }, (_, index) => ({
      processGuid: GUID,
      index,
      memoryMb: app.memoryMb,
      diskMb: app.diskMb,
      constraint,
    })),
    tasks: [],
    settings: model.settings,
  });
  const zoneOf = new Map(cells.map((cell) => [cell.cellId, cell.zone]));
  return {
    app: {
      memory_mb: app.memoryMb,
      disk_mb: app.diskMb,
      instances: app.instances,
      rootfs: app.rootfs,
      placement_tags: app.placementTags,
      volume_drivers: app.volumeDrivers,
    },
    fits: round.failed.length === 0,
    placed: round.placements.length,
    not_placed: round.failed.length,
    rounds: round.rounds,
    placements: round.placements
      .map(({ index, cellId }) => ({ index, cell_id: cellId, zone: zoneOf.get(cellId)! }))
      .sort((a, b) => a.index - b.index),
    failures: round.failed.map(({ index, placementError, stage }) => ({
      index,
      placement_error: placementError,
      stage,
    })),
    cells: cells.map((cell) => ({ cell_id: cell.cellId, zone: cell.zone, ...verdict(cell, app) })),
  };
}

function verdict(cell: AuctionCell, app: NewApp): { could_take: boolean; why: string } {
  const no = (why: string) => ({ could_take: false, why });
  if (!cell.takesWork) return no('takes no work: it evacuates or does not answer');
  const level = matchLevel(cell, app, parseRootfs(app.rootfs));
  if (level === MatchLevel.nothing) return no(`has no root file system ${app.rootfs}`);
  if (level === MatchLevel.rootfs) return no(`lacks a volume driver of ${app.volumeDrivers.join(', ')}`);
  if (level === MatchLevel.drivers) {
    const asked = app.placementTags.length === 0 ? 'none' : app.placementTags.join(', ');
    const offers = cell.placementTags.length === 0 ? 'none' : cell.placementTags.join(', ');
    return no(`its placement tags are ${offers}, the app's ${asked}`);
  }
  const { memoryMb, diskMb, containers } = cell.available;
  const memory = app.memoryMb + cell.proxyMemoryMb;
  const lacks = [
    ...(memoryMb < memory ? [`memory (${memoryMb} of ${memory} MB)`] : []),
    ...(diskMb < app.diskMb ? [`disk (${diskMb} of ${app.diskMb} MB)`] : []),
    ...(containers < 1 ? [`containers (${containers} free)`] : []),
  ];
  if (lacks.length > 0) return no(`lacks ${lacks.join(' and ')}`);
  return {
    could_take: true,
    why: `${memoryMb} MB memory, ${diskMb} MB disk and ${containers} containers free`,
  };
}
