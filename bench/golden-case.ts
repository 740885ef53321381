import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { afterRound, failedOf } from '../src/lib/auction/rounds.ts';
import {
  DEFAULT_SETTINGS,
  type AuctionCell,
  type AuctionRound,
  type AuctionSettings,
  type Capacity,
  type LrpAuction,
  type RootfsProviders,
  type TaskAuction,
} from '../src/lib/auction/types.ts';

/**
 * The case files of test/fixtures/auction: what the real auctioneer did with given cells and a batch. A file holds one
 * batch and its follow-up rounds (`cgdiego-auction-golden/1`), or a whole foundation that is placed and then loses a zone
 * (`cgdiego-auction-golden-huge/1`).
 */
export interface AuctionInput {
  cells: AuctionCell[];
  lrps: LrpAuction[];
  tasks: TaskAuction[];
  settings: AuctionSettings;
}

export type Auction = (input: AuctionInput) => AuctionRound;

/** What the golden runner prints for a file: one line of JSON. */
export interface CaseOutcome {
  name: string;
  ok: boolean;
  placed: number;
  failed: number;
  /** The first {@link MAX_DIFFERENCES}, each in words. */
  differences: string[];
}

export const MAX_DIFFERENCES = 20;

interface ResourcesJson {
  memory_mb: number;
  disk_mb: number;
  containers: number;
}

interface CellJson extends ResourcesJson {
  cell_id: string;
  cell_index: number;
  zone: string;
  preloaded_stacks?: string[];
  arbitrary_rootfs_schemes?: string[];
  rootfs_providers?: Record<string, { type: string; set?: Record<string, unknown> }>;
  placement_tags?: string[];
  optional_placement_tags?: string[];
  volume_drivers?: string[];
  proxy_memory_allocation?: number;
  evacuating?: boolean;
  healthy?: boolean;
  reachable?: boolean;
  starting_container_count?: number;
  available?: ResourcesJson;
  lrps?: ({ process_guid: string; index: number; state?: string } & Partial<WorkJson>)[] | null;
  tasks?: Partial<WorkJson>[] | null;
  available_after_place?: ResourcesJson;
  available_after_loss?: ResourcesJson;
}

interface WorkJson {
  memory_mb: number;
  disk_mb: number;
  rootfs: string;
  placement_tags?: string[] | null;
  volume_drivers?: string[] | null;
}

interface RoundJson {
  placements: { process_guid: string; index: number; cell_id: string }[];
  task_placements: { task_guid: string; cell_id: string }[];
  failed: { process_guid: string; index: number; placement_error: string; stage: string }[];
  failed_tasks: { task_guid: string; placement_error: string; stage: string }[];
  cells_after?: undefined | { cell_id: string; available: ResourcesJson; lrps: number; tasks: number }[];
}

interface SettingsJson {
  starting_container_weight?: number;
  bin_pack_first_fit_weight?: number;
  max_inflight?: number;
}

export interface BatchCase {
  schema: 'cgdiego-auction-golden/1';
  name: string;
  settings: SettingsJson;
  cells: CellJson[];
  lrps: (WorkJson & { process_guid: string; index: number })[];
  tasks: (WorkJson & { task_guid: string })[];
  result: RoundJson;
  follow_up_rounds: RoundJson[];
  /** What the unmodified scheduler did over many runs, with the ties as they fell. */
  equivalence: Equivalence;
}

export interface Equivalence {
  upstream_runs: number;
  placed_count_min_max: [number, number];
  failed_by_error_min_max: Record<string, [number, number]>;
  per_zone_placed_min_max: Record<string, [number, number]>;
  /** By `process.index` or task, in small cases. */
  possible_cells?: Record<string, string[]>;
}

export interface HugeCase {
  schema: 'cgdiego-auction-golden-huge/1';
  name: string;
  settings: SettingsJson;
  lost_zone: string;
  cells: CellJson[];
  processes: (WorkJson & {
    process_guid: string;
    instances: number;
    placement: number[];
    placement_after: number[];
  })[];
  place_failed_by_error?: Record<string, number>;
  loss_failed_by_error?: Record<string, number>;
}

export type GoldenCase = BatchCase | HugeCase;

