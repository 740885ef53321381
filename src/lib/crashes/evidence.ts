/**
 * What is known about disks, from whichever sources there were, joined by process and cell. The rules of
 * `disk-rules.ts` are a function of this and of nothing else. Sizes of quotas in MiB, measured sizes in bytes.
 */

export const MIB = 1024 * 1024;

export type EvidenceSource = 'store' | 'event' | 'log';

/** One failure of one container, or of an attempt to place one. */
export interface DiskFailure {
  /** All that told of it. */
  sources: EvidenceSource[];
  /** When; `null` when only a running instance's old reason tells of it. */
  at: string | null;
  index: number | null;
  container_guid: string | null;
  /** Where; a crash blanks it in the store, so only events and logs know. */
  cell_id: string | null;
  /** Secrets masked. */
  text: string;
  pattern: string;
  class: string;
  /** The instance has not run since. */
  current: boolean;
  crash_count: number | null;
}

export interface RunningInstance {
  index: number;
  cell_id: string;
  instance_guid: string;
  since: string | null;
  /** From the rep's /container_metrics; `null` without --live. */
  usage_bytes: number | null;
  quota_bytes: number | null;
}

/** What was copied into one container, by the log of its rep. */
export interface CopiedIn {
  container_guid: string;
  cell_id: string | null;
  /** Compressed, as downloaded; `null` when it came from the cell's cache. */
  fetched_bytes: number | null;
  /** Uncompressed; of a container whose copying failed, what was complete before. */
  streamed_bytes: number | null;
  failed: boolean;
}

/** What `run_info` says is put into the container before the app starts. URLs without their secrets. */
export interface SetupEvidence {
  downloads: { artifact: string; from: string; to: string; cache_key: string; checksum: string }[];
  image_layers: { name: string; url: string; destination: string; layer_type: string; digest: string }[];
  cached_dependencies: { name: string; from: string; to: string; cache_key: string; checksum: string }[];
}

export interface ProcessEvidence {
  kind: 'lrp' | 'task';
  /** Of a task, its guid. */
  process_guid: string;
  app_guid: string | null;
  app_name: string | null;
  org_name: string | null;
  space_name: string | null;
  domain: string;
  disk_mb: number | null;
  rootfs: string | null;
  /** How many instances are wanted; `null` when the store was not read. */
  instances: number | null;
  setup: SetupEvidence | null;
  failures: DiskFailure[];
  running: RunningInstance[];
  copied_in: CopiedIn[];
}

export interface CellEvidence {
  cell_id: string;
  zone: string;
  /** `null` where only a failure names the cell. */
  disk_capacity_mb: number | null;
  disk_allocated_mb: number | null;
  /** The rep's own words, with --live. */
  disk_available_mb: number | null;
  containers: number | null;
  /** The sum of what its containers use, by /container_metrics. */
  usage_bytes: number | null;
  /** Failed writes on the cell's own disk in the log of its rep. */
  host_errors: number;
  host_error_example: string | null;
}

/** Evidence that nobody gave, and how to get it. */
export interface MissingEvidence {
  what: string;
  why: string;
  how: string;
}

export interface DiskEvidence {
  /** RFC 3339: when the store was read. */
  taken_at: string;
  processes: ProcessEvidence[];
  cells: CellEvidence[];
  /** Which sources were there. */
  given: { store: boolean; keys: boolean; live: boolean; rep_logs: boolean; cf_events: boolean };
  missing: MissingEvidence[];
}

/** The name of the root file system without its scheme: `cflinuxfs4`; `docker` for images. */
export function stackOf(rootfs: string | null): string {
  if (rootfs === null || rootfs === '') return 'unknown';
  if (/^docker:/i.test(rootfs)) return 'docker';
  return /^(?:preloaded(?:\+layer)?|oci):([^?]+)/i.exec(rootfs)?.[1] ?? rootfs;
}

/** A Docker image, or a droplet as a layer: both count against the quota. */
export function imageKind(rootfs: string | null): 'docker' | 'layer' | undefined {
  if (rootfs === null) return undefined;
  if (/^(?:docker|oci):/i.test(rootfs)) return 'docker';
  return /^preloaded\+layer:/i.test(rootfs) ? 'layer' : undefined;
}

/** Processes of one app are related; tasks and LRPs of other domains have only themselves. */
export function appKey(process: Pick<ProcessEvidence, 'app_guid' | 'process_guid'>): string {
  return process.app_guid ?? process.process_guid.slice(0, 36);
}

/** What a running instance uses of its quota, 0 to 1; `undefined` when nobody measured it. */
export function shareOf(instance: RunningInstance, diskMb: number | null): number | undefined {
  if (instance.usage_bytes === null) return undefined;
  const quota = diskMb !== null && diskMb > 0 ? diskMb * MIB : instance.quota_bytes;
  if (quota === null || quota <= 0) return undefined;
  // Before 2019 the rep counted the root file system too, in the use and in the quota.
  const withRootfs = instance.usage_bytes > quota * 1.02 && (instance.quota_bytes ?? 0) > quota;
  return instance.usage_bytes / (withRootfs ? instance.quota_bytes! : quota);
}
