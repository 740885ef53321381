import { DEFAULT_SETTINGS, type AuctionSettings, type Capacity } from '../auction/types.ts';
import { UsageError } from '../errors.ts';
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
import { cellNamed, changed, parsePercent, parseSize, zoneNamed, zonesOf } from './question.ts';
import { DEFAULT_RECOVERY, type RecoveryOptions } from './recovery.ts';
import { cellsToAdd, cellsToSpare, Simulations, type Addition, type Search } from './search.ts';
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

export interface CellsReport {
  zone: string;
  pool: string;
  count: number;
  cell_size: ResourceFigures;
}

export interface AdditionReport {
  /** The zone whose loss it is for; `null`: for each of those that were asked about. */
  for_loss_of: string | null;
  cells: CellsReport[];
  total: number;
  /** With them the loss is survivable in the canonical run and with every seed. */
  verified: boolean;
  /** Every way of having one cell fewer was simulated, and fails in some run. */
  one_fewer_fails: boolean;
  /** Instances that fit on no cell of that size: no number of cells helps. */
  impossible: { process_guid: string; app_name: string | null; memory_mb: number; disk_mb: number }[];
  /** More cells placed fewer instances somewhere on the way: the auction is greedy. */
  non_monotone: boolean;
  simulations: number;
}

export interface SpareReport {
  pool: string;
  count: number;
  by_zone: { zone: string; count: number }[];
  cells: string[];
  one_more_fails: boolean;
}

export interface Runway {
  growth_percent_a_month: number;
  /** The first month at whose end the loss is not survivable any more; `null`: not within `months_tried`. */
  month: number | null;
  growth_percent_then: number | null;
  because: string | null;
  months_tried: number;
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
  proxy_memory: { memory_mb: number | null; known_by: string; why: string };
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
  } | null;
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
  const { world, changes } = worldOf(model, question, sizeOf);
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
    capacity: capacityNow(model, world),
    losses: reports.length === 0 ? null : reports.map(({ report }) => report),
    survivable,
    cells_to_add: searches && !survivable ? await additions(search, reports, sizeOf) : null,
    cells_to_spare: searches && survivable ? await spares(search) : null,
    runway:
      question.growth === undefined || reports.length === 0
        ? null
        : await runway(search, parsePercent(question.growth, '--growth')),
    placement: question.newApp === undefined ? null : simulatePlacement(model, world, question.newApp),
    notes: notesOf(model, zonesOf(world), question, foundation),
    not_modelled: NOT_MODELLED,
    gaps: foundation.gaps,
  };
}

function worldOf(
  model: SizingModel,
  question: SizingQuestion,
  sizeOf: (pool: Pool) => Capacity,
): { world: World; changes: SizingReport['changes'] } {
  const percent = question.scaleApps === undefined ? 0 : parsePercent(question.scaleApps, '--scale-apps');
  const { world, removed, withoutPlace } = changed(model, {
    add: question.add,
    remove: question.remove,
    sizeOf,
  });
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
          },
  };
}

function lossesAsked(model: SizingModel, world: World, question: SizingQuestion): Loss[] {
  const cells = question.cells.map((name) => cellNamed(world, name, '--cell'));
  const zones = question.zones.map((name) => zoneNamed(world, name, '--zone'));
  const asked = zones.length > 0 ? zones : question.azLoss ? zonesOf(world) : [];
  if (asked.length === 0 && cells.length === 0 && question.drain === 0) return [];
  return lossesOf({ ...model, world }, { zones: asked, cells, drain: question.drain });
}

