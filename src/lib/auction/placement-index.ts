import { CellScore, LOCALITY, ROUNDING, type ScorePurpose } from './cell-score.ts';
import type { CellLoad, CellTable, ScoringOrder } from './cell-table.ts';
import { leavesFor, shelvesOf } from './shelves.ts';

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

const NO_LEAF = -1;
/** How many numbers a node keeps about room; the fourth only keeps nodes apart evenly. */
const ROOM = 4;
/** More layers find faster and cost more to keep. */
const MOST_LAYERS = 8;

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

  /** Shelves: their zone, kind, where their nodes begin, and how many leaves their tree has (a power of two). */
  readonly #shelfZone: number[] = [];
  readonly #shelfKind: number[] = [];
  readonly #shelfBase: number[] = [];
  readonly #shelfLeaves: number[] = [];
  /** A cell that is worth nothing in some resource scores NaN or infinity: such shelves are scored cell by cell. */
  readonly #shelfPlain: boolean[] = [];

  /** By cell: its leaf's node, and its shelf's first node. */
  readonly #nodeOf: Int32Array;
  readonly #baseOf: Int32Array;

  readonly nodes: number;
  readonly #leafCell: Int32Array;
  /**
   * Layers leave out cells that have less room than their memory, so that the least key below a node is one of a cell that
   * can win: cells without room would hide how bad the others are. Every layer has keys for all nodes.
   */
  readonly #layerMemory: Int32Array;
  readonly #key: Float64Array;
  /** By node, {@link ROOM} numbers: the most memory, disk and containers that a cell below it has free. */
  readonly #room: Int32Array;
  /** By layer and node: the first of the node's cells with the least key, and whether all with that key are in its state. */
  readonly #best: Int32Array;
  readonly #uniform: Uint8Array;
  /** Unchanging: one capacity below the node; the rank of its first cell; the least share of a MB and a container. */
  readonly #oneCapacity: Uint8Array;
  readonly #firstRank: Int32Array;
  readonly #memoryShare: Float64Array;
  readonly #diskShare: Float64Array;
  readonly #containerShare: Float64Array;

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
    this.#nodeOf = new Int32Array(cells.size).fill(-1);
    this.#baseOf = new Int32Array(cells.size);

    const shelves = shelvesOf(cells, order, this.#scores.capacityOf);
    this.nodes = shelves.reduce((sum, shelf) => sum + 2 * leavesFor(shelf.rows.length), 0);
    this.#leafCell = new Int32Array(this.nodes).fill(NO_LEAF);
    this.#layerMemory = layersFor(memories);
    const layers = this.#layerMemory.length;
    this.#key = new Float64Array(layers * this.nodes).fill(Infinity);
    this.#room = new Int32Array(ROOM * this.nodes).fill(-0x8000_0000);
    this.#best = new Int32Array(layers * this.nodes).fill(NO_LEAF);
    this.#uniform = new Uint8Array(layers * this.nodes);
    this.#oneCapacity = new Uint8Array(this.nodes);
    this.#firstRank = new Int32Array(this.nodes).fill(0x7fff_ffff);
    this.#memoryShare = new Float64Array(this.nodes).fill(Infinity);
    this.#diskShare = new Float64Array(this.nodes).fill(Infinity);
    this.#containerShare = new Float64Array(this.nodes).fill(Infinity);

    let base = 0;
    for (const { zone, kind, rows } of shelves) {
      const leaves = leavesFor(rows.length);
      this.#shelfZone.push(zone);
      this.#shelfKind.push(kind);
      this.#shelfBase.push(base);
      this.#shelfLeaves.push(leaves);
      this.#shelfPlain.push(rows.some((row) => this.#scores.isWorthless(row)));
      rows.forEach((row, i) => {
        const node = base + leaves + i;
        this.#leafCell[node] = row;
        this.#nodeOf[row] = node;
        this.#baseOf[row] = base;
        this.#setLeaf(node, row);
        this.#oneCapacity[node] = 1;
        this.#firstRank[node] = order.rank[row]!;
        this.#memoryShare[node] = 1 / (3 * cells.totalMemory[row]!);
        this.#diskShare[node] = 1 / (3 * cells.totalDisk[row]!);
        this.#containerShare[node] = 1 / (3 * cells.totalContainers[row]!);
      });
      for (let node = leaves - 1; node >= 1; node--) {
        this.#summarize(base, node);
        this.#combineRoom(base, node);
        for (let layer = 0; layer < layers; layer++) this.#combine(layer * this.nodes, base, node);
      }
      base += 2 * leaves;
    }
  }

  /** Whether a cell with room always has a score below all bounds: then what once found no room never will. */
  get everyRoomWins(): boolean {
    return !this.#shelfPlain.includes(true);
  }

  /** The shelves whose cells are of one of the kinds, by zone: `[zone] -> shelves`. */
  shelvesOf(kinds: readonly number[]): readonly (readonly number[])[] {
    const byZone = this.#cells.zones.map((): number[] => []);
    this.#shelfZone.forEach((zone, shelf) => {
      if (kinds.includes(this.#shelfKind[shelf]!)) byZone[zone]!.push(shelf);
    });
    return byZone;
  }

  /** The cell's load has changed. */
  update(cell: number): void {
    const leaf = this.#nodeOf[cell]!;
    if (leaf < 0) return;
    const base = this.#baseOf[cell]!;
    const hadRoom = this.#room[ROOM * leaf + 2]! > 0 ? this.#room[ROOM * leaf]! : -Infinity;
    this.#setLeaf(leaf, cell);
    const parent = (leaf - base) >> 1;
    for (let node = parent; node >= 1 && this.#combineRoom(base, node); node >>= 1);
    // Layers that the cell was not in have nothing to forget; above a node that says what it said, nothing changes.
    const layers = this.#layerMemory;
    for (let layer = 0; layer < layers.length && layers[layer]! <= hadRoom; layer++) {
      const from = layer * this.nodes;
      for (let node = parent; node >= 1; node >>= 1) {
        if (!this.#combine(from, base, node) && this.#best[from + base + node] !== cell) break;
      }
    }
  }

  /** The least counts below every node, for a process with many instances. */
  countTree(counts: Int32Array): Int32Array {
    const tree = new Int32Array(this.nodes).fill(0x3fff_ffff);
    this.#shelfBase.forEach((base, shelf) => {
      const leaves = this.#shelfLeaves[shelf]!;
      for (let node = 2 * leaves - 1; node >= 1; node--) {
        if (node < leaves) tree[base + node] = Math.min(tree[base + 2 * node]!, tree[base + 2 * node + 1]!);
        else if (this.#leafCell[base + node]! >= 0) tree[base + node] = counts[this.#leafCell[base + node]!]!;
      }
    });
    return tree;
  }

  /** One instance more on the cell. */
  increment(tree: Int32Array, cell: number): void {
    const base = this.#baseOf[cell]!;
    tree[this.#nodeOf[cell]!]!++;
    for (let node = (this.#nodeOf[cell]! - base) >> 1; node >= 1; node >>= 1) {
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
    if (this.#shelfPlain[shelf]!) {
      this.#searchPlainly(shelf, memory, disk, locality, zoneRank, winner);
      return;
    }
    const base = this.#shelfBase[shelf]!;
    const leaves = this.#shelfLeaves[shelf]!;
    const { tree } = locality;
    let margin = this.#margin + ROUNDING * Math.abs(winner.score);
    const stack = this.#stack;
    const layer = this.#layerOf(memory) * this.nodes;
    const keys = this.#key;
    const rooms = this.#room;
    // Below a root with one capacity the work's share is the same everywhere.
    const oneCapacity = this.#oneCapacity[base + 1] === 1;
    const share = oneCapacity ? this.#shareAt(base + 1, memory, disk) : 0;
    let depth = 0;
    stack[depth++] = 1;
    while (depth > 0) {
      const node = stack[--depth]!;
      const at = base + node;
      if (rooms[ROOM * at]! < memory || rooms[ROOM * at + 1]! < disk || rooms[ROOM * at + 2]! < 1) continue;
      let bound = keys[layer + at]! + (oneCapacity ? share : this.#shareAt(at, memory, disk));
      if (tree !== undefined) bound += LOCALITY * tree[at]!;
      if (bound > winner.score + margin) continue;
      if (node >= leaves) {
        this.#consider(this.#leafCell[at]!, memory, disk, locality, zoneRank, winner);
        margin = this.#margin + ROUNDING * Math.abs(winner.score);
        continue;
      }
      if (
        this.#uniform[layer + at] === 1 &&
        bound > winner.score - margin &&
        (winner.zoneRank < zoneRank || this.#order.rank[winner.cell]! < this.#firstRank[at]!) &&
        this.#scores.sameState(winner.cell, this.#best[layer + at]!)
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
    const root = ROOM * (this.#shelfBase[shelf]! + 1);
    if (!this.#shelfPlain[shelf]!) {
      // Nothing fits, so that a resource is lacking everywhere exactly if the most of it is too little.
      common.memory &&= this.#room[root]! < memory;
      common.disk &&= this.#room[root + 1]! < disk;
      common.containers &&= this.#room[root + 2]! < 1;
      return;
    }
    for (const cell of this.#cellsOf(shelf)) {
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
    shelf: number,
    memory: number,
    disk: number,
    locality: Locality,
    zoneRank: number,
    winner: Winner,
  ): void {
    for (const cell of this.#cellsOf(shelf)) {
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
    const count = locality.tree === undefined ? locality.counts[cell]! : locality.tree[this.#nodeOf[cell]!]!;
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

  #setLeaf(node: number, cell: number): void {
    const room = this.#scores.room(cell);
    const containers = this.#load.containers[cell]!;
    this.#room[ROOM * node] = room;
    this.#room[ROOM * node + 1] = this.#load.disk[cell]!;
    this.#room[ROOM * node + 2] = containers;
    const key = this.#scores.key(cell);
    for (let layer = 0; layer < this.#layerMemory.length; layer++) {
      const at = layer * this.nodes + node;
      this.#key[at] = containers > 0 && room >= this.#layerMemory[layer]! ? key : Infinity;
      this.#best[at] = cell;
      this.#uniform[at] = 1;
    }
  }

  /** The last layer that leaves out no cell with room for so much memory. */
  #layerOf(memory: number): number {
    let layer = this.#layerMemory.length - 1;
    while (layer > 0 && this.#layerMemory[layer]! > memory) layer--;
    return layer;
  }

  /** The least that the work itself adds to a score below the node. */
  #shareAt(at: number, memory: number, disk: number): number {
    return memory * this.#memoryShare[at]! + disk * this.#diskShare[at]! + this.#containerShare[at]!;
  }

  /** Whether it changed. */
  #combineRoom(base: number, node: number): boolean {
    const rooms = this.#room;
    const at = ROOM * (base + node);
    const left = ROOM * (base + 2 * node);
    const right = left + ROOM;
    let changed = false;
    for (let i = 0; i < 3; i++) {
      const most = Math.max(rooms[left + i]!, rooms[right + i]!);
      if (rooms[at + i] === most) continue;
      rooms[at + i] = most;
      changed = true;
    }
    return changed;
  }

  /** Whether it changed. */
  #combine(layer: number, base: number, node: number): boolean {
    const at = layer + base + node;
    const left = layer + base + 2 * node;
    const right = left + 1;
    const leftKey = this.#key[left]!;
    const rightKey = this.#key[right]!;
    let key = leftKey;
    let best = this.#best[left]!;
    let uniform = this.#uniform[left]!;
    if (rightKey <= leftKey + this.#margin && this.#best[right] !== NO_LEAF) {
      if (leftKey > rightKey + this.#margin) {
        key = rightKey;
        best = this.#best[right]!;
        uniform = this.#uniform[right]!;
      } else {
        key = Math.min(leftKey, rightKey);
        uniform &= this.#uniform[right]! & Number(this.#scores.sameState(best, this.#best[right]!));
      }
    }
    uniform &= this.#oneCapacity[base + node]!;
    if (this.#key[at] === key && this.#best[at] === best && this.#uniform[at] === uniform) return false;
    this.#key[at] = key;
    this.#best[at] = best;
    this.#uniform[at] = uniform;
    return true;
  }

  /** What never changes about a node. */
  #summarize(base: number, node: number): void {
    const at = base + node;
    const left = base + 2 * node;
    const right = left + 1;
    this.#firstRank[at] = Math.min(this.#firstRank[left]!, this.#firstRank[right]!);
    this.#memoryShare[at] = Math.min(this.#memoryShare[left]!, this.#memoryShare[right]!);
    this.#diskShare[at] = Math.min(this.#diskShare[left]!, this.#diskShare[right]!);
    this.#containerShare[at] = Math.min(this.#containerShare[left]!, this.#containerShare[right]!);
    // Leaves are filled from the left: a right half without cells adds nothing to the left one.
    const [first, second] = [this.#best[left]!, this.#best[right]!];
    this.#oneCapacity[at] =
      first !== NO_LEAF &&
      this.#oneCapacity[left] === 1 &&
      (second === NO_LEAF ||
        (this.#oneCapacity[right] === 1 &&
          this.#scores.capacityOf[first] === this.#scores.capacityOf[second]))
        ? 1
        : 0;
  }

  *#cellsOf(shelf: number): Generator<number> {
    const first = this.#shelfBase[shelf]! + this.#shelfLeaves[shelf]!;
    const last = first + this.#shelfLeaves[shelf]!;
    for (let node = first; node < last && this.#leafCell[node]! >= 0; node++) yield this.#leafCell[node]!;
  }
}

/** The memories that layers are for: all that are asked for, or of many a spread of them with the least. */
function layersFor(memories: Int32Array): Int32Array {
  const distinct = [...new Set(memories)].sort((a, b) => a - b);
  if (distinct.length === 0) return new Int32Array([-0x8000_0000]);
  const chosen = distinct.filter(
    (_, i) =>
      i === 0 ||
      distinct.length <= MOST_LAYERS ||
      Math.floor((i * MOST_LAYERS) / distinct.length) !==
        Math.floor(((i - 1) * MOST_LAYERS) / distinct.length),
  );
  return Int32Array.from(chosen);
}
