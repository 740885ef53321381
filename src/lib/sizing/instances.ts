import type { ActualLrp, Foundation } from '../foundation/types.ts';
import type { FoundationFacts } from './model.ts';

/** Instances on cells, as columns. */
export interface Instances {
  cell: Int32Array;
  process: Int32Array;
  index: Int32Array;
  /**
   * 1 for the one copy by which an instance is counted; 0 for a second one: the copy that evacuates or is suspect while its
   * replacement runs already.
   */
  counted: Uint8Array;
}

/** Instances that need a place, as columns. */
export interface Demand {
  process: Int32Array;
  index: Int32Array;
}

export const NO_DEMAND: Demand = { process: new Int32Array(0), index: new Int32Array(0) };

/**
 * The instances on cells, each counted once: by its ordinary copy if that has a cell, else by one that evacuates or is
 * suspect.
 */
export function instanceColumns(
  lrps: readonly ActualLrp[],
  rowOf: ReadonlyMap<string, number>,
  processAt: ReadonlyMap<string, number>,
): {
  instances: Instances;
  facts: Pick<FoundationFacts, 'waiting' | 'suspect' | 'evacuating' | 'duplicates' | 'withoutDesired'>;
} {
  const facts = { waiting: 0, suspect: 0, evacuating: 0, duplicates: 0, withoutDesired: 0 };
  const size = lrps.length;
  const columns = { cell: new Int32Array(size), process: new Int32Array(size), index: new Int32Array(size) };
  const counted = new Uint8Array(size);
  // Only what is not ordinary can be a second copy: these few are looked up, not all.
  const special = new Map<string, number>();
  const key = (lrp: ActualLrp) => `${lrp.process_guid}.${lrp.index}`;
  for (const lrp of lrps) {
    if (lrp.presence !== 'ordinary') special.set(key(lrp), -1);
  }
  let length = 0;
  const waitingWithCopy = new Set<string>();
  for (const ordinaryPass of [true, false]) {
    for (const lrp of lrps) {
      if ((lrp.presence === 'ordinary') !== ordinaryPass) continue;
      if (lrp.presence === 'suspect') facts.suspect++;
      if (lrp.presence === 'evacuating') facts.evacuating++;
      const row = rowOf.get(lrp.cell_id);
      if (row === undefined) {
        if (lrp.state === 'UNCLAIMED') {
          facts.waiting++;
          if (special.has(key(lrp))) waitingWithCopy.add(key(lrp));
        }
        continue;
      }
      const process = processAt.get(lrp.process_guid);
      if (process === undefined) {
        facts.withoutDesired++;
        continue;
      }
      columns.cell[length] = row;
      columns.process[length] = process;
      columns.index[length] = lrp.index;
      counted[length] = 1;
      if (special.has(key(lrp))) {
        if (special.get(key(lrp)) === -1) {
          special.set(key(lrp), length);
          // Its ordinary copy waits, but this one still runs: it is not without a place.
          if (waitingWithCopy.delete(key(lrp))) facts.waiting--;
        } else {
          counted[length] = 0;
          facts.duplicates++;
        }
      }
      length++;
    }
  }
  const order = Int32Array.from({ length }, (_, i) => i).sort(
    (a, b) =>
      columns.process[a]! - columns.process[b]! ||
      columns.index[a]! - columns.index[b]! ||
      counted[b]! - counted[a]! ||
      columns.cell[a]! - columns.cell[b]!,
  );
  return {
    instances: {
      cell: order.map((i) => columns.cell[i]!),
      process: order.map((i) => columns.process[i]!),
      index: order.map((i) => columns.index[i]!),
      counted: Uint8Array.from(order, (i) => counted[i]!),
    },
    facts,
  };
}

/** What did not fit on the cells of a foundation that is not built yet. What waits in a real one is not a question of sizing. */
export function homelessOf(foundation: Foundation, processAt: ReadonlyMap<string, number>): Demand {
  if (foundation.source !== 'what-if') return NO_DEMAND;
  // A what-if file's instances come in the order of its apps.
  const waiting = foundation.actual_lrps.filter(({ state }) => state === 'UNCLAIMED');
  return {
    process: Int32Array.from(waiting, (lrp) => processAt.get(lrp.process_guid)!),
    index: Int32Array.from(waiting, (lrp) => lrp.index),
  };
}
