import type { View } from '../view.ts';
import { vmSize, type VmSize } from './vm-size.ts';

/** What a group of VMs is for, by the jobs on it: rep, bbs, auctioneer, ssh_proxy. */
export type Role = 'cell' | 'bbs' | 'brain' | 'access';

/** VMs of one kind: an instance group, a job of an older manifest, or a stub's instance count. */
export interface Group {
  kind: 'instance-group' | 'job' | 'stub';
  view: View;
  root: View;
  name: string;
  jobs: View[];
  jobNames: Set<string>;
  roles: Set<Role>;
  /** Instances by zone; empty when their number or zones are not in the files. */
  zones: Map<string, number>;
  size: VmSize;
  /** `placement_tags` of the cells, sorted. */
  tags: string[];
  /** How many may be updated at once, and whether other groups are updated meanwhile. */
  maxInFlight: View;
  isErrand: boolean;
}

const ROLE_OF_JOB: Record<string, Role> = {
  rep: 'cell', rep_windows: 'cell', bbs: 'bbs', auctioneer: 'brain', ssh_proxy: 'access',
}; // prettier-ignore
const ROLE_OF_NAME: [RegExp, Role[]][] = [
  [/^cell/, ['cell']],
  [/^database/, ['bbs']],
  [/^brain/, ['brain']],
  [/^access/, ['access']],
  [/^colocated/, ['cell', 'bbs', 'brain', 'access']],
];
const ZONE_SUFFIX = /_(z\d+)$/;

export function groupsOf(root: View, documents: readonly View[]): Group[] {
  return [
    ...root.get('instance_groups').items.map((view) => instanceGroup(root, view, documents)),
    ...(root.get('instance_groups').exists
      ? []
      : root.get('jobs').items.map((view) => oldJob(root, view, documents))),
    ...root.get('instance_count_overrides').items.map((view) => stubGroup(root, view, documents)),
  ];
}

/** A property of a job in the group: its own, else the group's, else the manifest's. A stub has them in overrides of their own. */
export function property(group: Group, job: string, ...path: string[]): View {
  const own = group.jobs
    .filter((view) => view.get('name').text === job)
    .map((view) => view.at('properties', ...path))
    .find(({ exists }) => exists);
  if (own) return own;
  const ofGroup = group.view.at('properties', ...path);
  if (ofGroup.exists) return ofGroup;
  if (group.kind !== 'stub') return group.root.at('properties', ...path);
  const [diego, ...rest] = path;
  return diego === 'diego'
    ? group.root.at('property_overrides', ...rest)
    : group.root.get('property_overrides').get('');
}

function instanceGroup(root: View, view: View, documents: readonly View[]): Group {
  const jobs = view.get('jobs').items;
  const type = named(documents, 'vm_types', view.get('vm_type').text);
  const extensions = view
    .get('vm_extensions')
    .items.flatMap((name) => named(documents, 'vm_extensions', name.text));
  const cloud = [...extensions, ...type].map((definition) => definition.get('cloud_properties'));
  const size = vmSize([
    ...extensions.map((extension) => extension.get('cloud_properties')),
    view.get('vm_resources'),
    ...cloud,
  ]);
  const group = common('instance-group', root, view, jobs);
  const azs = view.get('azs').items.flatMap(({ text }) => text ?? []);
  return {
    ...group,
    zones: spread(view.get('instances').number, azs),
    size: { ...size, name: view.get('vm_type').text ?? size.name },
    isErrand: view.get('lifecycle').text === 'errand',
  };
}

function oldJob(root: View, view: View, documents: readonly View[]): Group {
  const templates = view.get('templates').items;
  const single = view.get('template').written === undefined ? [] : [view];
  const jobs = templates.length > 0 ? templates : single;
  const [pool] = named(documents, 'resource_pools', view.get('resource_pool').text);
  const cloud = pool?.get('cloud_properties');
  const name = view.get('name').text ?? '';
  const zone =
    ZONE_SUFFIX.exec(name)?.[1] ??
    view.at('properties', 'diego', 'rep', 'zone').text ??
    cloud?.get('availability_zone').text ??
    view.at('properties', 'metron_agent', 'zone').text;
  const group = common('job', root, view, jobs);
  return {
    ...group,
    zones: spread(view.get('instances').number, zone === undefined ? [] : [zone]),
    size: vmSize(cloud ? [cloud] : []),
    isErrand: view.get('lifecycle').text === 'errand',
  };
}

/** The stubs may stand in one file or in several. */
function stubGroup(root: View, view: View, documents: readonly View[]): Group {
  const name = view.get('name').text ?? '';
  const zone = ZONE_SUFFIX.exec(name)?.[1];
  const pool = documents
    .flatMap((each) => each.at('iaas_settings', 'resource_pool_cloud_properties').items)
    .find((item) => item.get('name').text === name);
  const overrides = documents.find((each) => each.get('property_overrides').exists) ?? root;
  return {
    ...common('stub', overrides, view, []),
    zones: spread(view.get('instances').number, zone === undefined ? [] : [zone]),
    size: vmSize(pool ? [pool.get('cloud_properties')] : []),
    isErrand: false,
  };
}

type Common = Omit<Group, 'zones' | 'size' | 'isErrand'>;

function common(kind: Group['kind'], root: View, view: View, jobs: View[]): Common {
  const name = view.get('name').text ?? '';
  const jobNames = new Set(jobs.flatMap((job) => job.get(job === view ? 'template' : 'name').text ?? []));
  const roles = new Set([...jobNames].flatMap((job) => ROLE_OF_JOB[job] ?? []));
  if (jobNames.size === 0) {
    for (const [pattern, named] of ROLE_OF_NAME)
      if (pattern.test(name)) named.forEach((role) => roles.add(role));
  }
  const update = view.at('update', 'max_in_flight');
  const base: Common = {
    kind,
    view,
    root,
    name,
    jobs,
    jobNames,
    roles,
    tags: [],
    maxInFlight: update.exists
      ? update
      : view.get('max_in_flight').exists
        ? view.get('max_in_flight')
        : root.at('update', 'max_in_flight'),
  };
  return { ...base, tags: tagsOf(base) };
}

function tagsOf(group: Common): string[] {
  if (!group.roles.has('cell') || group.kind === 'stub') return [];
  const job = group.jobNames.has('rep_windows') ? 'rep_windows' : 'rep';
  return property(group as Group, job, 'diego', 'rep', 'placement_tags')
    .items.flatMap(({ text }) => text ?? [])
    .sort();
}

/** As BOSH does it: round and round over the zones, the first ones get what is left over. */
function spread(instances: number | undefined, zones: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  if (instances === undefined) return counts;
  for (const [index, zone] of zones.entries()) {
    const count = Math.floor(instances / zones.length) + (index < instances % zones.length ? 1 : 0);
    counts.set(zone, (counts.get(zone) ?? 0) + count);
  }
  return counts;
}

function named(documents: readonly View[], list: string, name: string | undefined): View[] {
  if (name === undefined) return [];
  return documents
    .flatMap((root) => root.get(list).items.filter((item) => item.get('name').text === name))
    .slice(0, 1);
}

/** Instances by zone, over groups. */
export function countByZone(groups: readonly Group[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { zones } of groups)
    for (const [zone, count] of zones) counts.set(zone, (counts.get(zone) ?? 0) + count);
  return counts;
}

/** Groups that have VMs: an instance count of 0 is a zone that is not used. */
export function running(groups: readonly Group[]): Group[] {
  return groups.filter((group) => [...group.zones.values()].some((count) => count > 0));
}
