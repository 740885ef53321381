import type { RepAnswer, RepTarget } from '../diego/rep-client.ts';
import type { CellState as StateOfRep } from '../diego/rep-types.ts';
import type { Gaps } from './gaps.ts';
import { repState } from './rep-state.ts';
import type { Cell } from './types.ts';

/** Whoever asks reps for their `/state`: the RepClient, or a test. */
export interface RepStates {
  states(targets: readonly RepTarget[]): Promise<RepAnswer<StateOfRep>[]>;
}

/**
 * Asks the reps of all present cells and puts their answers into the cells: the figures, whether it evacuates, its volume drivers. A cell
 * that does not answer says so itself and is a gap.
 * @returns the answers whole, by cell
 */
export async function askReps(
  cells: readonly Cell[],
  reps: RepStates,
  gaps: Gaps,
): Promise<Map<string, StateOfRep>> {
  const present = cells.filter(({ state }) => state !== 'missing');
  const answers = await reps.states(
    present.map(({ cell_id, rep_url, rep_address }) => ({ cell_id, rep_url, rep_address })),
  );
  const states = new Map<string, StateOfRep>();
  answers.forEach((answer, i) => {
    const cell = present[i]!;
    if (!answer.ok) {
      cell.live = { error: answer.error };
      gaps.add(`cell ${cell.cell_id}`, answer.error);
      return;
    }
    const { value } = answer;
    states.set(cell.cell_id, value);
    cell.live = repState(value);
    cell.volume_drivers = value.VolumeDrivers ?? [];
    if (value.Evacuating) cell.state = 'evacuating';
  });
  return states;
}
