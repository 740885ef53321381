import { DEFAULT_SETTINGS, type AuctionSettings, type Capacity } from '../auction/types.ts';
import type { Foundation, Gap } from '../foundation/types.ts';
import { capacityNow, type CapacityRow, type ResourceFigures } from './capacity.ts';
import { scaled } from './growth.ts';
import type { Headroom } from './headroom.ts';
import { lossReport, type LossReport, type Spread } from './loss-report.ts';
import { lossesOf, runLoss, type Loss } from './loss.ts';
import { sizingModel, type SizingModel, type World } from './model.ts';
import { notesOf, NOT_MODELLED } from './notes.ts';
import { simulatePlacement, type NewApp, type PlacementReport } from './placement.ts';
import { stacksOf, type Pool } from './pools.ts';
import {
  addedGroups,
  cellNamed,
  changed,
  parseCellSize,
  parseGrowth,
  parsePercent,
  zoneNamed,
  zonesOf,
} from './question.ts';
import type { ProxyMemory } from './proxy.ts';
import { DEFAULT_RECOVERY, type RecoveryOptions } from './recovery.ts';
import { runway, type Runway } from './runway.ts';
import type { Search } from './simulations.ts';
import { additions, figuresOf, spares, type AdditionReport, type SpareReport } from './suggestions.ts';
import type { CellGroup } from './world.ts';

export const SIZING_SCHEMA = 'cgdiego-sizing/1';

/** What is asked, as the flags say it. */
export interface SizingQuestion {
  azLoss: boolean;
  zones: readonly string[];
  cells: readonly string[];
  drain: number;
  headroom: Headroom;
  add: readonly string[];
  remove: readonly string[];
  scaleApps: string | undefined;
  cellSize: string | undefined;
  proxyMemoryMb: number | undefined;
  /** How many runs with drawn ties. */
  seeds: number;
  /** Percent a month. */
  growth: string | undefined;
  newApp: NewApp | undefined;
  /** Whether to search for cells to add and to spare. */
  search: boolean;
  settings: AuctionSettings;
  recovery: RecoveryOptions;
}

export const DEFAULT_QUESTION: SizingQuestion = {
  azLoss: false,
  zones: [],
  cells: [],
  drain: 0,
  headroom: { tasksPerZone: 2, memoryMb: 1024, diskMb: 4096 },
  add: [],
  remove: [],
  scaleApps: undefined,
  cellSize: undefined,
  proxyMemoryMb: undefined,
  seeds: 20,
  growth: undefined,
  newApp: undefined,
  search: true,
  settings: DEFAULT_SETTINGS,
  recovery: DEFAULT_RECOVERY,
};

export interface PoolReport {
  pool: string;
  placement_tags: readonly string[];
  optional_placement_tags: readonly string[];
  stacks: string[];
  volume_drivers: readonly string[];
  cells: number;
  zones: string[];
  cell_size: ResourceFigures;
  /** It exists in one zone only: the loss of that zone is the loss of the pool. */
  one_zone_only: boolean;
}

export interface SizingReport {
  schema: typeof SIZING_SCHEMA;
  taken_at: string;
  age_seconds: number;
  source: Foundation['source'];
  instances: number;
  cells: number;
  zones: string[];
  pools: PoolReport[];
  proxy_memory: { memory_mb: number | null; known_by: ProxyMemory['known_by']; why: string };
  settings: {
    starting_container_weight: number;
    bin_pack_first_fit_weight: number;
    starting_container_count_maximum: number;
  };
  changes: {
    added: number;
    removed: string[];
    removed_without_place: number;
    scale_percent: number;
    scaled_instances: number;
    scaled_without_place: number;
    /** Where fewer of the added cells would place more: the auction is greedy. Looked for with `--add`, one cell fewer or none. */
    fewer_would_place_more: {
      for_loss_of: string | null;
      placed: number;
      /** The cell that is one too many; `null`: all that were added. */
      without: { zone: string; pool: string } | null;
      placed_without: number;
    }[];
  } | null;
  /** Instances without a place even before a loss, because of what was changed on paper. */
  without_place: number;
  capacity: CapacityRow[];
  /** The worst first. `null`: not asked. */
  losses: LossReport[] | null;
  survivable: boolean | null;
  cells_to_add: AdditionReport[] | null;
  cells_to_spare: SpareReport[] | null;
  runway: Runway | null;
  placement: PlacementReport | null;
  notes: string[];
  not_modelled: readonly string[];
  gaps: Gap[];
}

