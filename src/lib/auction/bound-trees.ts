import type { CellScore } from './cell-score.ts';
import type { CellLoad, CellTable, ScoringOrder } from './cell-table.ts';
import { leavesFor, shelvesOf } from './shelves.ts';

const NO_LEAF = -1;
/** How many numbers a node keeps about room; the fourth only keeps nodes apart evenly. */
export const ROOM = 4;
/** More layers find faster and cost more to keep. */
const MOST_LAYERS = 8;

/** A shelf with its tree: where its nodes begin, and how many leaves it has (a power of two). */
export interface PlantedShelf {
  readonly zone: number;
  readonly kind: number;
  readonly base: number;
  readonly leaves: number;
  /** A cell that is worth nothing in some resource scores NaN or infinity: such shelves are scored cell by cell. */
  readonly plain: boolean;
}

/**
 * A tree over the cells of each shelf, whose nodes know bounds of what is below them: the least key, the most room. Nodes
 * of a tree count from 1 at its root, the children of `n` being `2n` and `2n + 1`; columns of nodes hold all trees.
 */
export class BoundTrees {
  readonly shelves: readonly PlantedShelf[];

  /** By cell: its leaf's node, and its shelf's first node. */
  readonly nodeOf: Int32Array;
  readonly baseOf: Int32Array;

  readonly nodes: number;
  readonly leafCell: Int32Array;
  /**
   * Layers leave out cells that have less room than their memory, so that the least key below a node is one of a cell that
   * can win: cells without room would hide how bad the others are. Every layer has keys for all nodes.
   */
  readonly #layerMemory: Int32Array;
  readonly key: Float64Array;
  /** By node, {@link ROOM} numbers: the most memory, disk and containers that a cell below it has free. */
  readonly room: Int32Array;
  /** By layer and node: the first of the node's cells with the least key, and whether all with that key are in its state. */
  readonly best: Int32Array;
  readonly uniform: Uint8Array;
  /** Unchanging: one capacity below the node; the rank of its first cell; the least share of a MB and a container. */
  readonly oneCapacity: Uint8Array;
  readonly firstRank: Int32Array;
  readonly #memoryShare: Float64Array;
  readonly #diskShare: Float64Array;
  readonly #containerShare: Float64Array;

  readonly #load: CellLoad;
  readonly #scores: CellScore;
  readonly #margin: number;

