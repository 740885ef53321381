import { cellTable, withoutCells, type CellLoad } from '../auction/cell-table.ts';
import { seededRandom, type Random } from '../auction/random.ts';
import { MOST_ROUNDS } from '../auction/rounds.ts';
import { PLACED, schedule } from '../auction/schedule.ts';
import type { AuctionCell, Capacity } from '../auction/types.ts';
import { NO_WORK, type RunningTable, type WorkTable } from '../auction/work-table.ts';
import type { Demand, Instances } from './instances.ts';
import type { SizingModel, World } from './model.ts';
import type { Pool } from './pools.ts';

/** What came of a demand, after as many rounds as made a difference. */
export interface Placing {
  /** By item: the cell's row; -1 when it found no place. */
  cell: Int32Array;
  /** By item: why it found none, in the words of the last round; -1 when it was placed. */
  failure: Int32Array;
  texts: readonly string[];
  placed: number;
  failed: number;
  /** How many were placed in each round. */
  rounds: number[];
  /** The cells with what was placed on them running. */
  world: World;
}

/**
 * Auctions a demand on the cells, and what failed again, as Diego does every 30 seconds: what a cell turned down at commit
 * finds another place then.
 */
export function place(model: SizingModel, world: World, demand: Demand, random: Random | undefined): Placing {
  const size = demand.process.length;
  const cell = new Int32Array(size).fill(-1);
  const failure = new Int32Array(size).fill(PLACED);
  const texts: string[] = [];
  const textAt = new Map<string, number>();
  const rounds: number[] = [];
  let load = world.load;
  let items = counting(size);
  let running: RunningTable = world.instances;
  while (items.length > 0 && rounds.length < MOST_ROUNDS) {
    const outcome = schedule({
      cells: world.table,
      load,
      running,
      processes: model.processes.length,
      lrps: workOf(model, demand, items),
      tasks: NO_WORK,
      constraints: model.constraints.list,
      settings: model.settings,
      random,
    });
    const numbers = outcome.texts.map((text) => numberOf(text, texts, textAt));
    const left = new Int32Array(items.length);
    let length = 0;
    for (let i = 0; i < items.length; i++) {
      const item = items[i]!;
      const text = outcome.lrpFailure[i]!;
      cell[item] = outcome.lrpCell[i]!;
      failure[item] = text === PLACED ? PLACED : numbers[text]!;
      if (text !== PLACED) left[length++] = item;
    }
    const placed = items.length - length;
    rounds.push(placed);
    load = { ...outcome.load, starting: new Int32Array(world.table.size) };
    if (placed === 0) break;
    items = left.slice(0, length);
    if (items.length > 0) running = withPlaced(world.instances, demand, cell);
  }
  const failed = items.length;
  return {
    cell,
    failure,
    texts,
    placed: size - failed,
    failed,
    rounds,
    world: { ...world, load, instances: withPlaced(world.instances, demand, cell) },
  };
}

/** Auctions a demand, and keeps what found no place as {@link World.homeless}. */
export function settle(
  model: SizingModel,
  world: World,
  demand: Demand,
  random: Random | undefined,
): { world: World; placed: number; failed: number } {
  const { cell, placed, failed, world: after } = place(model, world, demand, random);
  if (failed === 0) return { world: after, placed, failed };
  const left = counting(cell.length).filter((item) => cell[item]! < 0);
  const homeless = joined(world.homeless, {
    process: picked(demand.process, left),
    index: picked(demand.index, left),
  });
  return { world: { ...after, homeless }, placed, failed };
}

export function joined(one: Demand, other: Demand): Demand {
  const append = (first: Int32Array, second: Int32Array) => {
    const column = new Int32Array(first.length + second.length);
    column.set(first);
    column.set(second, first.length);
    return column;
  };
  return { process: append(one.process, other.process), index: append(one.index, other.index) };
}

/** Tasks of one kind that are to be placed at once. Nothing is left of them afterwards. */
export function placeTasks(
  model: SizingModel,
  world: World,
  tasks: readonly { memoryMb: number; diskMb: number; constraint: number }[],
  random: Random | undefined,
): { failures: (string | undefined)[] } {
  const outcome = schedule({
    cells: world.table,
    load: world.load,
    running: { cell: new Int32Array(0), process: new Int32Array(0) },
    processes: 0,
    lrps: NO_WORK,
    tasks: {
      size: tasks.length,
      process: new Int32Array(tasks.length),
      index: new Int32Array(tasks.length),
      memory: Int32Array.from(tasks, (task) => task.memoryMb),
      disk: Int32Array.from(tasks, (task) => task.diskMb),
      constraint: Int32Array.from(tasks, (task) => task.constraint),
    },
    constraints: model.constraints.list,
    settings: model.settings,
    random,
  });
  return {
    failures: Array.from(outcome.taskFailure, (text) =>
      text === PLACED ? undefined : outcome.texts[text]! || 'the cell turned it down',
    ),
  };
}

/** The instances that some cells hold, each once: what is to be placed when these cells go. */
export function demandOf(world: World, gone: (row: number) => boolean): Demand & { from: Int32Array } {
  const { cell, process, index, counted } = world.instances;
  const found = new Int32Array(cell.length);
  let length = 0;
  for (let i = 0; i < cell.length; i++) {
    if (counted[i] === 1 && gone(cell[i]!)) found[length++] = i;
  }
  const rows = found.subarray(0, length);
  return { process: picked(process, rows), index: picked(index, rows), from: picked(cell, rows) };
}