/** For whoever waits. */
export interface Patience {
  /** What is being looked at now. */
  onProgress?: (what: string) => void;
  /** Awaited between simulations, which take up to half a second each; may throw to end it all. */
  pause?: () => Promise<void>;
}

/**
 * Answers a sizing question about a foundation. `now` is the time in milliseconds, for the snapshot's age.
 * @throws {UsageError} for a zone, a cell or a size that makes no sense
 */
export async function sizing(
  foundation: Foundation,
  question: SizingQuestion,
  now: number,
  { onProgress = () => undefined, pause = () => Promise.resolve() }: Patience = {},
): Promise<SizingReport> {
  const model = sizingModel(foundation, {
    settings: question.settings,
    proxyMemoryMb: question.proxyMemoryMb,
  });
  const sizeOf = cellSize(question.cellSize);
  const add = addedGroups(model, question.add);
  const { world, changes } = worldOf(model, question, add, sizeOf);
  const losses = lossesAsked(model, world, question);
  const options = { headroom: question.headroom };
  const reports: { loss: Loss; report: LossReport }[] = [];
  for (const loss of losses) {
    onProgress(loss.zone === null ? 'cells lost' : `loss of ${loss.zone}`);
    const canonical = runLoss(model, world, loss, options, 0);
    const runs: RunResult[] = [];
    for (let run = 1; run <= question.seeds; run++) {
      await pause();
      const { placing, survives } = runLoss(model, world, loss, options, run);
      runs.push({ placed: placing.placed, failed: placing.failed, survives });
    }
    const seeds = spreadOf(runs);
    const context = { model, world, loss, headroom: question.headroom, recovery: question.recovery };
    reports.push({ loss, report: lossReport(context, canonical, seeds) });
  }
  if (changes !== null) {
    const placed = reports.map(({ report }) => report.placed);
    changes.fewer_would_place_more = await greed(model, question, add, sizeOf, placed, pause);
  }
  reports.sort(
    (a, b) =>
      b.report.not_placed - a.report.not_placed ||
      Number(a.report.survivable) - Number(b.report.survivable) ||
      b.report.lost - a.report.lost,
  );
  const survivable = reports.length === 0 ? null : reports.every(({ report }) => report.survivable);
  const search: Search = {
    model,
    world,
    losses: reports.map(({ loss }) => loss),
    options,
    seeds: question.seeds,
    sizeOf,
    pause,
  };
  const searches = question.search && survivable !== null;
  if (searches) onProgress(survivable ? 'cells that could go' : 'cells to add');
  return {
    schema: SIZING_SCHEMA,
    taken_at: foundation.taken_at,
    age_seconds: Math.max(0, Math.round((now - Date.parse(foundation.taken_at)) / 1000)),
    source: foundation.source,
    instances: world.instances.counted.reduce((sum, one) => sum + one, 0),
    cells: world.pool.filter((pool) => pool >= 0).length,
    zones: zonesOf(world),
    pools: model.pools.map((pool) => poolReport(pool, sizeOf(pool))),
    proxy_memory: {
      memory_mb: model.proxy.memory_mb,
      known_by: model.proxy.known_by,
      why: model.proxy.why,
    },
    settings: {
      starting_container_weight: question.settings.startingContainerWeight,
      bin_pack_first_fit_weight: question.settings.binPackFirstFitWeight,
      starting_container_count_maximum: question.settings.maxInflight,
    },
    changes,
    without_place: world.homeless.process.length,
    capacity: capacityNow(model, world),
    losses: reports.length === 0 ? null : reports.map(({ report }) => report),
    survivable,
    cells_to_add: searches && !survivable ? await additions(search, reports, sizeOf) : null,
    cells_to_spare: searches && survivable ? await spares(search) : null,
    runway:
      question.growth === undefined || reports.length === 0
        ? null
        : await runway(search, parseGrowth(question.growth)),
    placement: question.newApp === undefined ? null : simulatePlacement(model, world, question.newApp),
    notes: notesOf(model, zonesOf(world), question, foundation),
    not_modelled: NOT_MODELLED,
    gaps: foundation.gaps,
  };
}

