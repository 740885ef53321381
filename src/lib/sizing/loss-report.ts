import type { SizingModel, World } from './model.ts';
import type { Headroom } from './headroom.ts';
import type { Loss, LossRun } from './loss.ts';
import { recoveryTime, type Recovery, type RecoveryOptions } from './recovery.ts';
import {
  runsOutFirst,
  utilisationOf,
  type CellUtilisation,
  type RunsOutFirst,
  type ZoneUtilisation,
} from './utilisation.ts';
import { rowSet } from './world.ts';

export interface Reason {
  /** The placement error as Diego shows it. Empty: the cell turned the instance down, and no later round placed it. */
  placement_error: string;
  count: number;
  /** One of them. */
  example: {
    process_guid: string;
    index: number;
    memory_mb: number;
    disk_mb: number;
    app_name: string | null;
  };
}

export interface PoolLoss {
  pool: string;
  lost: number;
  placed: number;
  not_placed: number;
  verdict: 'survivable' | 'not survivable' | 'nothing lost';
  cells_lost: number;
  cells_left: number;
  reasons: Reason[];
}

export interface AppLoss {
  process_guid: string;
  app_name: string | null;
  /** How many there should be, and how many have a place afterwards. */
  instances: number;
  instances_after: number;
}

export interface Spread {
  /** Runs with drawn ties; the canonical one is not among them. */
  runs: number;
  survivable_runs: number;
  placed: { least: number; most: number };
  not_placed: { least: number; most: number };
}

/** What the loss of a zone, or of some cells, comes to. */
export interface LossReport {
  zone: string | null;
  cells_lost: string[];
  /** Out of service because of a rolling deploy (`--drain`), with what they held. */
  cells_drained: string[];
  verdict: 'survivable' | 'not survivable' | 'survivable in some runs only';
  survivable: boolean;
  /** Instances, each counted once. `from_drained_cells` is the part that drained cells held. */
  lost: number;
  from_drained_cells: number;
  /** Instances without a place before the loss, because of what was changed on paper. They are auctioned with the others. */
  without_place_before: number;
  /** Of `lost` and `without_place_before`. */
  placed: number;
  placed_in_first_round: number;
  not_placed: number;
  rounds: number;
  /** Running tasks that fail; Diego does not start them again by itself. */
  tasks_lost: number;
  reasons: Reason[];
  pools: PoolLoss[];
  /** Pools whose cells all are in what is lost. */
  pools_gone: string[];
  apps: {
    fully_down: AppLoss[];
    fewer_instances: AppLoss[];
    /** All their instances were in what is lost: down until they run elsewhere, whatever the verdict. */
    only_there: AppLoss[];
  };
  utilisation: { zones: ZoneUtilisation[]; cells: CellUtilisation[] };
  /**
   * What most failing instances lack (`exhausted`), in the pool that most of them need; else what is fullest afterwards, and
   * where. `null` when no cell is left.
   */
  runs_out_first: RunsOutFirst | null;
  headroom: {
    tasks_per_zone: number;
    memory_mb: number;
    disk_mb: number;
    /** All of them: for every zone that is left, in every isolation segment. */
    tasks: number;
    not_placed: number;
    reasons: { pool: string; why: string; count: number }[];
  };
  seeds: Spread;
  recovery: Recovery;
}

export interface LossContext {
  model: SizingModel;
  world: World;
  loss: Loss;
  headroom: Headroom;
  recovery: RecoveryOptions;
}

/** Reports the canonical run of a loss; `others` are runs with drawn ties. */
export function lossReport(context: LossContext, run: LossRun, seeds: Spread): LossReport {
  const { model, world, loss, headroom } = context;
  const gone = rowSet([...loss.lost, ...run.drained], world.cells.length);
  const { demand, placing } = run;
  const lostTasks = [...loss.lost].reduce((sum, row) => sum + world.cells[row]!.tasks, 0);
  const before = world.homeless.process.length;
  const drained = demand.from.filter((row) => row >= 0 && !loss.lost.has(row)).length;
  const ids = (rows: Iterable<number>) => [...rows].map((row) => world.cells[row]!.cellId).sort();
  const survivable = run.survives && seeds.survivable_runs === seeds.runs;
  const utilisation = utilisationOf(model, world, placing.world, gone);
  const pools = poolLosses(model, world, gone, run);
  return {
    zone: loss.zone,
    cells_lost: ids(loss.lost),
    cells_drained: ids(run.drained),
    verdict: survivable
      ? 'survivable'
      : run.survives || seeds.survivable_runs > 0
        ? 'survivable in some runs only'
        : 'not survivable',
    survivable,
    lost: demand.process.length - before,
    from_drained_cells: drained,
    without_place_before: before,
    placed: placing.placed,
    placed_in_first_round: placing.rounds[0] ?? 0,
    not_placed: placing.failed,
    rounds: placing.rounds.filter((placed) => placed > 0).length,
    tasks_lost: lostTasks,
    reasons: reasonsOf(model, run, () => true),
    ...pools,
    apps: appLosses(model, world, gone, run),
    utilisation,
    runs_out_first: runsOutFirst(model, placing.world, gone, pools.pools),
    headroom: {
      tasks_per_zone: headroom.tasksPerZone,
      memory_mb: headroom.memoryMb,
      disk_mb: headroom.diskMb,
      tasks: run.headroomTasks,
      not_placed: run.headroomFailures.length,
      reasons: headroomReasons(model, run),
    },
    seeds,
    recovery: recoveryTime(recoveryFacts(world, gone, run), context.recovery),
  };
}