/** Reads a case file, gzipped or not, and refuses one of another form. */
export function readCase(path: string): GoldenCase {
  const bytes = readFileSync(path);
  const text = bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes;
  const parsed = JSON.parse(text.toString('utf8')) as { schema?: unknown };
  if (parsed.schema !== 'cgdiego-auction-golden/1' && parsed.schema !== 'cgdiego-auction-golden-huge/1') {
    throw new Error(`${path}: not a case file: schema ${JSON.stringify(parsed.schema)}`);
  }
  if (parsed.schema === 'cgdiego-auction-golden-huge/1') return parsed as HugeCase;
  const golden = parsed as Sparse<BatchCase>;
  if (!Array.isArray(golden.cells)) throw new Error(`${path}: the case has no list of cells`);
  return {
    ...golden,
    lrps: golden.lrps ?? [],
    tasks: golden.tasks ?? [],
    result: roundOf(golden.result),
    follow_up_rounds: golden.follow_up_rounds?.map(roundOf) ?? [],
  } as BatchCase;
}

/** Go writes a list that nobody made as null. */
type Sparse<T> = { [Key in keyof T]: T[Key] | null | undefined };

function roundOf(round: Sparse<RoundJson> | null | undefined): RoundJson {
  return {
    placements: round?.placements ?? [],
    task_placements: round?.task_placements ?? [],
    failed: round?.failed ?? [],
    failed_tasks: round?.failed_tasks ?? [],
    cells_after: round?.cells_after ?? undefined,
  };
}

/** Runs a case with an auction and says where it differs from what the real auctioneer did. */
export function runCase(golden: GoldenCase, auction: Auction): CaseOutcome {
  return golden.schema === 'cgdiego-auction-golden/1'
    ? runBatchCase(golden, auction)
    : runHugeCase(golden, auction);
}

/** The batch of a case. */
export function batchOf(golden: BatchCase): AuctionInput {
  return {
    cells: golden.cells.map(cellOf),
    lrps: golden.lrps.map((lrp) => ({
      ...workOf(lrp),
      processGuid: lrp.process_guid,
      index: lrp.index,
    })),
    tasks: golden.tasks.map((task) => ({ ...workOf(task), taskGuid: task.task_guid })),
    settings: settingsOf(golden.settings),
  };
}

function runBatchCase(golden: BatchCase, auction: Auction): CaseOutcome {
  const differences: string[] = [];
  const input = batchOf(golden);
  const first = auction(input);
  compareRounds('result', golden.result, first, differences);

  // The files do not say in which order what failed is queued again: as in the batch, or as they list it.
  const inBatchOrder = followUpDifferences(golden, input, first, auction, (work) => work);
  const asListed =
    inBatchOrder.length === 0 ? [] : followUpDifferences(golden, input, first, auction, listed);
  if (asListed.length > 0) differences.push(...inBatchOrder);
  return {
    name: golden.name,
    ok: differences.length === 0,
    placed: first.placements.length + first.taskPlacements.length,
    failed: first.failed.length + first.failedTasks.length,
    differences: differences.slice(0, MAX_DIFFERENCES),
  };
}

type Batch = Pick<AuctionInput, 'lrps' | 'tasks'>;

function listed({ lrps, tasks }: Batch): Batch {
  const before = (a: string, b: string) => (a < b ? -1 : 1);
  return {
    lrps: [...lrps].sort((a, b) =>
      a.processGuid === b.processGuid ? a.index - b.index : before(a.processGuid, b.processGuid),
    ),
    tasks: [...tasks].sort((a, b) => before(a.taskGuid, b.taskGuid)),
  };
}

function followUpDifferences(
  golden: BatchCase,
  input: AuctionInput,
  first: AuctionRound,
  auction: Auction,
  queued: (batch: Batch) => Batch,
): string[] {
  const differences: string[] = [];
  let [batch, last] = [input, first];
  for (const [i, expected] of golden.follow_up_rounds.entries()) {
    batch = { ...batch, ...queued(failedOf(batch, last)), cells: afterRound(batch.cells, last) };
    last = auction(batch);
    compareRounds(`follow_up_rounds[${i}]`, expected, last, differences);
  }
  return differences;
}

/** The batches of a huge case: all instances on the empty cells, and what zone `lost_zone` held on the others. */
export function hugeBatches(golden: HugeCase): {
  place: AuctionInput;
  lossOf: (placed: AuctionRound) => AuctionInput;
} {
  const settings = settingsOf(golden.settings);
  const cells = golden.cells.map(cellOf);
  const lrps = golden.processes.flatMap((process) => {
    const work = workOf(process);
    return Array.from({ length: process.instances }, (_, index) => ({
      ...work,
      processGuid: process.process_guid,
      index,
    }));
  });
  return {
    place: { cells, lrps, tasks: [], settings },
    lossOf: (placed) => {
      const cellOfInstance = new Map(
        placed.placements.map((each) => [instanceKey(each.processGuid, each.index), each.cellId]),
      );
      const lost = new Set(cells.filter((cell) => cell.zone === golden.lost_zone).map((cell) => cell.cellId));
      return {
        cells: afterRound(cells, placed).filter((cell) => !lost.has(cell.cellId)),
        lrps: lrps.filter((lrp) =>
          lost.has(cellOfInstance.get(instanceKey(lrp.processGuid, lrp.index)) ?? ''),
        ),
        tasks: [],
        settings,
      };
    },
  };
}

