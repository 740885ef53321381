import type { Locality, PlacementIndex } from './placement-index.ts';
import type { RunningTable, WorkTable } from './work-table.ts';
import type { CellTable } from './cell-table.ts';

/** With more instances than this, a process keeps its counts by cell in a tree instead of listing where it runs. */
const MANY = 256;

/**
 * Where the instances of the batch's processes are: by zone, for the order in which zones are tried, and by cell, for the
 * locality score. Only the instances of one process are spread out by cell at a time.
 */
export class ProcessCounts {
  readonly none: Locality;
  readonly #zones: number;
  readonly #byZone: Int32Array;
  /** Process by process, the cells of its instances, with room for those that the batch may add. */
  readonly #start: Int32Array;
  readonly #length: Int32Array;
  readonly #holders: Int32Array;
  readonly #zoneOf: Int32Array;
  readonly #counts: Int32Array;
  readonly #trees = new Map<number, Locality>();
  readonly #spread: Locality;
  readonly #index: PlacementIndex;

  constructor(
    batch: { cells: CellTable; running: RunningTable; lrps: WorkTable; processes: number },
    index: PlacementIndex,
  ) {
    const { cells, running, lrps, processes } = batch;
    this.#index = index;
    this.#zones = cells.zones.length;
    this.#zoneOf = cells.zone;
    this.#counts = new Int32Array(cells.size);
    this.#spread = { counts: this.#counts, tree: undefined };
    this.none = { counts: new Int32Array(cells.size), tree: undefined };

    const inBatch = new Uint8Array(processes);
    for (const process of lrps.process) inBatch[process] = 1;
    const room = new Int32Array(processes + 1);
    for (const process of lrps.process) room[process]!++;
    // Cells that take no work are not in any zone: what they hold does not count.
    const counts = (i: number) => inBatch[running.process[i]!] === 1 && this.#zoneOf[running.cell[i]!]! >= 0;
    for (let i = 0; i < running.process.length; i++) {
      if (counts(i)) room[running.process[i]!]!++;
    }
    this.#start = new Int32Array(processes + 1);
    for (let process = 0; process < processes; process++) {
      this.#start[process + 1] = this.#start[process]! + room[process]!;
    }
    this.#length = new Int32Array(processes);
    this.#holders = new Int32Array(this.#start[processes]!);
    this.#byZone = new Int32Array(processes * this.#zones);
    for (let i = 0; i < running.process.length; i++) {
      if (counts(i)) this.add(running.process[i]!, running.cell[i]!);
    }
  }

  inZone(process: number, zone: number): number {
    return this.#byZone[process * this.#zones + zone]!;
  }

  /** Spreads the process's instances out by cell. To be closed before the next one is opened. */
  open(process: number): Locality {
    const length = this.#length[process]!;
    if (length > MANY) return this.#trees.get(process) ?? this.#plant(process);
    const start = this.#start[process]!;
    for (let i = start; i < start + length; i++) this.#counts[this.#holders[i]!]!++;
    return this.#spread;
  }

  close(process: number): void {
    const length = this.#length[process]!;
    if (length > MANY) return;
    const start = this.#start[process]!;
    for (let i = start; i < start + length; i++) this.#counts[this.#holders[i]!] = 0;
  }

  add(process: number, cell: number): void {
    this.#holders[this.#start[process]! + this.#length[process]!++] = cell;
    this.#byZone[process * this.#zones + this.#zoneOf[cell]!]!++;
    const tree = this.#trees.get(process)?.tree;
    if (tree !== undefined) this.#index.increment(tree, cell);
  }

  #plant(process: number): Locality {
    const counts = new Int32Array(this.#counts.length);
    const start = this.#start[process]!;
    for (let i = start; i < start + this.#length[process]!; i++) counts[this.#holders[i]!]!++;
    const locality = { counts, tree: this.#index.countTree(counts) };
    this.#trees.set(process, locality);
    return locality;
  }
}
