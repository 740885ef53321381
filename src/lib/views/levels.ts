import type { ActualLrpState } from '../foundation/types.ts';
import type { Level } from '../output/record.ts';

/** How much attention an instance's state needs. */
export function stateLevel(state: ActualLrpState): Level | undefined {
  if (state === 'CRASHED') return 'bad';
  return state === 'RUNNING' ? undefined : 'warn';
}
