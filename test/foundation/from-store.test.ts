import { beforeAll, describe, expect, it } from 'vitest';
import { cellsOf, lrpLoads, taskLoads } from '../../src/lib/foundation/cells.ts';
import type { Foundation } from '../../src/lib/foundation/types.ts';
import { fixtureFoundation } from '../support/foundation.ts';
import { cfdot, repStates } from './oracle.ts';

let foundation: Foundation;
beforeAll(async () => {
  foundation = await fixtureFoundation();
});

describe('the foundation of the fixture, read from the store', () => {
  it('is complete', () => {
    expect(foundation.gaps).toEqual([]);
    expect(foundation.cells).toHaveLength(12);
    expect(foundation.desired_lrps).toHaveLength(220);
    expect(foundation.actual_lrps).toHaveLength(585);
    expect(foundation.tasks).toHaveLength(22);
  });

  it('has the names of apps, organizations and spaces, and the volume drivers', () => {
    const captured = cfdot<{
      process_guid: string;
      metric_tags: Record<string, { static?: string }>;
      volume_mounts?: { driver: string }[];
    }>('desired-lrps');
    for (const lrp of captured) {
      const read = foundation.desired_lrps.find((desired) => desired.process_guid === lrp.process_guid);
      expect(read).toMatchObject({
        app_name: lrp.metric_tags.app_name!.static,
        org_name: lrp.metric_tags.organization_name!.static,
        space_name: lrp.metric_tags.space_name!.static,
        app_guid: lrp.metric_tags.source_id!.static,
        volume_drivers: (lrp.volume_mounts ?? []).map(({ driver }) => driver),
      });
    }
  });
});

describe('what a cell holds', () => {
  it('agrees with what its rep said, but for claimed instances and tasks that the rep had not seen yet', () => {
    const cells = cellsOf(
      [],
      lrpLoads(foundation.desired_lrps, foundation.actual_lrps),
      taskLoads(foundation.tasks),
    );
    for (const state of repStates()) {
      const { allocated, capacity } = foundation.cells.find(({ cell_id }) => cell_id === state.cell_id)!;
      const { pending, running } = cells.find(({ cell }) => cell.cell_id === state.cell_id)!.use;
      const { TotalResources: total, AvailableResources: available } = state;
      expect(capacity).toEqual({
        memory_mb: total.MemoryMB,
        disk_mb: total.DiskMB,
        containers: total.Containers,
      });
      expect(allocated.memory_mb - pending.memory_mb).toBe(total.MemoryMB - available.MemoryMB);
      expect(allocated.disk_mb - pending.disk_mb).toBe(total.DiskMB - available.DiskMB);
      expect(allocated.containers - pending.containers).toBe(total.Containers - available.Containers);
      expect(running).toBe(state.LRPs.length);
    }
  });

  it('counts as pending exactly the claimed instances and the running tasks', () => {
    for (const { cell, use } of cellsOf(
      [],
      lrpLoads(foundation.desired_lrps, foundation.actual_lrps),
      taskLoads(foundation.tasks),
    )) {
      const claimed = cfdot<{ cell_id: string; state: string }>('actual-lrps').filter(
        (lrp) => lrp.cell_id === cell.cell_id && lrp.state === 'CLAIMED',
      );
      const tasks = cfdot<{ cell_id: string }>('tasks').filter((task) => task.cell_id === cell.cell_id);
      expect(use.claimed).toBe(claimed.length);
      expect(use.tasks).toBe(tasks.length);
      expect(use.pending.containers).toBe(claimed.length + tasks.length);
    }
  });
});
