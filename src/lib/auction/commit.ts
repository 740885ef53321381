import type { CellLoad, CellTable } from './cell-table.ts';
import type { WorkTable } from './work-table.ts';

/**
 * rep's auctioncellrep Perform: a cell goes through its LRPs, the largest first, and turns down those that its memory does
 * not hold with their proxies; the executor then takes them from its books. The scheduler counted without proxies, so that
 * it can have given a cell too much. `done` is in the order of reservation.
 */
export function commitLrps(
  cells: CellTable,
  load: CellLoad,
  lrps: WorkTable,
  done: Int32Array,
  cellOf: Int32Array,
  refuse: (item: number) => void,
): void {
  const remaining = load.memory.slice();
  const largestFirst = done.slice().sort((a, b) => lrps.memory[b]! - lrps.memory[a]!);
  const admitted: number[] = [];
  for (const item of largestFirst) {
    const cell = cellOf[item]!;
    const memory = lrps.memory[item]! + cells.proxyMemory[cell]!;
    if (memory <= remaining[cell]!) {
      remaining[cell]! -= memory;
      admitted.push(item);
    } else {
      refuse(item);
    }
  }
  for (const item of admitted) {
    const cell = cellOf[item]!;
    const memory = lrps.memory[item]!;
    // The container allocator adds the proxy to LRPs with a memory limit only.
    const withProxy = memory > 0 ? memory + cells.proxyMemory[cell]! : memory;
    if (!allocate(load, cell, withProxy, lrps.disk[item]!)) refuse(item);
  }
}

/** Tasks come after the cell's LRPs, in the order of reservation, and have no proxies. */
export function commitTasks(
  load: CellLoad,
  tasks: WorkTable,
  done: Int32Array,
  cellOf: Int32Array,
  refuse: (item: number) => void,
): void {
  for (const item of done) {
    const cell = cellOf[item]!;
    if (allocate(load, cell, tasks.memory[item]!, tasks.disk[item]!)) load.tasks[cell]!++;
    else refuse(item);
  }
}

/** executor.ExecutorResources.Subtract. */
function allocate(load: CellLoad, cell: number, memory: number, disk: number): boolean {
  if (load.memory[cell]! < memory || load.disk[cell]! < disk || load.containers[cell]! <= 0) return false;
  load.memory[cell]! -= memory;
  load.disk[cell]! -= disk;
  load.containers[cell]!--;
  return true;
}
