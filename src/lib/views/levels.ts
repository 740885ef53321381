import type { ActualLrpState } from '../foundation/types.ts';
import type { LiveFields } from '../foundation/on-reps.ts';
import type { Column, Level } from '../output/record.ts';

/** How much attention an instance's state needs. */
export function stateLevel(state: ActualLrpState): Level | undefined {
  if (state === 'CRASHED') return 'bad';
  return state === 'RUNNING' ? undefined : 'warn';
}

/** Whether what a rep says needs attention. */
export function liveLevel(check: string | undefined): Level | undefined {
  if (check === undefined || check.startsWith('agrees') || check === 'on no cell') return undefined;
  return check.startsWith('differs') ? 'bad' : 'warn';
}

/** The columns of `--live` for instances and tasks. */
export function liveColumns<Row extends LiveFields>(): Column<Row>[] {
  const columns: Column<LiveFields>[] = [
    {
      name: 'live_check',
      description: 'whether the rep agrees with the store, where it differs, or that it did not answer',
      heading: 'REP',
      atLeast: 16,
      level: (row) => liveLevel(row.live_check),
    },
    { name: 'on_rep', description: 'whether the rep of its cell has it', show: 'hidden' },
    { name: 'rep_state', description: "the container's state in the rep's words", show: 'wide' },
  ];
  return columns;
}
