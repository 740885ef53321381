import {
  matchLevel,
  MatchLevel,
  mismatchError,
  NO_CELLS,
  INFLIGHT_LIMIT,
} from '../../src/lib/auction/constraints.ts';
import type {
  AuctionCell,
  AuctionRound,
  AuctionSettings,
  Capacity,
  LrpAuction,
  PlacementConstraint,
  TaskAuction,
} from '../../src/lib/auction/types.ts';

/**
 * The auction as auctionrunner and auctioncellrep do it, step by step and without any thought for speed: every cell is
 * scored for every instance, and every instance on a cell is counted every time. It is what the fast engine is held
 * against, so it shares nothing with it but the matching of constraints, which has tests of its own.
 */
export interface ReferenceInput {
  cells: readonly AuctionCell[];
  lrps: readonly LrpAuction[];
  tasks: readonly TaskAuction[];
  settings: AuctionSettings;
}

interface Cell {
  given: AuctionCell;
  index: number;
  available: Capacity;
  starting: number;
  processes: string[];
  tasks: number;
  lrpWork: LrpAuction[];
  taskWork: TaskAuction[];
}

const RESOURCES = ['containers', 'disk', 'memory'] as const;
type Problem = (typeof RESOURCES)[number];

export function referenceAuction(input: ReferenceInput): AuctionRound {
  const { settings } = input;
  const cells = input.cells.map((given): Cell => ({
    given,
    index: given.cellIndex,
    available: { ...given.available },
    starting: given.startingContainers,
    processes: [...given.processes],
    tasks: given.tasks,
    lrpWork: [],
    taskWork: [],
  }));
  const zones = buildZones(cells, settings);
  const round: AuctionRound = {
    placements: [],
    taskPlacements: [],
    failed: [],
    failedTasks: [],
    cellsAfter: [],
  };
  const failLrp = (lrp: LrpAuction, placementError: string, stage: 'auction' | 'commit') =>
    round.failed.push({ processGuid: lrp.processGuid, index: lrp.index, placementError, stage });
  const failTask = (task: TaskAuction, placementError: string, stage: 'auction' | 'commit') =>
    round.failedTasks.push({ taskGuid: task.taskGuid, placementError, stage });

  if (zones.length === 0) {
    input.lrps.forEach((lrp) => failLrp(lrp, NO_CELLS, 'auction'));
    input.tasks.forEach((task) => failTask(task, NO_CELLS, 'auction'));
  }
  let inflight = zones.flatMap((zone) => zone.cells).reduce((sum, cell) => sum + cell.starting, 0);
  const full = () => settings.maxInflight > 0 && inflight >= settings.maxInflight;

  const auctionLrps = (lrps: readonly LrpAuction[]) => {
    for (const lrp of lrps) {
      const error = full() ? INFLIGHT_LIMIT : placeLrp(zones, lrp, settings);
      if (error === undefined) inflight++;
      else failLrp(lrp, error, 'auction');
    }
  };
  if (zones.length > 0) {
    const lrps = [...input.lrps].sort((a, b) => a.index - b.index || b.memoryMb - a.memoryMb);
    const firstLater = lrps.findIndex((lrp) => lrp.index > 0);
    auctionLrps(lrps.slice(0, Math.max(firstLater, 0)));
    for (const task of [...input.tasks].sort((a, b) => b.memoryMb - a.memoryMb)) {
      const error = full() ? INFLIGHT_LIMIT : placeTask(zones, task, settings);
      if (error === undefined) inflight++;
      else failTask(task, error, 'auction');
    }
    auctionLrps(lrps.slice(Math.max(firstLater, 0)));
  }

  for (const cell of cells) commit(cell, round, failLrp, failTask);
  return round;
}

interface Zone {
  name: string;
  cells: Cell[];
}

function buildZones(cells: Cell[], settings: AuctionSettings): Zone[] {
  const byName = new Map<string, Cell[]>();
  for (const cell of cells.filter((each) => each.given.takesWork)) {
    byName.set(cell.given.zone, [...(byName.get(cell.given.zone) ?? []), cell]);
  }
  const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
  const binPacks = settings.binPackFirstFitWeight > 0;
  return [...byName]
    .map(([name, members]) => ({ name, cells: members }))
    .sort((a, b) => byBytes(a.name, b.name))
    .map((zone) => {
      zone.cells.sort(
        (a, b) =>
          (binPacks ? a.given.cellIndex - b.given.cellIndex : 0) || byBytes(a.given.cellId, b.given.cellId),
      );
      if (binPacks) zone.cells.forEach((cell, position) => (cell.index = position));
      return zone;
    });
}

function filterZones<T extends Zone>(
  zones: readonly T[],
  constraint: PlacementConstraint,
): { zones: T[] } | { error: string } {
  const levels = zones.map((zone) =>
    zone.cells.reduce<MatchLevel>(
      (best, cell) => Math.max(best, matchLevel(cell.given, constraint)) as MatchLevel,
      MatchLevel.nothing,
    ),
  );
  if (!levels.includes(MatchLevel.all)) return { error: mismatchError(levels, constraint) };
  return {
    zones: zones
      .filter((_, i) => levels[i] === MatchLevel.all)
      .map((zone) => ({
        ...zone,
        cells: zone.cells.filter((cell) => matchLevel(cell.given, constraint) === MatchLevel.all),
      })),
  };
}

