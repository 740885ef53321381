import type {
  ActualLRP,
  CellPresence as ApiPresence,
  DesiredLRPSchedulingInfo,
  Task as ApiTask,
} from '../bbs/gen/diego_pb.ts';
import { rfc3339 } from '../bbs/timestamps.ts';
import { maskUrls } from '../bbs/mask.ts';
import type { BbsClient } from '../diego/bbs-client.ts';
import { cellsOf, lrpLoads, taskLoads } from './cells.ts';
import type { CellPresence } from './presences.ts';
import { presenceOf, taskOf, type AppNames } from './rows.ts';
import {
  SNAPSHOT_SCHEMA,
  type ActualLrp,
  type ActualLrpState,
  type DesiredLrp,
  type Domain,
  type Foundation,
  type Gap,
  type Task,
} from './types.ts';

/** Said once before the BBS is asked for a list. */
export const API_WARNING =
  'Warning: asked for its LRPs, the BBS deletes rows that it cannot decrypt. If a key is missing from its configuration, use the store instead.';

const DOMAINS_GAP: Gap = {
  what: 'domains',
  why: 'the API names fresh domains only, and not when they expire',
};

/**
 * The foundation through the BBS's API, for who has no access to the database. App names come from the instances' metric tags,
 * so an app without an instance has none.
 * @param now Unix milliseconds
 */
export async function foundationFromApi(client: BbsClient, now: number): Promise<Foundation> {
  const [presences, infos, lrps, apiTasks, domains] = await Promise.all([
    client.cells(),
    client.desiredLrpSchedulingInfos(),
    client.actualLrps(),
    client.tasks(),
    client.domains(),
  ]);
  const names = new Map<string, AppNames>();
  for (const lrp of lrps) {
    const guid = lrp.actualLrpKey?.processGuid ?? '';
    if (Object.keys(lrp.metricTags).length > 0) names.set(guid, namesOf(lrp.metricTags));
  }
  const desired = infos.map((info) => desiredLrpOf(info, names));
  const actual = lrps.map(actualLrpOf);
  const tasks = apiTasks.map(taskFromApi);
  return {
    schema: SNAPSHOT_SCHEMA,
    taken_at: new Date(now).toISOString(),
    source: 'api',
    cells: cellsOf(presences.map(presenceFromApi), lrpLoads(desired, actual), taskLoads(tasks)).map(
      ({ cell }) => cell,
    ),
    desired_lrps: desired,
    actual_lrps: actual,
    tasks,
    domains: domains.map(freshDomain),
    gaps: [DOMAINS_GAP],
  };
}

/** The domains alone: asked for these, the BBS deletes nothing. */
export async function domainsFromApi(client: BbsClient): Promise<{ domains: Domain[]; gaps: Gap[] }> {
  return { domains: (await client.domains()).map(freshDomain), gaps: [DOMAINS_GAP] };
}

function freshDomain(domain: string): Domain {
  return { domain, fresh: true };
}

function namesOf(tags: Readonly<Record<string, string>>): AppNames {
  return {
    app_guid: tags.app_id ?? tags.source_id ?? null,
    app_name: tags.app_name ?? null,
    org_name: tags.organization_name ?? null,
    space_name: tags.space_name ?? null,
  };
}

function presenceFromApi(presence: ApiPresence): CellPresence {
  return {
    cell_id: presence.cellId,
    rep_address: presence.repAddress,
    rep_url: presence.repUrl,
    zone: presence.zone,
    capacity: {
      memory_mb: presence.capacity?.memoryMb ?? 0,
      disk_mb: presence.capacity?.diskMb ?? 0,
      containers: presence.capacity?.containers ?? 0,
    },
    // A provider without properties takes anything (bbs/models Provider).
    rootfs_providers: presence.rootfsProviders.map(({ name, properties }) =>
      properties.length === 0 ? { name } : { name, properties: [...properties] },
    ),
    placement_tags: [...presence.placementTags],
    optional_placement_tags: [...presence.optionalPlacementTags],
  };
}

function desiredLrpOf(info: DesiredLRPSchedulingInfo, names: ReadonlyMap<string, AppNames>): DesiredLrp {
  const guid = info.desiredLrpKey?.processGuid ?? '';
  return {
    process_guid: guid,
    domain: info.desiredLrpKey?.domain ?? '',
    log_guid: info.desiredLrpKey?.logGuid ?? '',
    instances: info.instances,
    memory_mb: info.desiredLrpResource?.memoryMb ?? 0,
    disk_mb: info.desiredLrpResource?.diskMb ?? 0,
    max_pids: info.desiredLrpResource?.maxPids ?? 0,
    rootfs: info.desiredLrpResource?.rootFs ?? '',
    placement_tags: [...info.PlacementTags],
    volume_drivers: [...(info.volumePlacement?.driverNames ?? [])],
    ...(names.get(guid) ?? namesOf({})),
  };
}

function actualLrpOf(lrp: ActualLRP): ActualLrp {
  return {
    process_guid: lrp.actualLrpKey?.processGuid ?? '',
    index: lrp.actualLrpKey?.index ?? 0,
    presence: presenceOf(lrp.presence),
    domain: lrp.actualLrpKey?.domain ?? '',
    state: lrp.state as ActualLrpState,
    instance_guid: lrp.actualLrpInstanceKey?.instanceGuid ?? '',
    cell_id: lrp.actualLrpInstanceKey?.cellId ?? '',
    availability_zone: lrp.availabilityZone,
    since: rfc3339(lrp.since),
    crash_count: lrp.crashCount,
    crash_reason: maskUrls(lrp.crashReason),
    placement_error: maskUrls(lrp.placementError),
    routable: lrp.routable ?? null,
  };
}

function taskFromApi(task: ApiTask): Task {
  const definition = task.taskDefinition;
  return taskOf(
    [
      task.taskGuid,
      task.domain,
      task.state,
      task.cellId,
      task.createdAt.toString(),
      task.updatedAt.toString(),
      task.firstCompletedAt.toString(),
      null,
      task.failed,
      task.failureReason,
      task.rejectionCount,
      task.rejectionReason,
      null,
    ],
    definition && {
      memory_mb: definition.memoryMb,
      disk_mb: definition.diskMb,
      max_pids: definition.maxPids,
      rootfs: definition.rootFs,
      placement_tags: [...definition.placementTags],
      log_guid: definition.logGuid,
      volume_mounts: definition.volumeMounts.map(({ driver }) => ({ driver })),
    },
  );
}
