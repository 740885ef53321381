import type { CellState, RepLrp, RepTask } from '../diego/rep-types.ts';
import type { LrpSummary } from './lrp-rows.ts';
import type { ActualLrp, Cell, Task } from './types.ts';

/** What the reps that were asked have: the containers, by what the store would look for. */
export interface OnReps {
  /** Cells whose reps answered. */
  answered: ReadonlySet<string>;
  /** Whether all did that have a presence. */
  isComplete: boolean;
  /** By instance guid: the cell, and the rep's own words. */
  instances: ReadonlyMap<string, RepLrp & { cell_id: string }>;
  /** By process guid: how many instances the reps have. */
  processes: ReadonlyMap<string, number>;
  tasks: ReadonlyMap<string, RepTask & { cell_id: string }>;
}

/** The fields that `--live` adds to a row. */
export interface LiveFields {
  /** Whether the rep of its cell has it; `null` when there is no cell, or its rep gave no answer. */
  on_rep?: boolean | null;
  /** The container's state in the rep's words; `null` when there is none, empty on older reps. */
  rep_state?: string | null;
  /** `agrees`; `agrees, pending`; `differs: absent`, `differs: it is on CELL_ID`; `no answer`; `on no cell`. */
  live_check?: string;
}

export function onReps(cells: readonly Cell[], states: ReadonlyMap<string, CellState>): OnReps {
  const instances = new Map<string, RepLrp & { cell_id: string }>();
  const tasks = new Map<string, RepTask & { cell_id: string }>();
  const processes = new Map<string, number>();
  for (const [cellId, state] of states) {
    for (const lrp of state.LRPs ?? []) {
      instances.set(lrp.instance_guid, { ...lrp, cell_id: cellId });
      processes.set(lrp.process_guid, (processes.get(lrp.process_guid) ?? 0) + 1);
    }
    for (const task of state.Tasks ?? []) tasks.set(task.TaskGuid, { ...task, cell_id: cellId });
  }
  return {
    answered: new Set(states.keys()),
    isComplete: cells.every(({ cell_id, state }) => state === 'missing' || states.has(cell_id)),
    instances,
    processes,
    tasks,
  };
}

/** An instance as its rep has it. A claimed one need not be there yet. */
export function instanceOnRep(lrp: ActualLrp, reps: OnReps): Required<LiveFields> {
  const found = lrp.instance_guid === '' ? undefined : reps.instances.get(lrp.instance_guid);
  return check(lrp.cell_id, found, reps, lrp.state === 'CLAIMED');
}

/** A task as its rep has it. One that has just been handed over need not be there yet; one that completed is gone. */
export function taskOnRep(
  task: Pick<Task, 'task_guid' | 'cell_id' | 'state'>,
  reps: OnReps,
): Required<LiveFields> {
  const found = reps.tasks.get(task.task_guid);
  const isOver = task.state === 'Completed' || task.state === 'Resolving';
  const row = check(task.cell_id, found, reps, task.state === 'Running' || isOver);
  return isOver && row.live_check === 'agrees, pending' ? { ...row, live_check: 'agrees' } : row;
}

function check(
  cellId: string,
  found: { cell_id: string; state: string | number } | undefined,
  reps: OnReps,
  mayBeAbsent: boolean,
): Required<LiveFields> {
  const rep_state = found === undefined ? null : String(found.state);
  if (found !== undefined && found.cell_id !== cellId) {
    return { on_rep: false, rep_state, live_check: `differs: it is on ${found.cell_id}` };
  }
  if (found !== undefined) return { on_rep: true, rep_state, live_check: 'agrees' };
  if (cellId === '') return { on_rep: null, rep_state, live_check: 'on no cell' };
  if (!reps.answered.has(cellId)) return { on_rep: null, rep_state, live_check: 'no answer' };
  return {
    on_rep: false,
    rep_state,
    live_check: mayBeAbsent ? 'agrees, pending' : 'differs: absent',
  };
}

/** How many instances of an LRP the reps have, and whether that is what the store implies. */
export function summaryOnReps(row: LrpSummary, reps: OnReps): { on_reps: number; live_check: string } {
  const count = reps.processes.get(row.process_guid) ?? 0;
  const most = row.running + row.claimed + row.evacuating + row.suspect;
  const isTooFew = count < row.running;
  if (count > most) return { on_reps: count, live_check: `differs: ${count} on reps, ${most} in the store` };
  if (isTooFew && reps.isComplete) {
    return { on_reps: count, live_check: `differs: ${count} on reps, ${row.running} running in the store` };
  }
  if (isTooFew) return { on_reps: count, live_check: 'not all answered' };
  return { on_reps: count, live_check: count < row.running + row.claimed ? 'agrees, pending' : 'agrees' };
}