function placeLrp(zones: Zone[], lrp: LrpAuction, settings: AuctionSettings): string | undefined {
  const counted = zones.map((zone) => ({
    ...zone,
    instances: zone.cells.flatMap((cell) => cell.processes).filter((guid) => guid === lrp.processGuid).length,
  }));
  const filtered = filterZones(counted, lrp.constraint);
  if ('error' in filtered) return filtered.error;
  const sorted = filtered.zones.sort((a, b) => a.instances - b.instances);

  const problems = new Set<Problem>(RESOURCES);
  let winner: Cell | undefined;
  let winnerScore = 1e20;
  for (const [i, zone] of sorted.entries()) {
    for (const cell of zone.cells) {
      const memoryMb = lrp.memoryMb + cell.given.proxyMemoryMb;
      const lacks = resourceProblems(cell, memoryMb, lrp.diskMb);
      if (lacks.size > 0) {
        keepCommon(problems, lacks);
        continue;
      }
      const instances = cell.processes.filter((guid) => guid === lrp.processGuid).length;
      const score =
        resourceScore(cell, memoryMb, lrp.diskMb, settings) +
        1000 * instances +
        cell.index * settings.binPackFirstFitWeight;
      if (score < winnerScore) {
        winnerScore = score;
        winner = cell;
      }
    }
    if (i + 1 < sorted.length && zone.instances === sorted[i + 1]!.instances) continue;
    if (winner !== undefined) break;
  }
  if (winner === undefined) return problemText(problems);
  const lacks = resourceProblems(winner, lrp.memoryMb, lrp.diskMb);
  if (lacks.size > 0) return problemText(lacks);
  reserve(winner, lrp);
  winner.processes.push(lrp.processGuid);
  winner.lrpWork.push(lrp);
  return undefined;
}

function placeTask(zones: Zone[], task: TaskAuction, settings: AuctionSettings): string | undefined {
  const filtered = filterZones(zones, task.constraint);
  if ('error' in filtered) return filtered.error;
  const problems = new Set<Problem>(RESOURCES);
  let winner: Cell | undefined;
  let winnerScore = 1e20;
  for (const cell of filtered.zones.flatMap((zone) => zone.cells)) {
    const lacks = resourceProblems(cell, task.memoryMb, task.diskMb);
    if (lacks.size > 0) {
      keepCommon(problems, lacks);
      continue;
    }
    const score = resourceScore(cell, task.memoryMb, task.diskMb, settings) + 1000 * cell.tasks;
    if (score < winnerScore) {
      winnerScore = score;
      winner = cell;
    }
  }
  if (winner === undefined) return problemText(problems);
  reserve(winner, task);
  winner.tasks++;
  winner.taskWork.push(task);
  return undefined;
}

function resourceProblems(cell: Cell, memoryMb: number, diskMb: number): Set<Problem> {
  const lacks = new Set<Problem>();
  if (cell.available.diskMb < diskMb) lacks.add('disk');
  if (cell.available.memoryMb < memoryMb) lacks.add('memory');
  if (cell.available.containers < 1) lacks.add('containers');
  return lacks;
}

function keepCommon(problems: Set<Problem>, lacks: ReadonlySet<Problem>): void {
  for (const problem of problems) if (!lacks.has(problem)) problems.delete(problem);
}

function problemText(problems: ReadonlySet<Problem>): string {
  const sorted = [...problems].sort();
  return sorted.length === 0 ? 'insufficient resources' : `insufficient resources: ${sorted.join(', ')}`;
}

function resourceScore(cell: Cell, memoryMb: number, diskMb: number, settings: AuctionSettings): number {
  const { available, given } = cell;
  const memory = 1 - (available.memoryMb - memoryMb) / given.total.memoryMb;
  const disk = 1 - (available.diskMb - diskMb) / given.total.diskMb;
  const containers = 1 - (available.containers - 1) / given.total.containers;
  return (memory + disk + containers) / 3 + cell.starting * settings.startingContainerWeight;
}

function reserve(cell: Cell, work: { memoryMb: number; diskMb: number }): void {
  cell.available.memoryMb -= work.memoryMb;
  cell.available.diskMb -= work.diskMb;
  cell.available.containers -= 1;
  cell.starting++;
}

/** auctioncellrep's Perform and its container allocator, over the executor's own books. */
function commit(
  cell: Cell,
  round: AuctionRound,
  failLrp: (lrp: LrpAuction, error: string, stage: 'commit') => void,
  failTask: (task: TaskAuction, error: string, stage: 'commit') => void,
): void {
  const { cellId, proxyMemoryMb } = cell.given;
  const left = { ...cell.given.available };
  const allocate = (memoryMb: number, diskMb: number): boolean => {
    if (left.memoryMb < memoryMb || left.diskMb < diskMb || left.containers <= 0) return false;
    left.memoryMb -= memoryMb;
    left.diskMb -= diskMb;
    left.containers -= 1;
    return true;
  };

  let memory = left.memoryMb;
  let lrps = cell.given.processes.length;
  let tasks = cell.given.tasks;
  const admitted = [...cell.lrpWork]
    .sort((a, b) => b.memoryMb - a.memoryMb)
    .filter((lrp) => {
      if (lrp.memoryMb + proxyMemoryMb > memory) {
        failLrp(lrp, '', 'commit');
        return false;
      }
      memory -= lrp.memoryMb + proxyMemoryMb;
      return true;
    });
  for (const lrp of admitted) {
    if (allocate(lrp.memoryMb + (lrp.memoryMb > 0 ? proxyMemoryMb : 0), lrp.diskMb)) {
      round.placements.push({ processGuid: lrp.processGuid, index: lrp.index, cellId });
      lrps++;
    } else {
      failLrp(lrp, '', 'commit');
    }
  }
  for (const task of cell.taskWork) {
    if (allocate(task.memoryMb, task.diskMb)) {
      round.taskPlacements.push({ taskGuid: task.taskGuid, cellId });
      tasks++;
    } else {
      failTask(task, '', 'commit');
    }
  }
  round.cellsAfter.push({ cellId, available: left, lrps, tasks });
}
