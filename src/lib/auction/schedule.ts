import { copyLoad, scoringOrder, type CellLoad, type CellTable } from './cell-table.ts';
import { commitLrps, commitTasks } from './commit.ts';
import { INFLIGHT_LIMIT, insufficientResources } from './constraints.ts';
import { NoRoom } from './no-room.ts';
import { PlacementIndex, type Winner } from './placement-index.ts';
import { ProcessCounts } from './process-counts.ts';
import { shuffle, type Random } from './random.ts';
import type { AuctionSettings, PlacementConstraint } from './types.ts';
import {
  lrpOrder,
  resolveConstraints,
  taskOrder,
  type Match,
  type RunningTable,
  type WorkTable,
} from './work-table.ts';

/** One batch, as columns. Processes are numbered from 0 up to and without `processes`. */
export interface Batch {
  cells: CellTable;
  /** Left as it is. */
  load: CellLoad;
  /** What runs on the cells already. Instances of processes that the batch does not have may be left out. */
  running: RunningTable;
  processes: number;
  lrps: WorkTable;
  tasks: WorkTable;
  constraints: readonly PlacementConstraint[];
  settings: AuctionSettings;
  /**
   * Where Diego leaves a tie to chance (which cell answered first, the order of Go's maps, an unstable sort), draw instead
   * of taking the canonical order.
   */
  random?: Random | undefined;
}

/** The place of the commit failures' text, which is empty, in {@link Outcome.texts}. */
export const COMMIT_FAILURE = 0;
export const PLACED = -1;

/** By item of the batch: its cell (-1 when it failed) and why it failed (a place in `texts`; -1 when it was placed). */
export interface Outcome {
  lrpCell: Int32Array;
  lrpFailure: Int32Array;
  taskCell: Int32Array;
  taskFailure: Int32Array;
  texts: readonly string[];
  /** What is free once the cells have taken what they accept. `starting` counts what was placed as well. */
  load: CellLoad;
}

/**
 * Diego's auction of one batch: auctionrunner/scheduler.go Schedule, then the cells' own word in rep's auctioncellrep.
 * What the real one finds by scoring every cell for every instance is found in a {@link PlacementIndex}.
 */
export function schedule(batch: Batch): Outcome {
  return new Scheduler(batch).run();
}

class Scheduler {
  readonly #batch: Batch;
  readonly #index: PlacementIndex;
  /** For the tasks' part of the batch only. */
  #taskIndex: PlacementIndex | undefined;
  readonly #load: CellLoad;
  readonly #order;
  readonly #counts: ProcessCounts;
  readonly #matches: readonly Match[];
  readonly #shelves = new Map<number, readonly (readonly number[])[]>();
  readonly #taskShelves = new Map<number, readonly (readonly number[])[]>();
  readonly #zoneOrder: Int32Array;
  readonly #winner: Winner = { cell: -1, score: 0, zoneRank: 0 };
  readonly #texts: string[] = [''];
  readonly #textAt = new Map<string, number>();
  readonly #lackingTexts: number[] = [];
  readonly #noRoom = new NoRoom();
  readonly #outcome: Outcome;
  #inflight = 0;

