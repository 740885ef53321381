import type { Foundation } from '../foundation/types.ts';
import type { SizingModel } from './model.ts';

/** What the answer leaves out, said in every answer. */
export const NOT_MODELLED: readonly string[] = [
  "CPU: Diego does not place by it, so that cells can fit an app's memory and not its work.",
  'max_pids, log rate limits and network bandwidth: Diego does not place by them either.',
  "What a cell's VM really has: memory and disk are what the cell promises (grootfs's store is usually about 5.8 GB smaller than the promised disk).",
  'Instances that crash, start or scale while the loss is handled.',
];

/** What an operator must know to read the answer right. */
export function notesOf(
  model: SizingModel,
  zones: readonly string[],
  question: { settings: { binPackFirstFitWeight: number } },
  foundation: Foundation,
): string[] {
  const { facts } = model;
  const notes: string[] = [];
  const some = (ids: readonly string[]) => ids.slice(0, 3).join(', ') + (ids.length > 3 ? ', ...' : '');
  if (zones.length === 1) {
    notes.push(
      `There is one zone only (${zones[0] === '' ? 'cells name none' : zones[0]!}): nothing survives its loss.`,
    );
  }
  for (const pool of model.pools) {
    if (pool.zones.length === 1 && zones.length > 1) {
      notes.push(`Pool ${pool.name} exists in zone ${pool.zones[0]!} only.`);
    }
  }
  if (facts.unansweredCells.length > 0) {
    notes.push(
      `${facts.unansweredCells.length} cells did not answer and take no work here, as with the auctioneer: ${some(facts.unansweredCells.map(({ cell_id }) => cell_id))}.`,
    );
  }
  if (facts.evacuatingCells.length > 0) {
    notes.push(
      `${facts.evacuatingCells.length} cells evacuate and take no work: ${some(facts.evacuatingCells)}.`,
    );
  }
  if (facts.missingCells.length > 0) {
    notes.push(
      `${facts.missingCells.length} cells are named by LRPs but have no presence: ${some(facts.missingCells)}.`,
    );
  }
  if (facts.cellsWithoutCapacity.length > 0) {
    notes.push(
      `${facts.cellsWithoutCapacity.length} cells state no capacity: ${some(facts.cellsWithoutCapacity)}.`,
    );
  }
  if (facts.suspect + facts.evacuating > 0) {
    notes.push(
      `${facts.suspect} suspect and ${facts.evacuating} evacuating copies of instances: each instance is counted once (${facts.duplicates} copies are not).`,
    );
  }
  if (facts.waiting > 0) {
    notes.push(
      `${facts.waiting} instances have no place now (UNCLAIMED). They are not part of a loss, but would compete with what is lost.`,
    );
  }
  if (facts.withoutDesired > 0) {
    notes.push(
      `${facts.withoutDesired} instances have no desired LRP: their size is unknown and nobody would start them again.`,
    );
  }
  if (facts.driversInferred) {
    notes.push(
      'Presences do not say which volume drivers a cell has: a cell counts as having those of what runs on it. --live asks the reps.',
    );
  }
  if (facts.driversUnknown) {
    notes.push('The volume drivers of some LRPs could not be read; they are placed as if they needed none.');
  }
  if (question.settings.binPackFirstFitWeight !== 0) {
    notes.push('VM indexes are not known: bin-packing goes by cell id.');
  }
  if (foundation.source === 'what-if' && facts.waiting > 0) {
    notes.push(`${facts.waiting} of the instances in the file do not fit on its cells even before a loss.`);
  }
  const large = tooLarge(model);
  if (large.length > 0) {
    notes.push(
      `${large.length} apps are larger than every cell that could run them, and never find a place: ${some(large)}.`,
    );
  }
  return notes;
}

/** Processes whose instances would not even fit on an empty cell of the pool that they need. */
function tooLarge(model: SizingModel): string[] {
  const sizes = model.pools.map(() => new Map<string, { memoryMb: number; diskMb: number }>());
  model.world.cells.forEach((cell, row) => {
    const pool = model.world.pool[row]!;
    if (pool < 0) return;
    const { memoryMb, diskMb } = cell.total;
    sizes[pool]!.set(`${memoryMb}:${diskMb}:${cell.proxyMemoryMb}`, {
      memoryMb: memoryMb - cell.proxyMemoryMb,
      diskMb,
    });
  });
  return model.processes
    .filter(
      (process) =>
        process.pool >= 0 &&
        [...sizes[process.pool]!.values()].every(
          (size) => size.memoryMb < process.memoryMb || size.diskMb < process.diskMb,
        ),
    )
    .map(({ guid, name }) => name ?? guid);
}
