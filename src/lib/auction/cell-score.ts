import type { CellLoad, CellTable, ScoringOrder } from './cell-table.ts';

/** What a score is for: LRPs pay for their proxy and the cell's index, tasks for the tasks that the cell holds. */
export type ScorePurpose = 'lrp' | 'task';

/** auctionrunner/cell.go: what every instance of the process (or task) on the cell adds to its score. */
export const LOCALITY = 1000;
/** Wider than rounding: sums of a dozen operations, each off by at most 2^-53 of the largest number in them. */
export const ROUNDING = 2e-13;

/** What Diego scores cells by, as their load is at the moment: the lowest score wins. */
export class CellScore {
  /** By cell: the number of its combination of totals and proxy (and index, where that weighs). */
  readonly capacityOf: Int32Array;
  /** How far rounding can move a key. */
  readonly margin: number;
  readonly #cells: CellTable;
  readonly #load: CellLoad;
  readonly #order: ScoringOrder;
  readonly #forTasks: boolean;
  readonly #startingWeight: number;
  readonly #indexWeight: number;

  constructor(
    cells: CellTable,
    load: CellLoad,
    order: ScoringOrder,
    weights: { starting: number; index: number },
    purpose: ScorePurpose,
  ) {
    this.#cells = cells;
    this.#load = load;
    this.#order = order;
    this.#forTasks = purpose === 'task';
    this.#startingWeight = weights.starting;
    this.#indexWeight = this.#forTasks ? 0 : weights.index;
    this.capacityOf = this.#capacities();
    this.margin = this.#marginOf();
  }

  /**
   * auctionrunner/cell.go ScoreForLRP and ScoreForTask over rep/resources.go ComputeScore: the same operations on doubles
   * in the same order, since which of two nearly equal cells wins depends on the last bit.
   */
  score(cell: number, memory: number, disk: number, count: number): number {
    const { totalMemory, totalDisk, totalContainers, proxyMemory } = this.#cells;
    const proxy = this.#forTasks ? 0 : proxyMemory[cell]!;
    const usedMemory = 1 - (this.#load.memory[cell]! - (memory + proxy)) / totalMemory[cell]!;
    const usedDisk = 1 - (this.#load.disk[cell]! - disk) / totalDisk[cell]!;
    const usedContainers = 1 - (this.#load.containers[cell]! - 1) / totalContainers[cell]!;
    const resources =
      (usedMemory + usedDisk + usedContainers) / 3 + this.#load.starting[cell]! * this.#startingWeight;
    if (this.#forTasks) return resources + LOCALITY * this.#load.tasks[cell]!;
    return resources + LOCALITY * count + this.#order.index[cell]! * this.#indexWeight;
  }

  /** The score of work that asks for nothing, on doubles: near enough to order cells by, with a margin. */
  key(cell: number): number {
    const { totalMemory, totalDisk, totalContainers } = this.#cells;
    const used =
      3 -
      this.room(cell) / totalMemory[cell]! -
      this.#load.disk[cell]! / totalDisk[cell]! -
      this.#load.containers[cell]! / totalContainers[cell]!;
    const fixed = this.#forTasks
      ? LOCALITY * this.#load.tasks[cell]!
      : this.#order.index[cell]! * this.#indexWeight;
    return used / 3 + this.#load.starting[cell]! * this.#startingWeight + fixed;
  }

  /** The memory of the largest LRP or task that the cell has room for. */
  room(cell: number): number {
    const memory = this.#load.memory[cell]!;
    return this.#forTasks ? memory : memory - this.#cells.proxyMemory[cell]!;
  }

  sameState(a: number, b: number): boolean {
    const load = this.#load;
    return (
      this.capacityOf[a] === this.capacityOf[b] &&
      load.memory[a] === load.memory[b] &&
      load.disk[a] === load.disk[b] &&
      load.containers[a] === load.containers[b] &&
      load.starting[a] === load.starting[b] &&
      (!this.#forTasks || load.tasks[a] === load.tasks[b])
    );
  }

  isWorthless(cell: number): boolean {
    const { totalMemory, totalDisk, totalContainers } = this.#cells;
    return !(totalMemory[cell]! > 0 && totalDisk[cell]! > 0 && totalContainers[cell]! > 0);
  }

  #capacities(): Int32Array {
    const { totalMemory, totalDisk, totalContainers, proxyMemory } = this.#cells;
    const known = new Map<string, number>();
    return Int32Array.from({ length: this.#cells.size }, (_, cell) => {
      const key = [
        totalMemory[cell],
        totalDisk[cell],
        totalContainers[cell],
        this.#forTasks ? 0 : proxyMemory[cell],
        this.#indexWeight === 0 ? 0 : this.#order.index[cell],
      ].join();
      const number = known.get(key) ?? known.size;
      known.set(key, number);
      return number;
    });
  }

  /** How far rounding can move a key, given the largest number that can come into one. */
  #marginOf(): number {
    let largest = 100;
    for (let cell = 0; cell < this.#cells.size; cell++) {
      if (this.isWorthless(cell) || this.#cells.zone[cell]! < 0) continue;
      const { totalMemory, totalDisk, totalContainers } = this.#cells;
      const containers = Math.abs(this.#load.containers[cell]!) + totalContainers[cell]!;
      largest = Math.max(
        largest,
        Math.abs(this.#load.memory[cell]! / totalMemory[cell]!),
        Math.abs(this.#load.disk[cell]! / totalDisk[cell]!),
        containers / totalContainers[cell]!,
        Math.abs((this.#load.starting[cell]! + containers) * this.#startingWeight),
        Math.abs(this.#order.index[cell]! * this.#indexWeight),
        this.#forTasks ? LOCALITY * (this.#load.tasks[cell]! + containers) : 0,
      );
    }
    return largest * ROUNDING;
  }
}