function runHugeCase(golden: HugeCase, auction: Auction): CaseOutcome {
  const differences: string[] = [];
  const { place, lossOf } = hugeBatches(golden);
  const position = new Map(golden.cells.map((cell, i) => [cell.cell_id, i]));
  const toPositions = (round: AuctionRound, into: Map<string, number>) => {
    for (const each of round.placements) {
      into.set(instanceKey(each.processGuid, each.index), position.get(each.cellId)!);
    }
    for (const each of round.failed) into.set(instanceKey(each.processGuid, each.index), -1);
    return into;
  };
  const compare = (what: 'placement' | 'placement_after', actual: ReadonlyMap<string, number>) => {
    for (const process of golden.processes) {
      for (const [index, expected] of process[what].entries()) {
        const key = instanceKey(process.process_guid, index);
        const got = actual.get(key);
        if (got !== expected) differences.push(`${what} ${key}: expected ${expected}, got ${got}`);
      }
    }
  };
  const compareCells = (what: 'available_after_place' | 'available_after_loss', round: AuctionRound) => {
    const after = new Map(round.cellsAfter.map((cell) => [cell.cellId, cell.available]));
    for (const cell of golden.cells) {
      const got = after.get(cell.cell_id);
      const expected = cell[what];
      if (got !== undefined && expected !== undefined) {
        difference(`${what} ${cell.cell_id}`, capacityOf(expected), got, differences);
      }
    }
  };

  const placed = auction(place);
  const positions = toPositions(placed, new Map());
  compare('placement', positions);
  compareCells('available_after_place', placed);
  difference('place_failed_by_error', golden.place_failed_by_error ?? {}, byError(placed), differences);

  const loss = auction(lossOf(placed));
  compare('placement_after', toPositions(loss, positions));
  compareCells('available_after_loss', loss);
  difference('loss_failed_by_error', golden.loss_failed_by_error ?? {}, byError(loss), differences);
  return {
    name: golden.name,
    ok: differences.length === 0,
    placed: placed.placements.length + loss.placements.length,
    failed: placed.failed.length + loss.failed.length,
    differences: differences.slice(0, MAX_DIFFERENCES),
  };
}

