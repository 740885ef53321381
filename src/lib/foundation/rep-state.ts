import type { CellState, RepResources } from '../diego/rep-types.ts';
import type { RepState } from './types.ts';

/** A rep's state as the foundation's snapshot has it. */
export function repState(state: CellState): RepState {
  const resources = ({ MemoryMB, DiskMB, Containers }: RepResources) => ({
    memory_mb: MemoryMB,
    disk_mb: DiskMB,
    containers: Containers,
  });
  return {
    available: resources(state.AvailableResources),
    total: resources(state.TotalResources),
    starting_container_count: state.StartingContainerCount,
    evacuating: state.Evacuating,
    proxy_memory_mb: state.ProxyMemoryAllocationMB,
    lrps: state.LRPs?.length ?? 0,
    tasks: state.Tasks?.length ?? 0,
  };
}
