/**
 * What a cell's rep answers, by rep's own Go types (rep/resources.go), whose JSON names differ from the BBS's: `MemoryMB` here,
 * `memory_mb` there. Absent lists are `null` in Go.
 */

export interface RepResources {
  MemoryMB: number;
  DiskMB: number;
  Containers: number;
}

interface RepResource {
  MemoryMB: number;
  DiskMB: number;
  MaxPids: number;
}

interface PlacementConstraint {
  PlacementTags: string[] | null;
  VolumeDrivers: string[] | null;
  RootFs: string;
}

export interface RepLrp extends PlacementConstraint, RepResource {
  instance_guid: string;
  process_guid: string;
  index: number;
  domain: string;
  /** The container's state; empty on older reps. */
  state: string;
}

export interface RepTask extends PlacementConstraint, RepResource {
  TaskGuid: string;
  Domain: string;
  /** bbs/models Task.State: a number or its name, by the release. */
  state: number | string;
  failed: boolean;
}

/** `docker` and other schemes take anything; `preloaded` a fixed set of stacks. */
export type RootFsProviderState =
  { type: 'arbitrary' } | { type: 'fixed_set'; set: Record<string, unknown> | null };

/** GET /state. MemoryMB of available resources has the proxies' share taken off. */
export interface CellState {
  rep_url: string;
  cell_id: string;
  cell_index: number;
  RootFSProviders: Record<string, RootFsProviderState> | null;
  AvailableResources: RepResources;
  TotalResources: RepResources;
  LRPs: RepLrp[] | null;
  Tasks: RepTask[] | null;
  StartingContainerCount: number;
  Zone: string;
  Evacuating: boolean;
  VolumeDrivers: string[] | null;
  PlacementTags: string[] | null;
  OptionalPlacementTags: string[] | null;
  ProxyMemoryAllocationMB: number;
}

/** executor/containermetrics: what the cell measured last. */
export interface ContainerMetrics {
  metric_guid: string;
  cpu_usage_fraction: number;
  disk_usage_bytes: number;
  disk_quota_bytes: number;
  memory_usage_bytes: number;
  memory_quota_bytes: number;
  rx_bytes?: number;
  tx_bytes?: number;
}

export interface LrpMetrics extends ContainerMetrics {
  instance_guid: string;
  process_guid: string;
  index: number;
}

export interface TaskMetrics extends ContainerMetrics {
  task_guid: string;
}

/** GET /container_metrics */
export interface CellMetrics {
  cell_id: string;
  lrps: LrpMetrics[] | null;
  tasks: TaskMetrics[] | null;
}