/** Typed arrays' own map and from cost too much here: this runs for every simulation. */
function picked(column: Int32Array, rows: Int32Array): Int32Array {
  const values = new Int32Array(rows.length);
  for (let i = 0; i < rows.length; i++) values[i] = column[rows[i]!]!;
  return values;
}

/** The world without some cells and all they hold. */
export function without(world: World, gone: (row: number) => boolean): World {
  const { cell, process, index, counted } = world.instances;
  const found = new Int32Array(cell.length);
  let length = 0;
  for (let i = 0; i < cell.length; i++) if (!gone(cell[i]!)) found[length++] = i;
  const kept = found.subarray(0, length);
  const flags = new Uint8Array(length);
  for (let i = 0; i < length; i++) flags[i] = counted[kept[i]!]!;
  return {
    ...world,
    table: withoutCells(world.table, gone),
    instances: {
      cell: picked(cell, kept),
      process: picked(process, kept),
      index: picked(index, kept),
      counted: flags,
    },
  };
}

/** So many empty cells of a pool in a zone. */
export interface CellGroup {
  zone: string;
  pool: number;
  count: number;
}

/** The world with empty cells added, named `added-ZONE-POOL-001` and on. */
export function withCells(
  model: SizingModel,
  world: World,
  groups: readonly CellGroup[],
  sizeOf: (pool: Pool) => Capacity,
): World {
  const names = new Set(world.cells.map(({ cellId }) => cellId));
  const added: AuctionCell[] = [];
  const pools: number[] = [];
  for (const { zone, pool: number, count } of groups) {
    const pool = model.pools[number]!;
    const total = sizeOf(pool);
    for (let i = 1, left = count; left > 0; i++) {
      const cellId = `added-${zone}-${pool.name}-${String(i).padStart(3, '0')}`;
      if (names.has(cellId)) continue;
      names.add(cellId);
      left--;
      pools.push(number);
      added.push({
        ...pool.offer,
        cellId,
        cellIndex: 0,
        zone,
        total,
        available: total,
        proxyMemoryMb: pool.proxyMemoryMb,
        startingContainers: 0,
        processes: [],
        tasks: 0,
        takesWork: true,
      });
    }
  }
  if (added.length === 0) return world;
  const open = new Set(world.table.members.flatMap((rows) => [...rows]));
  // Cells that a scenario closed stay closed.
  const cells = [
    ...world.cells.map((cell, row) =>
      cell.takesWork && !open.has(row) ? { ...cell, takesWork: false } : cell,
    ),
    ...added,
  ];
  const fill = (column: Int32Array, of: (cell: AuctionCell) => number) =>
    Int32Array.from(cells, (cell, row) => (row < column.length ? column[row]! : of(cell)));
  const load: CellLoad = {
    memory: fill(world.load.memory, (cell) => cell.total.memoryMb),
    disk: fill(world.load.disk, (cell) => cell.total.diskMb),
    containers: fill(world.load.containers, (cell) => cell.total.containers),
    starting: fill(world.load.starting, () => 0),
    tasks: fill(world.load.tasks, () => 0),
  };
  return { ...world, cells, pool: [...world.pool, ...pools], table: cellTable(cells), load };
}

/** A source of chance for a run: none for run 0, which is the canonical one. */
export function randomOf(run: number): Random | undefined {
  return run === 0 ? undefined : seededRandom(run);
}

/** Rows as a predicate. */
export function rowSet(rows: Iterable<number>, size: number): (row: number) => boolean {
  const flags = new Uint8Array(size);
  for (const row of rows) flags[row] = 1;
  return (row) => flags[row] === 1;
}

function counting(size: number): Int32Array<ArrayBuffer> {
  const items = new Int32Array(size);
  for (let i = 0; i < size; i++) items[i] = i;
  return items;
}

function workOf(model: SizingModel, demand: Demand, items: Int32Array): WorkTable {
  const work = {
    size: items.length,
    process: picked(demand.process, items),
    index: picked(demand.index, items),
    memory: new Int32Array(items.length),
    disk: new Int32Array(items.length),
    constraint: new Int32Array(items.length),
  };
  for (let i = 0; i < items.length; i++) {
    const process = model.processes[work.process[i]!]!;
    work.memory[i] = process.memoryMb;
    work.disk[i] = process.diskMb;
    work.constraint[i] = process.constraint;
  }
  return work;
}

function withPlaced(instances: Instances, demand: Demand, cells: Int32Array): Instances {
  const found = new Int32Array(cells.length);
  let length = 0;
  for (let item = 0; item < cells.length; item++) if (cells[item]! >= 0) found[length++] = item;
  const placed = found.subarray(0, length);
  const append = (column: Int32Array, more: Int32Array) => {
    const joined = new Int32Array(column.length + placed.length);
    joined.set(column);
    joined.set(picked(more, placed), column.length);
    return joined;
  };
  const counted = new Uint8Array(instances.counted.length + placed.length).fill(1);
  counted.set(instances.counted);
  return {
    cell: append(instances.cell, cells),
    process: append(instances.process, demand.process),
    index: append(instances.index, demand.index),
    counted,
  };
}

function numberOf(text: string, texts: string[], known: Map<string, number>): number {
  const at = known.get(text);
  if (at !== undefined) return at;
  known.set(text, texts.length);
  return texts.push(text) - 1;
}