  constructor(batch: Batch) {
    const { cells, settings } = batch;
    this.#batch = batch;
    this.#load = copyLoad(batch.load);
    this.#order = scoringOrder(cells, settings, batch.random);
    this.#matches = resolveConstraints(batch.constraints, cells);
    this.#index = new PlacementIndex(
      cells,
      this.#load,
      this.#order,
      weightsOf(settings),
      'lrp',
      batch.lrps.memory,
    );
    this.#counts = new ProcessCounts(batch, this.#index);
    this.#zoneOrder = Int32Array.from(cells.zones, (_, zone) => zone);
    for (const members of cells.members) {
      for (const cell of members) this.#inflight += batch.load.starting[cell]!;
    }
    this.#outcome = {
      lrpCell: new Int32Array(batch.lrps.size).fill(-1),
      lrpFailure: new Int32Array(batch.lrps.size).fill(PLACED),
      taskCell: new Int32Array(batch.tasks.size).fill(-1),
      taskFailure: new Int32Array(batch.tasks.size).fill(PLACED),
      texts: this.#texts,
      load: this.#load,
    };
  }

  run(): Outcome {
    const { lrps, tasks, cells, random } = this.#batch;
    const given = (size: number) => {
      const items = Int32Array.from({ length: size }, (_, item) => item);
      return random === undefined ? items : shuffle(items, random);
    };
    const order = lrpOrder(lrps, given(lrps.size));
    // auctionrunner/scheduler.go, splitLRPS: instances with index 0 go before the tasks, but only if others come after.
    const later = order.findIndex((item) => lrps.index[item]! > 0);
    const split = Math.max(later, 0);
    const lrpsDone = new Int32Array(lrps.size);
    const tasksDone = new Int32Array(tasks.size);

    let lrpCount = this.#placeLrps(order.subarray(0, split), lrpsDone, 0);
    let taskCount = 0;
    if (tasks.size > 0) {
      this.#taskIndex = new PlacementIndex(
        cells,
        this.#load,
        this.#order,
        weightsOf(this.#batch.settings),
        'task',
        tasks.memory,
      );
      for (const item of taskOrder(tasks, given(tasks.size))) {
        if (this.#placeTask(item)) tasksDone[taskCount++] = item;
      }
      this.#taskIndex = undefined;
    }
    lrpCount = this.#placeLrps(order.subarray(split), lrpsDone, lrpCount);
    this.#commit(lrpsDone.subarray(0, lrpCount), tasksDone.subarray(0, taskCount));
    return this.#outcome;
  }

  #placeLrps(items: Int32Array, done: Int32Array, from: number): number {
    let count = from;
    for (const item of items) {
      if (this.#placeLrp(item)) done[count++] = item;
    }
    return count;
  }

  #placeLrp(item: number): boolean {
    const { lrps } = this.#batch;
    const { lrpFailure, lrpCell } = this.#outcome;
    if (this.#isFull()) {
      lrpFailure[item] = this.#text(INFLIGHT_LIMIT);
      return false;
    }
    const match = this.#matches[lrps.constraint[item]!]!;
    if (match.error !== undefined) {
      lrpFailure[item] = this.#text(match.error);
      return false;
    }
    const shelves = shelvesOf(this.#index, this.#shelves, match);
    const memory = lrps.memory[item]!;
    const disk = lrps.disk[item]!;
    const cell = this.#noRoom.has(match.group, memory, disk) ? -1 : this.#findCell(item, shelves);
    if (cell < 0) {
      if (this.#index.everyRoomWins) this.#noRoom.add(match.group, memory, disk);
      lrpFailure[item] = this.#insufficient(this.#index, shelves, memory, disk);
      return false;
    }
    lrpCell[item] = cell;
    this.#reserve(cell, lrps, item);
    this.#counts.add(lrps.process[item]!, cell);
    return true;
  }

  /**
   * Zones with the fewest instances of the process first; zones that have equally many are searched together, and others
   * only if nothing fits in these (auctionrunner/scheduler.go, scheduleLRPAuction).
   */
  #findCell(item: number, shelves: readonly (readonly number[])[]): number {
    const { lrps } = this.#batch;
    const process = lrps.process[item]!;
    const memory = lrps.memory[item]!;
    const disk = lrps.disk[item]!;
    const winner = this.#winner;
    winner.cell = -1;
    winner.score = 1e20;
    const zones = this.#zoneOrder;
    if (this.#batch.random !== undefined) shuffle(zones, this.#batch.random);

    const locality = this.#counts.open(process);
    let searched = -1;
    for (;;) {
      let fewest = 0x7fff_ffff;
      for (let zone = 0; zone < shelves.length; zone++) {
        const instances = this.#counts.inZone(process, zone);
        if (instances > searched && instances < fewest && shelves[zone]!.length > 0) fewest = instances;
      }
      if (fewest === 0x7fff_ffff) break;
      for (let rank = 0; rank < zones.length; rank++) {
        const zone = zones[rank]!;
        if (this.#counts.inZone(process, zone) !== fewest) continue;
        for (const shelf of shelves[zone]!) this.#index.search(shelf, memory, disk, locality, rank, winner);
      }
      if (winner.cell >= 0) break;
      searched = fewest;
    }
    this.#counts.close(process);
    return winner.cell;
  }

  #placeTask(item: number): boolean {
    const { tasks } = this.#batch;
    const { taskFailure, taskCell } = this.#outcome;
    const index = this.#taskIndex!;
    if (this.#isFull()) {
      taskFailure[item] = this.#text(INFLIGHT_LIMIT);
      return false;
    }
    const match = this.#matches[tasks.constraint[item]!]!;
    if (match.error !== undefined) {
      taskFailure[item] = this.#text(match.error);
      return false;
    }
    const memory = tasks.memory[item]!;
    const disk = tasks.disk[item]!;
    const winner = this.#winner;
    winner.cell = -1;
    winner.score = 1e20;
    const zones = this.#zoneOrder;
    if (this.#batch.random !== undefined) shuffle(zones, this.#batch.random);
    const shelves = shelvesOf(index, this.#taskShelves, match);
    zones.forEach((zone, rank) => {
      for (const shelf of shelves[zone]!) {
        index.search(shelf, memory, disk, this.#counts.none, rank, winner);
      }
    });
    if (winner.cell < 0) {
      taskFailure[item] = this.#insufficient(index, shelves, memory, disk);
      return false;
    }
    taskCell[item] = winner.cell;
    this.#load.tasks[winner.cell]!++;
    this.#reserve(winner.cell, tasks, item);
    return true;
  }

  #isFull(): boolean {
    const { maxInflight } = this.#batch.settings;
    return maxInflight > 0 && this.#inflight >= maxInflight;
  }

  /** rep/resources.go, AddLRP: what the work asks for, without the proxy that its fit was found with. */
  #reserve(cell: number, work: WorkTable, item: number): void {
    this.#load.memory[cell]! -= work.memory[item]!;
    this.#load.disk[cell]! -= work.disk[item]!;
    this.#load.containers[cell]!--;
    this.#load.starting[cell]!++;
    this.#inflight++;
    this.#index.update(cell);
    this.#taskIndex?.update(cell);
  }

  /** The number of the text that names what every cell lacks. */
  #insufficient(
    index: PlacementIndex,
    shelves: readonly (readonly number[])[],
    memory: number,
    disk: number,
  ): number {
    const common = { memory: true, disk: true, containers: true };
    for (const zone of shelves) {
      for (const shelf of zone) index.keepLacking(shelf, memory, disk, common);
    }
    const which = Number(common.memory) + 2 * Number(common.disk) + 4 * Number(common.containers);
    return (this.#lackingTexts[which] ??= this.#text(insufficientResources(common)));
  }

  #text(text: string): number {
    const known = this.#textAt.get(text);
    if (known !== undefined) return known;
    this.#textAt.set(text, this.#texts.length);
    return this.#texts.push(text) - 1;
  }

  /** Every cell checks its share of the batch against its own books, which still are as they were before the batch. */
  #commit(lrpsDone: Int32Array, tasksDone: Int32Array): void {
    const { cells, lrps, tasks, load } = this.#batch;
    const { lrpCell, lrpFailure, taskCell, taskFailure } = this.#outcome;
    for (const column of ['memory', 'disk', 'containers', 'tasks'] as const) {
      this.#load[column].set(load[column]);
    }
    const refuse = (cellOf: Int32Array, failure: Int32Array) => (item: number) => {
      cellOf[item] = -1;
      failure[item] = COMMIT_FAILURE;
    };
    commitLrps(cells, this.#load, lrps, lrpsDone, lrpCell, refuse(lrpCell, lrpFailure));
    commitTasks(this.#load, tasks, tasksDone, taskCell, refuse(taskCell, taskFailure));
  }
}

function weightsOf(settings: AuctionSettings): { starting: number; index: number } {
  return { starting: settings.startingContainerWeight, index: settings.binPackFirstFitWeight };
}

function shelvesOf(
  index: PlacementIndex,
  known: Map<number, readonly (readonly number[])[]>,
  match: Match,
): readonly (readonly number[])[] {
  let shelves = known.get(match.group);
  if (shelves === undefined) known.set(match.group, (shelves = index.shelvesOf(match.kinds)));
  return shelves;
}
