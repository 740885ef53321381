/**
 * The foundation as one typed snapshot. Inspection, sizing and diagnosis are functions of it, wherever it was read from:
 * the store, live reps, the BBS API or a file.
 *
 * Field names are the JSON interface (`-o json`, `snapshot --file`): snake_case, Diego's own where Diego has one. MB means
 * MiB, as in Diego's columns. Times are RFC 3339 in UTC with the nanoseconds that Diego stores, or `null` for Diego's 0.
 */

export const SNAPSHOT_SCHEMA = 'cgdiego-foundation/1';

/** Memory and disk in MiB, and a number of containers. */
export interface Resources {
  memory_mb: number;
  disk_mb: number;
  containers: number;
}

/** bbs/models CellPresence.rootfs_provider_list: `properties` is absent for arbitrary providers such as docker. */
export interface RootfsProvider {
  name: string;
  properties?: string[];
}

/** What a cell's rep said on `/state`. Memory of LRPs includes the proxy's share there. */
export interface RepState {
  available: Resources;
  total: Resources;
  starting_container_count: number;
  evacuating: boolean;
  proxy_memory_mb: number;
  lrps: number;
  tasks: number;
}

/**
 * `present`: has a presence in Locket. `evacuating`: its rep says so, or instances are evacuating from it.
 * `missing`: named by LRPs or tasks but without a presence.
 */
export type CellState = 'present' | 'evacuating' | 'missing';

export interface Cell {
  cell_id: string;
  /** Empty when the cell is missing and no instance says which zone it was in. */
  zone: string;
  state: CellState;
  rep_url: string;
  rep_address: string;
  /** `null` for a missing cell. */
  capacity: Resources | null;
  /** What the store implies: the sum over the instances and tasks that are placed on the cell. */
  allocated: Resources;
  rootfs_providers: RootfsProvider[];
  placement_tags: string[];
  optional_placement_tags: string[];
  /** `null` when nobody said: presences do not carry them, reps do. */
  volume_drivers: string[] | null;
  /** With `--live` only: the rep's own words, or why it gave none. */
  live?: RepState | { error: string };
}

/** A desired LRP, as scheduling and inspection need it. Nothing secret: environment and actions are not in it. */
export interface DesiredLrp {
  process_guid: string;
  domain: string;
  log_guid: string;
  instances: number;
  memory_mb: number;
  disk_mb: number;
  max_pids: number;
  rootfs: string;
  placement_tags: string[];
  /** `null` when volume_placement could not be decrypted or no keys were given. */
  volume_drivers: string[] | null;
  /** From the metric tags; `null` when they are absent or could not be decrypted. */
  app_guid: string | null;
  app_name: string | null;
  org_name: string | null;
  space_name: string | null;
}

export type ActualLrpState = 'UNCLAIMED' | 'CLAIMED' | 'RUNNING' | 'CRASHED';
export type Presence = 'ordinary' | 'evacuating' | 'suspect';

export interface ActualLrp {
  process_guid: string;
  index: number;
  presence: Presence;
  domain: string;
  state: ActualLrpState;
  instance_guid: string;
  cell_id: string;
  availability_zone: string;
  /** When it entered its state. */
  since: string | null;
  crash_count: number;
  crash_reason: string;
  placement_error: string;
  /** `null` on schemas older than the column. */
  routable: boolean | null;
}

export type TaskState = 'Pending' | 'Running' | 'Completed' | 'Resolving';

export interface Task {
  task_guid: string;
  domain: string;
  state: TaskState;
  cell_id: string;
  created_at: string | null;
  updated_at: string | null;
  first_completed_at: string | null;
  failed: boolean;
  failure_reason: string;
  rejection_count: number;
  rejection_reason: string;
  /** From the task definition; `null` when it could not be decrypted or no keys were given. */
  memory_mb: number | null;
  disk_mb: number | null;
  max_pids: number | null;
  rootfs: string | null;
  placement_tags: string[] | null;
  volume_drivers: string[] | null;
  log_guid: string | null;
}

export interface Domain {
  domain: string;
  /** `null`: never expires. Absent: nobody said when. */
  expires_at?: string | null;
  fresh: boolean;
}

/** A part of the foundation that could not be read: the answer is given for the rest and says what is missing. */
export interface Gap {
  /** For example `locket`, `cell 9e6f82e5`, `desired_lrps.volume_placement`. */
  what: string;
  why: string;
}

export interface Foundation {
  schema: typeof SNAPSHOT_SCHEMA;
  taken_at: string;
  source: 'store' | 'live' | 'api' | 'what-if';
  cells: Cell[];
  desired_lrps: DesiredLrp[];
  actual_lrps: ActualLrp[];
  tasks: Task[];
  domains: Domain[];
  gaps: Gap[];
}
