import { parseRootfs } from './rootfs.ts';
import { MatchLevel, matchLevel, mismatchError, NO_CELLS } from './constraints.ts';
import type { CellTable } from './cell-table.ts';
import type { PlacementConstraint } from './types.ts';

/** Work to be placed, as columns. `process` and `index` mean nothing for tasks. */
export interface WorkTable {
  readonly size: number;
  readonly process: Int32Array;
  readonly index: Int32Array;
  readonly memory: Int32Array;
  readonly disk: Int32Array;
  /** By item: its row in the constraints that go with the table. */
  readonly constraint: Int32Array;
}

export const NO_WORK: WorkTable = {
  size: 0,
  process: new Int32Array(0),
  index: new Int32Array(0),
  memory: new Int32Array(0),
  disk: new Int32Array(0),
  constraint: new Int32Array(0),
};

/** Instances that run: on which cell, of which process. Both columns are as long as there are instances. */
export interface RunningTable {
  readonly cell: Int32Array;
  readonly process: Int32Array;
}

/** Gives every distinct constraint one number. */
export class Constraints {
  readonly #known = new Map<string, number>();
  readonly list: PlacementConstraint[] = [];

  add(constraint: PlacementConstraint): number {
    const { rootfs, placementTags, volumeDrivers } = constraint;
    const simple = placementTags.length === 0 && volumeDrivers.length === 0;
    const key = simple ? rootfs : `${rootfs}\0${JSON.stringify([placementTags, volumeDrivers])}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#known.set(key, this.list.length);
    return this.list.push(constraint) - 1;
  }
}

/** The cells that a constraint matches: either kinds of them, or the text that Diego says when there are none. */
export interface Match {
  /** The same number for constraints that match the same kinds; -1 when nothing matches. */
  readonly group: number;
  readonly kinds: readonly number[];
  /** Set when nothing matches. */
  readonly error: string | undefined;
}

/** Resolves every constraint against the kinds of cells that take work. */
export function resolveConstraints(
  constraints: readonly PlacementConstraint[],
  cells: CellTable,
): readonly Match[] {
  const kindsByZone = cells.members.map((rows) => [...new Set(Array.from(rows, (row) => cells.kind[row]!))]);
  const open = [...new Set(kindsByZone.flat())].sort((a, b) => a - b);
  const groups = new Map<string, number>();
  return constraints.map((constraint) => {
    if (open.length === 0) return { group: -1, kinds: [], error: NO_CELLS };
    const rootfs = parseRootfs(constraint.rootfs);
    const levels = new Map(open.map((kind) => [kind, matchLevel(cells.kinds[kind]!, constraint, rootfs)]));
    const kinds = open.filter((kind) => levels.get(kind) === MatchLevel.all);
    if (kinds.length > 0) {
      const key = kinds.join();
      const group = groups.get(key) ?? groups.size;
      groups.set(key, group);
      return { group, kinds, error: undefined };
    }
    const byZone = kindsByZone.map(
      (zone) => Math.max(...zone.map((kind) => levels.get(kind)!)) as MatchLevel,
    );
    return { group: -1, kinds, error: mismatchError(byZone, constraint) };
  });
}

/**
 * The order in which Diego auctions LRPs (auctionrunner/sortable_auctions.go): by index, then by memory descending, ties
 * as they come in `given`. A counting sort over the distinct pairs, of which there are few.
 */
export function lrpOrder(work: WorkTable, given: Int32Array): Int32Array {
  const buckets = new Map<number, Map<number, number>>();
  const pairs: { index: number; memory: number; size: number; start: number }[] = [];
  const bucketOf = new Int32Array(work.size);
  for (let item = 0; item < work.size; item++) {
    const [index, memory] = [work.index[item]!, work.memory[item]!];
    let byMemory = buckets.get(index);
    if (byMemory === undefined) buckets.set(index, (byMemory = new Map<number, number>()));
    let bucket = byMemory.get(memory);
    if (bucket === undefined) {
      bucket = pairs.push({ index, memory, size: 0, start: 0 }) - 1;
      byMemory.set(memory, bucket);
    }
    bucketOf[item] = bucket;
    pairs[bucket]!.size++;
  }
  let start = 0;
  for (const pair of [...pairs].sort((a, b) => a.index - b.index || b.memory - a.memory)) {
    pair.start = start;
    start += pair.size;
  }
  const order = new Int32Array(work.size);
  for (const item of given) order[pairs[bucketOf[item]!]!.start++] = item;
  return order;
}

/** Tasks go by memory descending. */
export function taskOrder(work: WorkTable, given: Int32Array): Int32Array {
  return lrpOrder({ ...work, index: new Int32Array(work.size) }, given);
}