/** The size of an added cell: `--cell-size`, or what most cells of the pool have. */
function cellSize(text: string | undefined): (pool: Pool) => Capacity {
  if (text === undefined) return (pool) => pool.cellSize;
  const { memoryMb, diskMb, third } = parseSize(text, '--cell-size', 'CONTAINERS', '64G:512G:249');
  if (memoryMb === 0 || diskMb === 0) {
    throw new UsageError(`--cell-size ${JSON.stringify(text)}: a cell needs memory and disk.`);
  }
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

/** For each loss that is not survivable, and for all of them together. */
async function additions(
  search: Search,
  reports: readonly { loss: Loss; report: LossReport }[],
  sizeOf: (pool: Pool) => Capacity,
): Promise<AdditionReport[]> {
  const failing = reports.filter(({ report }) => !report.survivable);
  const simulations = new Simulations(search);
  const found: { loss: Loss; addition: Addition }[] = [];
  for (const { loss } of failing) {
    // Zones are much alike: what one loss takes is a good first guess for the next.
    const guess = guessFrom(found.at(-1)?.addition.groups ?? [], loss, zonesOf(search.world));
    found.push({ loss, addition: await cellsToAdd(simulations, [loss], guess) });
  }
  const answers = found.map(({ loss, addition }) => additionReport(search, loss.zone, addition, sizeOf));
  if (reports.length < 2) return answers;
  const most = new Map<string, CellGroup>();
  for (const { addition } of found) {
    for (const group of addition.groups) {
      const key = `${group.pool} ${group.zone}`;
      if ((most.get(key)?.count ?? 0) < group.count) most.set(key, group);
    }
  }
  const together = await cellsToAdd(simulations, search.losses, [...most.values()]);
  return [additionReport(search, null, together, sizeOf), ...answers];
}

/** The plan for another zone's loss, moved to the zones that this loss leaves. */
function guessFrom(groups: readonly CellGroup[], loss: Loss, zones: readonly string[]): CellGroup[] {
  const left = zones.filter((zone) => zone !== loss.zone);
  if (left.length === 0) return [];
  const used = new Map<number, number>();
  return groups.map((group) => {
    const nth = used.get(group.pool) ?? 0;
    used.set(group.pool, nth + 1);
    return { ...group, zone: left[nth % left.length]! };
  });
}

function additionReport(
  search: Search,
  zone: string | null,
  addition: Addition,
  sizeOf: (pool: Pool) => Capacity,
): AdditionReport {
  const { model } = search;
  return {
    for_loss_of: zone,
    cells: addition.groups.map((group) => ({
      zone: group.zone,
      pool: model.pools[group.pool]!.name,
      count: group.count,
      cell_size: figuresOf(sizeOf(model.pools[group.pool]!)),
    })),
    total: addition.groups.reduce((sum, group) => sum + group.count, 0),
    verified: addition.verified,
    one_fewer_fails: addition.oneFewerFails,
    impossible: addition.impossible.map((each) => ({
      process_guid: model.processes[each.process]!.guid,
      app_name: model.processes[each.process]!.name,
      memory_mb: each.memoryMb,
      disk_mb: each.diskMb,
    })),
    non_monotone: addition.nonMonotone,
    simulations: addition.simulations,
  };
}

async function spares(search: Search): Promise<SpareReport[]> {
  return (await cellsToSpare(search)).map(({ pool, rows, oneMoreFails }) => {
    const counts = new Map<string, number>();
    for (const row of rows) {
      const { zone } = search.world.cells[row]!;
      counts.set(zone, (counts.get(zone) ?? 0) + 1);
    }
    return {
      pool: search.model.pools[pool]!.name,
      count: rows.length,
      by_zone: [...counts]
        .map(([zone, count]) => ({ zone, count }))
        .sort((a, b) => (a.zone < b.zone ? -1 : 1)),
      cells: rows.map((row) => search.world.cells[row]!.cellId),
      one_more_fails: oneMoreFails,
    };
  });
}

/** Ten years. */
const MOST_MONTHS = 120;

/** The first month after which the losses are not survivable any more: found by halves, then looked at around. */
async function runway(search: Search, percent: number): Promise<Runway> {
  if (percent <= 0) throw new UsageError('--growth must be more than nothing.');
  const after = (month: number) => ((1 + percent / 100) ** month - 1) * 100;
  const known = new Map<number, string | undefined>();
  /** Why the foundation, grown by so many months, does not survive; `undefined` when it does. */
  const why = async (month: number): Promise<string | undefined> => {
    if (!known.has(month)) {
      await search.pause();
      known.set(month, failureAfter(search, after(month)));
    }
    return known.get(month);
  };
  const report = (month: number | null): Runway => ({
    growth_percent_a_month: percent,
    month,
    growth_percent_then: month === null ? null : Math.round(after(month) * 10) / 10,
    because: month === null ? null : (known.get(month) ?? null),
    months_tried: MOST_MONTHS,
  });
  let high = 0;
  let low = -1;
  while ((await why(high)) === undefined) {
    if (high === MOST_MONTHS) return report(null);
    [low, high] = [high, Math.min(MOST_MONTHS, Math.max(1, high * 2))];
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if ((await why(middle)) === undefined) low = middle;
    else high = middle;
  }
  // The auction is greedy: an earlier month can fail where a later one does not.
  for (let month = Math.max(1, high - 3); month < high; month++) {
    if ((await why(month)) !== undefined) return report(month);
  }
  return report(high);
}

/** Why the foundation with so many percent more instances does not survive the losses; `undefined` when it does. */
function failureAfter({ model, world, losses, options }: Search, percent: number): string | undefined {
  const grown = scaled(model, world, percent, 0);
  if (grown.withoutPlace > 0) {
    return `${grown.withoutPlace} of the new instances find no place even without a loss`;
  }
  for (const loss of losses) {
    const run = runLoss(model, grown.world, loss, options, 0);
    if (run.survives) continue;
    const what = loss.zone === null ? 'the cells' : `zone ${loss.zone}`;
    const tasks = run.headroomFailures.length;
    return `losing ${what} leaves ${run.placing.failed} instances and ${tasks} staging tasks without a place`;
  }
  return undefined;
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

function figuresOf(capacity: Capacity): ResourceFigures {
  return { memory_mb: capacity.memoryMb, disk_mb: capacity.diskMb, containers: capacity.containers };
}