function reasonsOf(model: SizingModel, run: LossRun, of: (process: number) => boolean): Reason[] {
  const reasons = new Map<string, Reason>();
  run.placing.failure.forEach((text, item) => {
    const number = run.demand.process[item]!;
    if (text < 0 || !of(number)) return;
    const placementError = run.placing.texts[text]!;
    const known = reasons.get(placementError);
    if (known !== undefined) {
      known.count++;
      return;
    }
    const { guid, name, memoryMb, diskMb } = model.processes[number]!;
    reasons.set(placementError, {
      placement_error: placementError,
      count: 1,
      example: {
        process_guid: guid,
        index: run.demand.index[item]!,
        memory_mb: memoryMb,
        disk_mb: diskMb,
        app_name: name,
      },
    });
  });
  return [...reasons.values()].sort((a, b) => b.count - a.count);
}

function poolLosses(
  model: SizingModel,
  world: World,
  gone: (row: number) => boolean,
  run: LossRun,
): { pools: PoolLoss[]; pools_gone: string[] } {
  const lost = new Map<number, number>();
  const notPlaced = new Map<number, number>();
  const count = (map: Map<number, number>, key: number) => map.set(key, (map.get(key) ?? 0) + 1);
  // What matches no pool any more is counted where it ran.
  const poolOf = (item: number) => {
    const { pool } = model.processes[run.demand.process[item]!]!;
    return pool >= 0 ? pool : (world.pool[run.demand.from[item]!] ?? -1);
  };
  run.demand.process.forEach((_, item) => {
    count(lost, poolOf(item));
    if (run.placing.cell[item]! < 0) count(notPlaced, poolOf(item));
  });
  const cells = new Map<number, { lost: number; left: number }>();
  world.cells.forEach((cell, row) => {
    const known = cells.get(world.pool[row]!) ?? { lost: 0, left: 0 };
    cells.set(world.pool[row]!, known);
    if (gone(row)) known.lost++;
    else if (cell.takesWork) known.left++;
  });
  const pools = model.pools.map((pool, number): PoolLoss => {
    const all = lost.get(number) ?? 0;
    const failed = notPlaced.get(number) ?? 0;
    return {
      pool: pool.name,
      lost: all,
      placed: all - failed,
      not_placed: failed,
      verdict: failed > 0 ? 'not survivable' : all === 0 ? 'nothing lost' : 'survivable',
      cells_lost: cells.get(number)?.lost ?? 0,
      cells_left: cells.get(number)?.left ?? 0,
      reasons: reasonsOf(model, run, (process) => model.processes[process]!.pool === number),
    };
  });
  return {
    pools,
    pools_gone: pools.filter((pool) => pool.cells_lost > 0 && pool.cells_left === 0).map(({ pool }) => pool),
  };
}

function appLosses(
  model: SizingModel,
  world: World,
  gone: (row: number) => boolean,
  run: LossRun,
): LossReport['apps'] {
  const before = new Int32Array(model.processes.length);
  const elsewhere = new Int32Array(model.processes.length);
  const { cell, process, counted } = world.instances;
  for (let i = 0; i < cell.length; i++) {
    if (counted[i] !== 1) continue;
    before[process[i]!]!++;
    if (!gone(cell[i]!)) elsewhere[process[i]!]!++;
  }
  for (const number of world.homeless.process) before[number]!++;
  const after = elsewhere.slice();
  const hit = new Set<number>();
  run.demand.process.forEach((number, item) => {
    hit.add(number);
    if (run.placing.cell[item]! >= 0) after[number]!++;
  });
  const apps = [...hit]
    .sort((a, b) => (model.processes[a]!.guid < model.processes[b]!.guid ? -1 : 1))
    .map((number) => ({
      number,
      app: {
        process_guid: model.processes[number]!.guid,
        app_name: model.processes[number]!.name,
        instances: before[number]!,
        instances_after: after[number]!,
      },
    }));
  return {
    fully_down: apps.filter(({ app }) => app.instances_after === 0).map(({ app }) => app),
    fewer_instances: apps
      .filter(({ app }) => app.instances_after > 0 && app.instances_after < app.instances)
      .map(({ app }) => app),
    only_there: apps.filter(({ number }) => elsewhere[number] === 0).map(({ app }) => app),
  };
}

function headroomReasons(model: SizingModel, run: LossRun): LossReport['headroom']['reasons'] {
  const reasons = new Map<string, { pool: string; why: string; count: number }>();
  for (const { pool, why } of run.headroomFailures) {
    const known = reasons.get(`${pool} ${why}`);
    if (known === undefined) reasons.set(`${pool} ${why}`, { pool: model.pools[pool]!.name, why, count: 1 });
    else known.count++;
  }
  return [...reasons.values()];
}

function recoveryFacts(world: World, gone: (row: number) => boolean, run: LossRun) {
  const survivors = world.cells.filter((cell, row) => cell.takesWork && !gone(row)).length;
  const starting = new Map<number, number>();
  for (const row of run.placing.cell) {
    if (row >= 0) starting.set(row, (starting.get(row) ?? 0) + 1);
  }
  let held = 0;
  for (const row of world.instances.cell) if (!gone(row)) held++;
  return {
    instances: run.demand.process.length,
    cells: survivors,
    instancesPerCell: survivors > 0 ? (held + run.placing.placed / 2) / survivors : 0,
    rounds: run.placing.rounds.filter((placed) => placed > 0).length,
    mostPerCell: [...starting.values()].reduce((most, count) => Math.max(most, count), 0),
  };
}
