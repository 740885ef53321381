import { CellScore, LOCALITY, ROUNDING, type ScorePurpose } from './cell-score.ts';
import { BoundTrees, ROOM, type PlantedShelf } from './bound-trees.ts';
import type { CellLoad, CellTable, ScoringOrder } from './cell-table.ts';

/** How many of the work's own instances each cell holds already, where that costs. */
export interface Locality {
  /** By cell. Ignored when `tree` is given. */
  readonly counts: Int32Array;
  /** For processes with many instances: the least count below every node of the index. */
  readonly tree: Int32Array | undefined;
}

export interface Winner {
  cell: number;
  score: number;
  /** The place in which the winner's zone was visited. */
  zoneRank: number;
}

/**
 * Finds the cell with the lowest score among those with room, without scoring them all, and never another than scoring
 * them all would find.
 *
 * Cells of one zone that offer the same form a shelf, and each shelf a tree over its cells. A cell's *key* is its score
 * without the work's own share; that share only depends on the cell's totals, so that a node's least key plus the share
 * is a lower bound for all scores below it. Nodes also know the most room below them. A search goes down where the bound
 * is lowest and leaves out what cannot win or has no room. Bounds are compared with a margin that is wider than rounding
 * can make them; what is left is scored exactly, in Diego's order of operations.
 *
 * Cells in the same state have the same score to the bit, and the one that comes first wins. A node knows whether all its
 * best cells are in one state, so that ties do not make a search visit them all.
 */
export class PlacementIndex {
  readonly #cells: CellTable;
  readonly #load: CellLoad;
  readonly #order: ScoringOrder;
  readonly #scores: CellScore;
  readonly #margin: number;
  readonly #trees: BoundTrees;

  readonly #stack = new Int32Array(128);

  constructor(
    cells: CellTable,
    load: CellLoad,
    order: ScoringOrder,
    weights: { starting: number; index: number },
    purpose: ScorePurpose,
    memories: Int32Array,
  ) {
    this.#cells = cells;
    this.#load = load;
    this.#order = order;
    this.#scores = new CellScore(cells, load, order, weights, purpose);
    this.#margin = this.#scores.margin;
    this.#trees = new BoundTrees(cells, load, order, this.#scores, memories);
  }

  /** Whether a cell with room always has a score below all bounds: then what once found no room never will. */
  get everyRoomWins(): boolean {
    return !this.#trees.shelves.some(({ plain }) => plain);
  }

