import type { Foundation } from '../foundation/types.ts';
import type { SizingModel } from './model.ts';
import { counted } from './words.ts';

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
      `Without an answer, and so without work, as with the auctioneer: ${counted(facts.unansweredCells.length, 'cell')}: ${some(facts.unansweredCells.map(({ cell_id }) => cell_id))}.`,
    );
  }
  if (facts.evacuatingCells.length > 0) {
    notes.push(
      `Evacuating, and so without new work: ${counted(facts.evacuatingCells.length, 'cell')}: ${some(facts.evacuatingCells)}.`,
    );
  }
  if (facts.missingCells.length > 0) {
    notes.push(
      `Named by LRPs, but without a presence: ${counted(facts.missingCells.length, 'cell')}: ${some(facts.missingCells)}.`,
    );
  }
  if (facts.cellsWithoutCapacity.length > 0) {
    notes.push(
      `Without a stated capacity: ${counted(facts.cellsWithoutCapacity.length, 'cell')}: ${some(facts.cellsWithoutCapacity)}.`,
    );
  }
  if (facts.suspect + facts.evacuating > 0) {
    notes.push(
      `Each instance is counted once: of ${facts.suspect} suspect and ${facts.evacuating} evacuating copies, ${facts.duplicates} have a replacement that is counted instead.`,
    );
  }
  if (facts.waiting > 0 && foundation.source !== 'what-if') {
    notes.push(
      `${counted(facts.waiting, 'instance')} without a place now (UNCLAIMED): not part of a loss, but they compete with what is lost, also for cells that are added.`,
    );
  }
  if (facts.withoutDesired > 0) {
    notes.push(
      `${counted(facts.withoutDesired, 'instance')} without a desired LRP: of unknown size, and nobody would start them again.`,
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
  const large = tooLarge(model);
  if (large.length > 0) {
    notes.push(
      `Larger than every cell that could run them, so that they never find a place: ${counted(large.length, 'app')}: ${some(large)}.`,
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