  constructor(
    cells: CellTable,
    load: CellLoad,
    order: ScoringOrder,
    scores: CellScore,
    memories: Int32Array,
  ) {
    this.#load = load;
    this.#scores = scores;
    this.#margin = scores.margin;
    this.nodeOf = new Int32Array(cells.size).fill(-1);
    this.baseOf = new Int32Array(cells.size);

    const shelves = shelvesOf(cells, order, scores.capacityOf);
    this.nodes = shelves.reduce((sum, shelf) => sum + 2 * leavesFor(shelf.rows.length), 0);
    this.leafCell = new Int32Array(this.nodes).fill(NO_LEAF);
    this.#layerMemory = layersFor(memories);
    const layers = this.#layerMemory.length;
    this.key = new Float64Array(layers * this.nodes).fill(Infinity);
    this.room = new Int32Array(ROOM * this.nodes).fill(-0x8000_0000);
    this.best = new Int32Array(layers * this.nodes).fill(NO_LEAF);
    this.uniform = new Uint8Array(layers * this.nodes);
    this.oneCapacity = new Uint8Array(this.nodes);
    this.firstRank = new Int32Array(this.nodes).fill(0x7fff_ffff);
    this.#memoryShare = new Float64Array(this.nodes).fill(Infinity);
    this.#diskShare = new Float64Array(this.nodes).fill(Infinity);
    this.#containerShare = new Float64Array(this.nodes).fill(Infinity);

    const planted: PlantedShelf[] = [];
    let base = 0;
    for (const { zone, kind, rows } of shelves) {
      const leaves = leavesFor(rows.length);
      const plain = rows.some((row) => scores.isWorthless(row));
      planted.push({ zone, kind, base, leaves, plain });
      rows.forEach((row, i) => {
        const node = base + leaves + i;
        this.leafCell[node] = row;
        this.nodeOf[row] = node;
        this.baseOf[row] = base;
        this.#setLeaf(node, row);
        this.oneCapacity[node] = 1;
        this.firstRank[node] = order.rank[row]!;
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
    this.shelves = planted;
  }

  /** The cell's load has changed. */
  update(cell: number): void {
    const leaf = this.nodeOf[cell]!;
    if (leaf < 0) return;
    const base = this.baseOf[cell]!;
    const hadRoom = this.room[ROOM * leaf + 2]! > 0 ? this.room[ROOM * leaf]! : -Infinity;
    this.#setLeaf(leaf, cell);
    const parent = (leaf - base) >> 1;
    for (let node = parent; node >= 1 && this.#combineRoom(base, node); node >>= 1);
    // Layers that the cell was not in have nothing to forget; above a node that says what it said, nothing changes.
    const layers = this.#layerMemory;
    for (let layer = 0; layer < layers.length && layers[layer]! <= hadRoom; layer++) {
      const from = layer * this.nodes;
      for (let node = parent; node >= 1; node >>= 1) {
        if (!this.#combine(from, base, node) && this.best[from + base + node] !== cell) break;
      }
    }
  }

  #setLeaf(node: number, cell: number): void {
    const room = this.#scores.room(cell);
    const containers = this.#load.containers[cell]!;
    this.room[ROOM * node] = room;
    this.room[ROOM * node + 1] = this.#load.disk[cell]!;
    this.room[ROOM * node + 2] = containers;
    const key = this.#scores.key(cell);
    for (let layer = 0; layer < this.#layerMemory.length; layer++) {
      const at = layer * this.nodes + node;
      this.key[at] = containers > 0 && room >= this.#layerMemory[layer]! ? key : Infinity;
      this.best[at] = cell;
      this.uniform[at] = 1;
    }
  }

  /** The last layer that leaves out no cell with room for so much memory. */
  layerOf(memory: number): number {
    let layer = this.#layerMemory.length - 1;
    while (layer > 0 && this.#layerMemory[layer]! > memory) layer--;
    return layer;
  }

  /** The least that the work itself adds to a score below the node. */
  shareAt(at: number, memory: number, disk: number): number {
    return memory * this.#memoryShare[at]! + disk * this.#diskShare[at]! + this.#containerShare[at]!;
  }

  /** Whether it changed. */
  #combineRoom(base: number, node: number): boolean {
    const rooms = this.room;
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
    const leftKey = this.key[left]!;
    const rightKey = this.key[right]!;
    let key = leftKey;
    let best = this.best[left]!;
    let uniform = this.uniform[left]!;
    if (rightKey <= leftKey + this.#margin && this.best[right] !== NO_LEAF) {
      if (leftKey > rightKey + this.#margin) {
        key = rightKey;
        best = this.best[right]!;
        uniform = this.uniform[right]!;
      } else {
        key = Math.min(leftKey, rightKey);
        uniform &= this.uniform[right]! & Number(this.#scores.sameState(best, this.best[right]!));
      }
    }
    uniform &= this.oneCapacity[base + node]!;
    if (this.key[at] === key && this.best[at] === best && this.uniform[at] === uniform) return false;
    this.key[at] = key;
    this.best[at] = best;
    this.uniform[at] = uniform;
    return true;
  }

  /** What never changes about a node. */
  #summarize(base: number, node: number): void {
    const at = base + node;
    const left = base + 2 * node;
    const right = left + 1;
    this.firstRank[at] = Math.min(this.firstRank[left]!, this.firstRank[right]!);
    this.#memoryShare[at] = Math.min(this.#memoryShare[left]!, this.#memoryShare[right]!);
    this.#diskShare[at] = Math.min(this.#diskShare[left]!, this.#diskShare[right]!);
    this.#containerShare[at] = Math.min(this.#containerShare[left]!, this.#containerShare[right]!);
    // Leaves are filled from the left: a right half without cells adds nothing to the left one.
    const [first, second] = [this.best[left]!, this.best[right]!];
    this.oneCapacity[at] =
      first !== NO_LEAF &&
      this.oneCapacity[left] === 1 &&
      (second === NO_LEAF ||
        (this.oneCapacity[right] === 1 && this.#scores.capacityOf[first] === this.#scores.capacityOf[second]))
        ? 1
        : 0;
  }

  *cellsOf({ base, leaves }: PlantedShelf): Generator<number> {
    const first = base + leaves;
    const last = first + leaves;
    for (let node = first; node < last && this.leafCell[node]! >= 0; node++) yield this.leafCell[node]!;
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