function worldOf(
  model: SizingModel,
  question: SizingQuestion,
  add: readonly CellGroup[],
  sizeOf: (pool: Pool) => Capacity,
): { world: World; changes: SizingReport['changes'] } {
  const percent = question.scaleApps === undefined ? 0 : parsePercent(question.scaleApps, '--scale-apps');
  const { world, removed, withoutPlace } = changed(model, { add, remove: question.remove, sizeOf });
  const grown = scaled(model, world, percent, 0);
  const added = world.cells.length - model.world.cells.length;
  return {
    world: grown.world,
    changes:
      added === 0 && removed.length === 0 && percent === 0
        ? null
        : {
            added,
            removed,
            removed_without_place: withoutPlace,
            scale_percent: percent,
            scaled_instances: grown.added,
            scaled_without_place: grown.withoutPlace,
            fewer_would_place_more: [],
          },
  };
}

/** Simulates the losses with one of the added cells fewer, and with none, and tells where that places more. */
async function greed(
  model: SizingModel,
  question: SizingQuestion,
  add: readonly CellGroup[],
  sizeOf: (pool: Pool) => Capacity,
  placed: readonly number[],
  pause: () => Promise<void>,
): Promise<NonNullable<SizingReport['changes']>['fewer_would_place_more']> {
  const found: NonNullable<SizingReport['changes']>['fewer_would_place_more'] = [];
  const fewer = add.map((group) => ({
    group,
    rest: add.map((other) => (other === group ? { ...other, count: other.count - 1 } : other)),
  }));
  for (const { group, rest } of [...fewer, ...(add.length > 0 ? [{ group: null, rest: [] }] : [])]) {
    const { world } = worldOf(model, question, rest, sizeOf);
    for (const [i, loss] of lossesAsked(model, world, question).entries()) {
      await pause();
      const without = runLoss(model, world, loss, { headroom: question.headroom }, 0).placing.placed;
      if (without <= placed[i]!) continue;
      found.push({
        for_loss_of: loss.zone,
        placed: placed[i]!,
        without: group === null ? null : { zone: group.zone, pool: model.pools[group.pool]!.name },
        placed_without: without,
      });
    }
  }
  return found;
}

function lossesAsked(model: SizingModel, world: World, question: SizingQuestion): Loss[] {
  const cells = question.cells.map((name) => cellNamed(world, name, '--cell'));
  const zones = [...new Set(question.zones.map((name) => zoneNamed(world, name, '--zone')))];
  const asked = zones.length > 0 ? zones : question.azLoss ? zonesOf(world) : [];
  if (asked.length === 0 && cells.length === 0 && question.drain === 0) return [];
  return lossesOf({ ...model, world }, { zones: asked, cells, drain: question.drain });
}

/** The size of an added cell: `--cell-size`, or what most cells of the pool have. */
function cellSize(text: string | undefined): (pool: Pool) => Capacity {
  if (text === undefined) return (pool) => pool.cellSize;
  const { memoryMb, diskMb, third } = parseCellSize(text);
  return (pool) => ({ memoryMb, diskMb, containers: third ?? pool.cellSize.containers });
}

interface RunResult {
  placed: number;
  failed: number;
  survives: boolean;
}

function spreadOf(runs: readonly RunResult[]): Spread {
  const least = (values: number[]) => (values.length === 0 ? 0 : Math.min(...values));
  const most = (values: number[]) => (values.length === 0 ? 0 : Math.max(...values));
  const placed = runs.map((run) => run.placed);
  const failed = runs.map((run) => run.failed);
  return {
    runs: runs.length,
    survivable_runs: runs.filter((run) => run.survives).length,
    placed: { least: least(placed), most: most(placed) },
    not_placed: { least: least(failed), most: most(failed) },
  };
}

function poolReport(pool: Pool, size: Capacity): PoolReport {
  return {
    pool: pool.name,
    placement_tags: pool.offer.placementTags,
    optional_placement_tags: pool.offer.optionalPlacementTags,
    stacks: stacksOf(pool.offer),
    volume_drivers: pool.offer.volumeDrivers,
    cells: pool.cells,
    zones: pool.zones,
    cell_size: figuresOf(size),
    one_zone_only: pool.zones.length === 1,
  };
}
