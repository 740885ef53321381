import { readFileSync } from 'node:fs';
import {
  SNAPSHOT_SCHEMA,
  type ActualLrp,
  type Cell,
  type DesiredLrp,
  type Foundation,
  type Resources,
  type RootfsProvider,
  type Task,
} from '../../src/lib/foundation/types.ts';

const FIXTURES = new URL('../fixtures/foundation/', import.meta.url);

interface VolumePlacement {
  volume_placement?: { driver_names: string[] | null };
}

interface CellJson {
  cell_id: string;
  zone: string;
  rep_url: string;
  rep_address: string;
  capacity: Resources;
  rootfs_provider_list: RootfsProvider[];
  placement_tags?: string[];
  optional_placement_tags?: string[];
}

interface ResourcesJson {
  MemoryMB: number;
  DiskMB: number;
  Containers: number;
}

interface RepJson {
  cell_id: string;
  AvailableResources: ResourcesJson;
  TotalResources: ResourcesJson;
  StartingContainerCount: number;
  Evacuating: boolean;
  VolumeDrivers: string[] | null;
  ProxyMemoryAllocationMB: number;
  LRPs: unknown[];
  Tasks: unknown[] | null;
}

interface DesiredJson extends VolumePlacement {
  process_guid: string;
  domain: string;
  log_guid: string;
  instances: number;
  memory_mb?: number;
  disk_mb?: number;
  max_pids?: number;
  rootfs: string;
  PlacementTags?: string[];
  placement_tags?: string[];
}

type ActualJson = Omit<ActualLrp, 'presence' | 'since' | 'routable' | 'crash_reason' | 'placement_error'> & {
  presence: string;
  crash_reason?: string;
  placement_error?: string;
};

type TaskJson = Omit<Task, 'created_at' | 'updated_at' | 'first_completed_at'> & VolumePlacement;

function lines<T>(name: string): T[] {
  return readFileSync(new URL(`cfdot/${name}.ndjson`, FIXTURES), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}

/**
 * The captured foundation as cfdot printed it, as a snapshot: what a reader of the store must come to as well. With
 * `live`, the cells carry what their reps said on /state.
 */
export function cfdotFoundation(options: { live: boolean } = { live: false }): Foundation {
  const desired = lines<DesiredJson>('desired-lrp-scheduling-infos').map(desiredLrp);
  const actual = lines<ActualJson>('actual-lrps').map(actualLrp);
  const tasks = lines<TaskJson>('tasks').map(task);
  const sizes = new Map(desired.map((lrp) => [lrp.process_guid, lrp]));
  const reps = new Map(lines<RepJson>('cell-states').map((state) => [state.cell_id, state]));
  return {
    schema: SNAPSHOT_SCHEMA,
    taken_at: '2026-11-22T16:06:10Z',
    source: options.live ? 'live' : 'store',
    cells: lines<CellJson>('cells').map((json) => {
      const allocated: Resources = { memory_mb: 0, disk_mb: 0, containers: 0 };
      const add = (work: { memory_mb: number | null; disk_mb: number | null }) => {
        allocated.memory_mb += work.memory_mb ?? 0;
        allocated.disk_mb += work.disk_mb ?? 0;
        allocated.containers++;
      };
      for (const lrp of actual) if (lrp.cell_id === json.cell_id) add(sizes.get(lrp.process_guid)!);
      for (const each of tasks) if (each.cell_id === json.cell_id && each.state === 'Running') add(each);
      return cell(json, allocated, options.live ? reps.get(json.cell_id)! : undefined);
    }),
    desired_lrps: desired,
    actual_lrps: actual,
    tasks,
    domains: [],
    gaps: [],
  };
}

function cell(json: CellJson, allocated: Resources, rep: RepJson | undefined): Cell {
  return {
    cell_id: json.cell_id,
    zone: json.zone,
    state: 'present',
    rep_url: json.rep_url,
    rep_address: json.rep_address,
    capacity: json.capacity,
    allocated,
    rootfs_providers: json.rootfs_provider_list,
    placement_tags: json.placement_tags ?? [],
    optional_placement_tags: json.optional_placement_tags ?? [],
    volume_drivers: rep === undefined ? null : (rep.VolumeDrivers ?? []),
    ...(rep === undefined
      ? {}
      : {
          live: {
            available: resources(rep.AvailableResources),
            total: resources(rep.TotalResources),
            starting_container_count: rep.StartingContainerCount,
            evacuating: rep.Evacuating,
            proxy_memory_mb: rep.ProxyMemoryAllocationMB,
            lrps: rep.LRPs.length,
            tasks: (rep.Tasks ?? []).length,
          },
        }),
  };
}

function resources(json: ResourcesJson): Resources {
  return { memory_mb: json.MemoryMB, disk_mb: json.DiskMB, containers: json.Containers };
}

function desiredLrp(json: DesiredJson): DesiredLrp {
  return {
    process_guid: json.process_guid,
    domain: json.domain,
    log_guid: json.log_guid,
    instances: json.instances,
    memory_mb: json.memory_mb ?? 0,
    disk_mb: json.disk_mb ?? 0,
    max_pids: json.max_pids ?? 0,
    rootfs: json.rootfs,
    placement_tags: json.PlacementTags ?? json.placement_tags ?? [],
    volume_drivers: json.volume_placement?.driver_names ?? [],
    app_guid: null,
    app_name: null,
    org_name: null,
    space_name: null,
  };
}

function actualLrp(json: ActualJson): ActualLrp {
  return {
    process_guid: json.process_guid,
    index: json.index,
    presence: json.presence.toLowerCase() as ActualLrp['presence'],
    domain: json.domain,
    state: json.state,
    instance_guid: json.instance_guid,
    cell_id: json.cell_id,
    availability_zone: json.availability_zone,
    since: null,
    crash_count: json.crash_count,
    crash_reason: json.crash_reason ?? '',
    placement_error: json.placement_error ?? '',
    routable: null,
  };
}

function task(json: TaskJson): Task {
  return {
    task_guid: json.task_guid,
    domain: json.domain,
    state: json.state,
    cell_id: json.cell_id,
    created_at: null,
    updated_at: null,
    first_completed_at: null,
    failed: json.failed,
    failure_reason: json.failure_reason,
    rejection_count: json.rejection_count,
    rejection_reason: json.rejection_reason,
    memory_mb: json.memory_mb,
    disk_mb: json.disk_mb,
    max_pids: json.max_pids,
    rootfs: json.rootfs,
    placement_tags: json.placement_tags ?? [],
    volume_drivers: json.volume_placement?.driver_names ?? [],
    log_guid: json.log_guid,
  };
}