function byError(round: AuctionRound): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { stage, placementError } of round.failed) {
    const key = `${stage}: ${placementError}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

function compareRounds(
  where: string,
  expected: RoundJson,
  actual: AuctionRound,
  differences: string[],
): void {
  const want = new Map<string, string>();
  const got = new Map<string, string>();
  const add = (into: Map<string, string>, key: string, value: string) => {
    // A second word about the same instance is a difference of its own.
    into.set(into.has(key) ? `${key} (again)` : key, value);
  };
  const failure = (error: string, stage: string) => `fails at ${stage}: ${JSON.stringify(error)}`;
  for (const each of expected.placements) {
    add(want, instanceKey(each.process_guid, each.index), `on ${each.cell_id}`);
  }
  for (const each of expected.failed) {
    add(want, instanceKey(each.process_guid, each.index), failure(each.placement_error, each.stage));
  }
  for (const each of expected.task_placements) add(want, `task ${each.task_guid}`, `on ${each.cell_id}`);
  for (const each of expected.failed_tasks) {
    add(want, `task ${each.task_guid}`, failure(each.placement_error, each.stage));
  }
  for (const each of expected.cells_after ?? []) {
    add(want, `cell ${each.cell_id}`, cellText(capacityOf(each.available), each.lrps, each.tasks));
  }

  for (const each of actual.placements) {
    add(got, instanceKey(each.processGuid, each.index), `on ${each.cellId}`);
  }
  for (const each of actual.failed) {
    add(got, instanceKey(each.processGuid, each.index), failure(each.placementError, each.stage));
  }
  for (const each of actual.taskPlacements) add(got, `task ${each.taskGuid}`, `on ${each.cellId}`);
  for (const each of actual.failedTasks) {
    add(got, `task ${each.taskGuid}`, failure(each.placementError, each.stage));
  }
  if (expected.cells_after !== undefined) {
    for (const each of actual.cellsAfter) {
      add(got, `cell ${each.cellId}`, cellText(each.available, each.lrps, each.tasks));
    }
  }

  for (const key of new Set([...want.keys(), ...got.keys()])) {
    const [wanted, was] = [want.get(key) ?? 'nothing', got.get(key) ?? 'nothing'];
    if (wanted !== was) differences.push(`${where} ${key}: expected ${wanted}, got ${was}`);
  }
}

function difference(what: string, expected: unknown, actual: unknown, differences: string[]): void {
  const sorted = (value: unknown) =>
    JSON.stringify(Object.entries(value as Record<string, unknown>).sort(([a], [b]) => (a < b ? -1 : 1)));
  if (sorted(expected) !== sorted(actual)) {
    differences.push(`${what}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`);
  }
}

function cellText(available: Capacity, lrps: number, tasks: number): string {
  const { memoryMb, diskMb, containers } = available;
  return `${memoryMb} MB, ${diskMb} MB of disk and ${containers} containers free, ${lrps} LRPs, ${tasks} tasks`;
}

function instanceKey(processGuid: string, index: number): string {
  return `${processGuid}.${index}`;
}

function capacityOf(json: ResourcesJson): Capacity {
  return { memoryMb: json.memory_mb, diskMb: json.disk_mb, containers: json.containers };
}

function settingsOf(json: SettingsJson | undefined): AuctionSettings {
  return {
    startingContainerWeight: json?.starting_container_weight ?? DEFAULT_SETTINGS.startingContainerWeight,
    binPackFirstFitWeight: json?.bin_pack_first_fit_weight ?? DEFAULT_SETTINGS.binPackFirstFitWeight,
    maxInflight: json?.max_inflight ?? DEFAULT_SETTINGS.maxInflight,
  };
}

function workOf(json: WorkJson): Omit<LrpAuction, 'processGuid' | 'index'> {
  return {
    memoryMb: json.memory_mb,
    diskMb: json.disk_mb,
    constraint: {
      rootfs: json.rootfs,
      placementTags: json.placement_tags ?? [],
      volumeDrivers: json.volume_drivers ?? [],
    },
  };
}

function cellOf(json: CellJson): AuctionCell {
  return {
    cellId: json.cell_id,
    cellIndex: json.cell_index,
    zone: json.zone,
    total: capacityOf(json),
    available: json.available === undefined ? freeOn(json) : capacityOf(json.available),
    rootfsProviders: providersOf(json),
    placementTags: json.placement_tags ?? [],
    optionalPlacementTags: json.optional_placement_tags ?? [],
    volumeDrivers: json.volume_drivers ?? [],
    proxyMemoryMb: json.proxy_memory_allocation ?? 0,
    startingContainers:
      json.starting_container_count ?? (json.lrps ?? []).filter((lrp) => lrp.state === 'CLAIMED').length,
    processes: (json.lrps ?? []).map((lrp) => lrp.process_guid),
    tasks: (json.tasks ?? []).length,
    takesWork: json.evacuating !== true && json.healthy !== false && json.reachable !== false,
  };
}

/** What a cell has free that does not say it: the proxies of the LRPs on it are theirs, too. */
function freeOn(json: CellJson): Capacity {
  const { memoryMb, diskMb, containers } = capacityOf(json);
  const lrps = (json.lrps ?? []).map((lrp) => ({
    ...lrp,
    memory_mb: (lrp.memory_mb ?? 0) + ((lrp.memory_mb ?? 0) > 0 ? (json.proxy_memory_allocation ?? 0) : 0),
  }));
  const held = [...lrps, ...(json.tasks ?? [])];
  return {
    memoryMb: held.reduce((free, each) => free - (each.memory_mb ?? 0), memoryMb),
    diskMb: held.reduce((free, each) => free - (each.disk_mb ?? 0), diskMb),
    containers: containers - held.length,
  };
}

/** Where a case gives no providers, all cells have cflinuxfs4 (the huge case says so in its description). */
function providersOf(json: CellJson): RootfsProviders {
  if (json.rootfs_providers !== undefined) {
    return new Map(
      Object.entries(json.rootfs_providers).map(([scheme, provider]) => [
        scheme,
        provider.type === 'arbitrary' ? ('any' as const) : new Set(Object.keys(provider.set ?? {})),
      ]),
    );
  }
  const stacks = new Set(json.preloaded_stacks ?? ['cflinuxfs4']);
  return new Map<string, 'any' | ReadonlySet<string>>([
    ...(json.arbitrary_rootfs_schemes ?? []).map((scheme) => [scheme, 'any'] as const),
    ['preloaded', stacks],
    ['preloaded+layer', stacks],
  ]);
}