  /** The shelves whose cells are of one of the kinds, by zone: `[zone] -> shelves`. */
  shelvesOf(kinds: readonly number[]): readonly (readonly number[])[] {
    const byZone = this.#cells.zones.map((): number[] => []);
    this.#trees.shelves.forEach(({ zone, kind }, shelf) => {
      if (kinds.includes(kind)) byZone[zone]!.push(shelf);
    });
    return byZone;
  }

  /** The cell's load has changed. */
  update(cell: number): void {
    this.#trees.update(cell);
  }

  /** The least counts below every node, for a process with many instances. */
  countTree(counts: Int32Array): Int32Array {
    const { nodes, leafCell, shelves } = this.#trees;
    const tree = new Int32Array(nodes).fill(0x3fff_ffff);
    for (const { base, leaves } of shelves) {
      for (let node = 2 * leaves - 1; node >= 1; node--) {
        if (node < leaves) tree[base + node] = Math.min(tree[base + 2 * node]!, tree[base + 2 * node + 1]!);
        else if (leafCell[base + node]! >= 0) tree[base + node] = counts[leafCell[base + node]!]!;
      }
    }
    return tree;
  }

  /** One instance more on the cell. */
  increment(tree: Int32Array, cell: number): void {
    const base = this.#trees.baseOf[cell]!;
    const leaf = this.#trees.nodeOf[cell]!;
    tree[leaf]!++;
    for (let node = (leaf - base) >> 1; node >= 1; node >>= 1) {
      const least = Math.min(tree[base + 2 * node]!, tree[base + 2 * node + 1]!);
      if (tree[base + node] === least) return;
      tree[base + node] = least;
    }
  }

  /**
   * The best cell of a shelf, if it beats `winner`, which is changed then. Shelves of one zone pass the same `zoneRank`;
   * zones are visited in the order of theirs, and the first of equal scores wins.
   */
  search(
    shelf: number,
    memory: number,
    disk: number,
    locality: Locality,
    zoneRank: number,
    winner: Winner,
  ): void {
    const trees = this.#trees;
    const planted = trees.shelves[shelf]!;
    if (planted.plain) {
      this.#searchPlainly(planted, memory, disk, locality, zoneRank, winner);
      return;
    }
    const { base, leaves } = planted;
    const { tree } = locality;
    let margin = this.#margin + ROUNDING * Math.abs(winner.score);
    const stack = this.#stack;
    const layer = trees.layerOf(memory) * trees.nodes;
    const keys = trees.key;
    const rooms = trees.room;
    // Below a root with one capacity the work's share is the same everywhere.
    const oneCapacity = trees.oneCapacity[base + 1] === 1;
    const share = oneCapacity ? trees.shareAt(base + 1, memory, disk) : 0;
    let depth = 0;
    stack[depth++] = 1;
    while (depth > 0) {
      const node = stack[--depth]!;
      const at = base + node;
      if (rooms[ROOM * at]! < memory || rooms[ROOM * at + 1]! < disk || rooms[ROOM * at + 2]! < 1) continue;
      let bound = keys[layer + at]! + (oneCapacity ? share : trees.shareAt(at, memory, disk));
      if (tree !== undefined) bound += LOCALITY * tree[at]!;
      if (bound > winner.score + margin) continue;
      if (node >= leaves) {
        this.#consider(trees.leafCell[at]!, memory, disk, locality, zoneRank, winner);
        margin = this.#margin + ROUNDING * Math.abs(winner.score);
        continue;
      }
      if (
        trees.uniform[layer + at] === 1 &&
        bound > winner.score - margin &&
        (winner.zoneRank < zoneRank || this.#order.rank[winner.cell]! < trees.firstRank[at]!) &&
        this.#scores.sameState(winner.cell, trees.best[layer + at]!)
      ) {
        continue;
      }
      const left = 2 * node;
      if (keys[layer + base + left + 1]! < keys[layer + base + left]! - this.#margin) {
        stack[depth++] = left;
        stack[depth++] = left + 1;
      } else {
        stack[depth++] = left + 1;
        stack[depth++] = left;
      }
    }
  }

  /** Takes off what not every one of the shelf's cells without room lacks. */
  keepLacking(
    shelf: number,
    memory: number,
    disk: number,
    common: { memory: boolean; disk: boolean; containers: boolean },
  ): void {
    const planted = this.#trees.shelves[shelf]!;
    if (!planted.plain) {
      const root = ROOM * (planted.base + 1);
      // Nothing fits, so that a resource is lacking everywhere exactly if the most of it is too little.
      common.memory &&= this.#trees.room[root]! < memory;
      common.disk &&= this.#trees.room[root + 1]! < disk;
      common.containers &&= this.#trees.room[root + 2]! < 1;
      return;
    }
    for (const cell of this.#trees.cellsOf(planted)) {
      const lacksMemory = this.#scores.room(cell) < memory;
      const lacksDisk = this.#load.disk[cell]! < disk;
      const lacksContainers = this.#load.containers[cell]! < 1;
      // It has room and yet did not win: its score was not a number.
      if (!lacksMemory && !lacksDisk && !lacksContainers) continue;
      common.memory &&= lacksMemory;
      common.disk &&= lacksDisk;
      common.containers &&= lacksContainers;
    }
  }

  #searchPlainly(
    planted: PlantedShelf,
    memory: number,
    disk: number,
    locality: Locality,
    zoneRank: number,
    winner: Winner,
  ): void {
    for (const cell of this.#trees.cellsOf(planted)) {
      if (
        this.#scores.room(cell) < memory ||
        this.#load.disk[cell]! < disk ||
        this.#load.containers[cell]! < 1
      ) {
        continue;
      }
      this.#consider(cell, memory, disk, locality, zoneRank, winner);
    }
  }

  #consider(
    cell: number,
    memory: number,
    disk: number,
    locality: Locality,
    zoneRank: number,
    winner: Winner,
  ): void {
    const count =
      locality.tree === undefined ? locality.counts[cell]! : locality.tree[this.#trees.nodeOf[cell]!]!;
    const score = this.#scores.score(cell, memory, disk, count);
    const wins =
      score < winner.score ||
      (score === winner.score &&
        winner.cell >= 0 &&
        winner.zoneRank === zoneRank &&
        this.#order.rank[cell]! < this.#order.rank[winner.cell]!);
    if (!wins) return;
    winner.cell = cell;
    winner.score = score;
    winner.zoneRank = zoneRank;
  }
}
