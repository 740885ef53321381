import { maskUrls } from '../bbs/mask.ts';
import { rfc3339 } from '../bbs/timestamps.ts';
import type { ActualLrpTuple } from '../store/actual-lrps.ts';
import type { DesiredLrpTuple } from '../store/desired-lrps.ts';
import type { DomainRow } from '../store/domains.ts';
import type { TaskTuple } from '../store/tasks.ts';
import type { ActualLrp, ActualLrpState, DesiredLrp, Domain, Presence, Task, TaskState } from './types.ts';

/** The store's rows as the snapshot's types. */

const PRESENCES: readonly Presence[] = ['ordinary', 'evacuating', 'suspect'];
/** bbs/models Task_State. */
const TASK_STATES: readonly TaskState[] = ['Pending', 'Pending', 'Running', 'Completed', 'Resolving'];
/** What `expire_time` holds for a domain that never expires (bbs/db/sqldb/domain_db.go: math.MaxInt64). */
const NEVER = '9223372036854775807';

export function presenceOf(value: number): Presence {
  return PRESENCES[value] ?? 'ordinary';
}

export function taskStateOf(value: number | null): TaskState {
  return TASK_STATES[value ?? 0] ?? 'Pending';
}

export function actualLrpOf(row: ActualLrpTuple): ActualLrp {
  return {
    process_guid: row[0],
    index: row[1],
    presence: presenceOf(row[2]),
    domain: row[3],
    state: row[4] as ActualLrpState,
    instance_guid: row[5],
    cell_id: row[6],
    availability_zone: row[7],
    since: rfc3339(row[8]),
    crash_count: row[9],
    crash_reason: maskUrls(row[10]),
    placement_error: maskUrls(row[11]),
    routable: row[12],
  };
}

/** Desired metric tags as the BBS stores them: `{"app_name": {"static": "app-1"}, "instance_id": {"dynamic": "INDEX"}}`. */
export type DesiredMetricTags = Record<string, { static?: string; dynamic?: string } | undefined>;

/** What the Cloud Controller puts into the metric tags about the app (cloud_controller_ng app_recipe_builder). */
export interface AppNames {
  app_guid: string | null;
  app_name: string | null;
  org_name: string | null;
  space_name: string | null;
}

export function appNames(tags: DesiredMetricTags | null | undefined): AppNames {
  const tag = (name: string) => tags?.[name]?.static ?? null;
  return {
    app_guid: tag('app_id') ?? tag('source_id'),
    app_name: tag('app_name'),
    org_name: tag('organization_name'),
    space_name: tag('space_name'),
  };
}

export function desiredLrpOf(
  row: DesiredLrpTuple,
  volumeDrivers: string[] | null,
  tags: DesiredMetricTags | null | undefined,
): DesiredLrp {
  return {
    process_guid: row[0],
    domain: row[1],
    log_guid: row[2],
    instances: row[4],
    memory_mb: row[5],
    disk_mb: row[6],
    max_pids: row[7] ?? 0,
    rootfs: row[8],
    placement_tags: placementTagsOf(row[9]),
    volume_drivers: volumeDrivers,
    ...appNames(tags),
  };
}

/** `desired_lrps.placement_tags`: a JSON list in the clear, NULL or `null` without tags. */
export function placementTagsOf(text: string | null): string[] {
  if (text === null || text === '') return [];
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value.filter((tag) => typeof tag === 'string') : [];
  } catch {
    return [];
  }
}

/** The part of a task definition that placement needs. */
export interface TaskNeeds {
  memory_mb: number;
  disk_mb: number;
  max_pids: number;
  rootfs: string;
  placement_tags?: string[];
  log_guid: string;
  volume_mounts?: { driver: string }[];
}

export function taskOf(row: TaskTuple, definition: TaskNeeds | null | undefined): Task {
  return {
    task_guid: row[0],
    domain: row[1],
    state: taskStateOf(row[2]),
    cell_id: row[3],
    created_at: rfc3339(row[4]),
    updated_at: rfc3339(row[5]),
    first_completed_at: rfc3339(row[6]),
    failed: row[8] ?? false,
    failure_reason: maskUrls(row[9]),
    rejection_count: row[10],
    rejection_reason: maskUrls(row[11]),
    memory_mb: definition?.memory_mb ?? null,
    disk_mb: definition?.disk_mb ?? null,
    max_pids: definition?.max_pids ?? null,
    rootfs: definition?.rootfs ?? null,
    placement_tags: definition ? (definition.placement_tags ?? []) : null,
    // bbs/models VolumePlacement of a task: the drivers of its mounts.
    volume_drivers: definition
      ? [...new Set((definition.volume_mounts ?? []).map((mount) => mount.driver))]
      : null,
    log_guid: definition?.log_guid ?? null,
  };
}

/**
 * The BBS calls a domain fresh while `expire_time` lies in the future (bbs/db/sqldb/domain_db.go).
 * @param now Unix milliseconds
 */
export function domainOf(row: DomainRow, now: number): Domain {
  if (row.expire_time === NEVER) return { domain: row.domain, expires_at: null, fresh: true };
  return {
    domain: row.domain,
    expires_at: rfc3339(row.expire_time),
    fresh: BigInt(row.expire_time) > BigInt(Math.round(now / 1000)) * 1_000_000_000n,
  };
}
