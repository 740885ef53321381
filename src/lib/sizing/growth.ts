import type { Demand } from './instances.ts';
import type { SizingModel, World } from './model.ts';
import { randomOf, rowSet, settle } from './world.ts';

/**
 * The foundation with its apps scaled by so many percent. Instances are spread over the processes in proportion, so that
 * the sum is right although instances are whole: of 100 processes with one instance each, 20 get a second one for 20%. `added` is negative when there are fewer.
 */
export function scaled(
  model: SizingModel,
  world: World,
  percent: number,
  run: number,
): { world: World; added: number; withoutPlace: number } {
  if (percent === 0) return { world, added: 0, withoutPlace: 0 };
  const counts = new Int32Array(model.processes.length);
  const nextIndex = new Int32Array(model.processes.length);
  const { process, index, counted } = world.instances;
  for (let i = 0; i < process.length; i++) {
    if (counted[i] === 1) counts[process[i]!]!++;
    nextIndex[process[i]!] = Math.max(nextIndex[process[i]!]!, index[i]! + 1);
  }
  const changes = spread(model, counts, percent);
  if (percent < 0) {
    const fewer = changes.reduce((sum, change) => sum + change, 0);
    return { world: shrunk(model, world, changes), added: -fewer, withoutPlace: 0 };
  }
  const demand: { process: number[]; index: number[] } = { process: [], index: [] };
  changes.forEach((change, number) => {
    for (let i = 0; i < change; i++) {
      demand.process.push(number);
      demand.index.push(nextIndex[number]! + i);
    }
  });
  const columns: Demand = {
    process: Int32Array.from(demand.process),
    index: Int32Array.from(demand.index),
  };
  const settled = settle(model, world, columns, randomOf(run));
  return { world: settled.world, added: settled.placed, withoutPlace: settled.failed };
}

/** By process, how many instances more (or fewer). Processes are gone through by GUID, and what is less than one carried on. */
function spread(model: SizingModel, counts: Int32Array, percent: number): Int32Array {
  const changes = new Int32Array(counts.length);
  const order = model.processes
    .map(({ guid }, number) => ({ guid, number }))
    .sort((a, b) => (a.guid < b.guid ? -1 : 1));
  let carried = 0;
  for (const { number } of order) {
    carried += (counts[number]! * Math.abs(percent)) / 100;
    // What is off by rounding must not cost a whole instance.
    const whole = Math.min(Math.floor(carried + 1e-9), percent < 0 ? counts[number]! : Infinity);
    carried -= whole;
    changes[number] = whole;
  }
  return changes;
}

/** Without the instances with the highest indexes. */
function shrunk(model: SizingModel, world: World, fewer: Int32Array): World {
  const { cell, process, index, counted } = world.instances;
  const order = Array.from(cell, (_, i) => i)
    .filter((i) => counted[i] === 1)
    .sort((a, b) => index[b]! - index[a]!);
  const left = fewer.slice();
  const stopped = rowSet(
    order.filter((i) => left[process[i]!]! > 0 && left[process[i]!]!-- > 0),
    cell.length,
  );
  const load = {
    ...world.load,
    memory: world.load.memory.slice(),
    disk: world.load.disk.slice(),
    containers: world.load.containers.slice(),
  };
  for (let i = 0; i < cell.length; i++) {
    if (!stopped(i)) continue;
    const { memoryMb, diskMb } = model.processes[process[i]!]!;
    load.memory[cell[i]!]! += memoryMb + (memoryMb > 0 ? world.cells[cell[i]!]!.proxyMemoryMb : 0);
    load.disk[cell[i]!]! += diskMb;
    load.containers[cell[i]!]!++;
  }
  const keep = <T extends Int32Array | Uint8Array>(column: T) => column.filter((_, i) => !stopped(i)) as T;
  return {
    ...world,
    load,
    instances: { cell: keep(cell), process: keep(process), index: keep(index), counted: keep(counted) },
  };
}
