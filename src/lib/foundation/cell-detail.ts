import type { CellState, RepLrp } from '../diego/rep-types.ts';
import { cellRow, type CellRow } from './cell-rows.ts';
import type { CellAndUse } from './cells.ts';
import type { CellContents } from './cells-answer.ts';
import type { ActualLrp, Task } from './types.ts';

/** An instance on a cell, with what its desired LRP says about it. */
export interface CellInstance extends ActualLrp {
  app_name: string | null;
  org_name: string | null;
  space_name: string | null;
  /** `null` when the desired LRP is gone. */
  memory_mb: number | null;
  disk_mb: number | null;
  /** With `--live`: whether the rep has this instance; `null` when it did not answer. */
  on_rep?: boolean | null;
}

/** An instance that a rep has and the store does not place there. */
export type Stranger = Pick<RepLrp, 'process_guid' | 'index' | 'instance_guid'>;

/** What `cgdiego cells CELL_ID` says. */
export interface CellDetail extends CellRow {
  instances: CellInstance[];
  task_list: Task[];
  /** With `--live`: instances that the rep has and the store does not place on it. */
  strangers?: Stranger[] | null;
  /**
   * The instances here that have crashed before. A crash clears the cell in the store: where those were that wait for a new
   * place, only events and the reps' logs know.
   */
  crashes: Pick<
    CellInstance,
    'process_guid' | 'index' | 'app_name' | 'crash_count' | 'crash_reason' | 'since'
  >[];
}

/** {@link cellDetail} with the rep's own list beside the store's. */
export function withRepState(detail: CellDetail, state: CellState | undefined): CellDetail {
  const lrps = state?.LRPs ?? [];
  const onRep = new Set(lrps.map(({ instance_guid }) => instance_guid));
  const known = new Set(detail.instances.map(({ instance_guid }) => instance_guid));
  return {
    ...detail,
    instances: detail.instances.map((lrp) => ({
      ...lrp,
      on_rep: state === undefined ? null : onRep.has(lrp.instance_guid),
    })),
    strangers:
      state === undefined
        ? null
        : lrps
            .filter(({ instance_guid }) => !known.has(instance_guid))
            .map(({ process_guid, index, instance_guid }) => ({ process_guid, index, instance_guid })),
  };
}

export function cellDetail(cell: CellAndUse, contents: CellContents): CellDetail {
  const desired = new Map(contents.desired_lrps.map((lrp) => [lrp.process_guid, lrp]));
  const instances = contents.actual_lrps.map((lrp): CellInstance => {
    const wanted = desired.get(lrp.process_guid);
    return {
      ...lrp,
      app_name: wanted?.app_name ?? null,
      org_name: wanted?.org_name ?? null,
      space_name: wanted?.space_name ?? null,
      memory_mb: wanted?.memory_mb ?? null,
      disk_mb: wanted?.disk_mb ?? null,
    };
  });
  return {
    ...cellRow(cell),
    instances,
    task_list: contents.tasks,
    crashes: instances
      .filter(({ crash_count }) => crash_count > 0)
      .map(({ process_guid, index, app_name, crash_count, crash_reason, since }) => ({
        process_guid,
        index,
        app_name,
        crash_count,
        crash_reason,
        since,
      })),
  };
}
