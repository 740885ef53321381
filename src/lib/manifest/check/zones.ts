import type { View } from '../view.ts';
import { countByZone, type Group, property, type Role, running } from './groups.ts';
import type { ManifestSet } from './model.ts';
import type { Hit, Rule } from './rule.ts';

const AVAILABILITY = 'docs.cloudfoundry.org, high availability; 18F practice: every component in two zones';

/** Cells by the tags that place apps on them. */
function pools(set: ManifestSet): Map<string, Group[]> {
  const found = new Map<string, Group[]>();
  for (const group of running(withRole(set, 'cell'))) {
    const pool = group.tags.join(',');
    found.set(pool, [...(found.get(pool) ?? []), group]);
  }
  return found;
}

function withRole(set: ManifestSet, role: Role): Group[] {
  return set.groups.filter(({ roles, isErrand }) => roles.has(role) && !isErrand);
}

function poolName(tags: string): string {
  return tags === '' ? 'The cells' : `The cells with the placement tag ${tags}`;
}

function zoneCounts(counts: ReadonlyMap<string, number>): string {
  return [...counts]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([zone, count]) => `${zone}: ${count}`)
    .join(', ');
}

function zonesOf(groups: readonly Group[]): string[] {
  return [...countByZone(groups)]
    .filter(([, count]) => count > 0)
    .map(([zone]) => zone)
    .sort();
}

/** Not only cells, as in a file that adds isolated ones to a deployment. */
function isWholeDiego(set: ManifestSet): boolean {
  return (['bbs', 'brain', 'access'] as const).some((role) => withRole(set, role).length > 0);
}

/** What a cell of the group offers and has: equal in all zones, if one zone shall stand in for another. */
function sizeOf(group: Group): string | undefined {
  const offered = ['memory_capacity_mb', 'disk_capacity_mb'].flatMap(
    (name) => property(group, 'rep', 'diego', 'executor', name).number ?? [],
  );
  const parts = [group.size.name, ...offered].filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : parts.join('/');
}

/** Zones with cells in which no VM has the role. */
function* missingIn(set: ManifestSet, role: Role, component: string): Generator<Hit> {
  const cellZones = zonesOf(withRole(set, 'cell'));
  const groups = withRole(set, role);
  if (cellZones.length === 0) return;
  if (groups.length === 0) {
    const [deployment] = set.deployments;
    if (deployment && isWholeDiego(set)) yield { at: deployment, what: `No VM runs ${component}.` };
    return;
  }
  // An instance count in a variable is not known, and nothing can be said.
  if (groups.some(({ zones }) => zones.size === 0)) return;
  const zones = zonesOf(groups);
  for (const zone of cellZones.filter((each) => !zones.includes(each))) {
    yield {
      at: groups[0]!.view,
      what: `${zone} has cells and no ${component} (${groups.map(({ name }) => name).join(', ')}: ${zoneCounts(countByZone(groups))}).`,
    };
  }
}

export const zoneRules: Rule[] = [
  {
    id: 'zones/cells-one-zone',
    severity: 'error',
    what: 'the cells, or those of a placement tag, are in one zone only',
    why: 'With the zone all their apps are down, and nothing else may take them.',
    next: 'Spread them over at least two zones.',
    source: AVAILABILITY,
    *check({ set }) {
      for (const [tags, groups] of pools(set)) {
        const zones = zonesOf(groups);
        if (zones.length === 1)
          yield {
            at: groups[0]!.view,
            what: `${poolName(tags)} are all in ${zones[0]!} (${groups.map(({ name }) => name).join(', ')}).`,
          };
      }
    },
  },
  {
    id: 'zones/cells-uneven',
    severity: 'warn',
    what: 'the zones have different numbers of cells of the same kind',
    why: 'The auction balances instances over zones: the small zone fills first, and the loss of the big one takes more than its share.',
    next: 'Make the number of instances a multiple of the number of zones.',
    source: 'auction, zone balance; diego-release #542',
    *check({ set }) {
      for (const [tags, groups] of pools(set)) {
        const counts = countByZone(groups);
        if (new Set(counts.values()).size > 1 && zonesOf(groups).length > 1) {
          yield {
            at: groups[0]!.view,
            what: `${poolName(tags)} are spread unevenly (${zoneCounts(counts)}).`,
          };
        }
      }
    },
  },
  {
    id: 'zones/cell-sizes-differ',
    severity: 'warn',
    what: 'cells of the same kind have different sizes in different zones',
    why: 'Equal numbers are not equal room: the loss of the zone with the bigger cells cannot be taken by the other.',
    next: 'Give the cells of all zones the same VM type and capacity.',
    source: AVAILABILITY,
    *check({ set }) {
      for (const [tags, groups] of pools(set)) {
        const sized = groups.filter((group) => sizeOf(group) !== undefined);
        const byZone = new Map<string, Set<string>>();
        for (const group of sized) {
          for (const zone of group.zones.keys()) {
            byZone.set(zone, (byZone.get(zone) ?? new Set()).add(sizeOf(group)!));
          }
        }
        const sizes = [...byZone.values()].map((names) => [...names].sort().join('+'));
        if (new Set(sizes).size <= 1) continue;
        const detail = [...byZone].map(([zone, names]) => `${zone}: ${[...names].join(', ')}`).join('; ');
        yield {
          at: sized.find((group) => sizeOf(group) !== sizeOf(sized[0]!))?.view ?? sized[0]!.view,
          what: `${poolName(tags)} differ in size (${detail}).`,
        };
      }
    },
  },
  {
    id: 'zones/bbs-per-zone',
    severity: 'error',
    what: 'a zone with cells has no BBS',
    why: 'One BBS is active, the others wait for its lock: one a zone lets any zone go. An odd number is not needed; that was for etcd.',
    next: 'Run at least one BBS in each zone.',
    source: `${AVAILABILITY}; bbs takes its lock in Locket`,
    check: ({ set }) => missingIn(set, 'bbs', 'BBS'),
  },
  {
    id: 'zones/brain-per-zone',
    severity: 'error',
    what: 'a zone with cells has no auctioneer',
    why: 'Without an auctioneer nothing is placed: just when a zone is lost and its apps have to start elsewhere.',
    next: 'Run at least one auctioneer in each zone.',
    source: AVAILABILITY,
    check: ({ set }) => missingIn(set, 'brain', 'auctioneer'),
  },
  {
    id: 'zones/access-per-zone',
    severity: 'error',
    what: 'a zone with cells has no SSH proxy',
    why: 'With the only one gone, nobody gets into containers.',
    next: 'Run at least one ssh_proxy in each zone.',
    source: AVAILABILITY,
    check: ({ set }) => missingIn(set, 'access', 'SSH proxy'),
  },
  {
    id: 'zones/zone-undefined',
    severity: 'error',
    what: 'a group names a zone that the cloud config does not define',
    why: 'BOSH refuses the deployment.',
    next: 'Define the zone in the cloud config, or correct the name.',
    source: 'bosh.io, cloud config: azs',
    *check({ set }) {
      if (set.azs.size === 0) return;
      for (const group of set.groups) {
        for (const az of group.view.get('azs').items) {
          if (az.text !== undefined && !set.azs.has(az.text))
            yield { at: az, what: `${group.name}: the zone ${az.text} is not defined.` };
        }
      }
    },
  },
  {
    id: 'zones/network-undefined',
    severity: 'error',
    what: 'a group names a network that is not defined',
    why: 'BOSH refuses the deployment.',
    next: 'Define the network (in the cloud config, or in the manifest of an older deployment), or correct the name.',
    source: 'bosh.io, networks',
    *check({ set }) {
      if (set.networks.size === 0) return;
      for (const group of running(set.groups)) {
        for (const network of group.view.get('networks').items) {
          const name = network.get('name').text;
          if (name !== undefined && !set.networks.has(name))
            yield { at: network, what: `${group.name}: the network ${name} is not defined.` };
        }
      }
    },
  },
  {
    id: 'zones/subnet-missing',
    severity: 'error',
    what: 'a network has no subnet in a zone that is used',
    why: 'BOSH cannot give the VMs of that zone an address.',
    next: 'Add a subnet for the zone to the network.',
    source: 'bosh.io, manual networks; diego-release manifest-generation: subnet_configs',
    *check({ set }) {
      for (const group of running(set.groups)) {
        for (const network of group.view.get('networks').items) {
          const definition = set.networks.get(network.get('name').text ?? '');
          if (definition) yield* missingSubnets(group, network, definition);
        }
        if (group.kind === 'stub') yield* missingStubSubnets(set, group);
      }
    },
  },
  {
    id: 'zones/access-load-balancer',
    severity: 'error',
    what: 'SSH proxies that no load balancer or security group reaches',
    why: 'cf ssh goes to the load balancer; a proxy that is not behind it serves nobody.',
    next: 'Give the group a VM extension (or the resource pool cloud properties) with the load balancer and its security group.',
    source: 'cf-deployment: vm_extensions diego-ssh-proxy-network-properties; docs.cloudfoundry.org, app SSH',
    *check({ set }) {
      for (const group of running(withRole(set, 'access'))) {
        if (group.kind === 'instance-group') yield* missingExtension(set, group);
        if (group.kind === 'job') yield* missingPoolProperties(set, group);
      }
    },
  },
];

function* missingSubnets(group: Group, network: View, definition: View): Generator<Hit> {
  const type = definition.get('type').text ?? 'manual';
  if (type === 'vip' || definition.get('subnets').isUnknown) return;
  const subnets = definition.get('subnets').items;
  const name = definition.get('name').text ?? '';
  if (subnets.length === 0) {
    if (type !== 'dynamic') yield { at: network, what: `${group.name}: the network ${name} has no subnet.` };
    return;
  }
  if (group.kind !== 'instance-group') return;
  const zones = subnets.flatMap((subnet) => [
    subnet.get('az').text,
    ...subnet.get('azs').items.map(({ text }) => text),
  ]);
  if (zones.every((zone) => zone === undefined)) return;
  for (const az of group.view.get('azs').items) {
    if (az.text !== undefined && !zones.includes(az.text))
      yield { at: az, what: `${group.name}: the network ${name} has no subnet in ${az.text}.` };
  }
}

/** diego-release's templates put what is in zN on the network diegoN. */
function* missingStubSubnets(set: ManifestSet, group: Group): Generator<Hit> {
  const configs = set.stubs
    .map((stub) => stub.at('iaas_settings', 'subnet_configs'))
    .find(({ seq }) => seq !== undefined);
  const zone = [...group.zones.keys()][0];
  if (configs === undefined || zone === undefined) return;
  const name = `diego${zone.slice(1)}`;
  const config = configs.items.find((item) => item.get('name').text === name);
  if (config?.get('subnets').isUnknown === true || (config?.get('subnets').items.length ?? 0) > 0) return;
  yield { at: config ?? configs, what: `${group.name}: the network ${name} has no subnet.` };
}

const BALANCED = [
  'elbs', 'lb_target_groups', 'target_pool', 'backend_service', 'load_balancer', 'load_balancers', 'application_gateway',
  'security_groups', 'security_group', 'ports', 'nsxt', 'nsx', 'loadbalancer_pools', 'slbs', 'tags', 'network_properties',
]; // prettier-ignore

function isBalanced(properties: View): boolean {
  return BALANCED.some((key) => !properties.get(key).isEmpty);
}

function* missingExtension(set: ManifestSet, group: Group): Generator<Hit> {
  const extensions = group.view.get('vm_extensions').items;
  if (extensions.length === 0) {
    yield {
      at: group.view,
      what: `${group.name} runs the SSH proxy and has no VM extension for a load balancer.`,
    };
    return;
  }
  if (!set.hasCloudConfig) return;
  for (const extension of extensions) {
    if (extension.text !== undefined && !set.vmExtensions.has(extension.text)) {
      yield { at: extension, what: `${group.name}: the VM extension ${extension.text} is not defined.` };
    }
  }
  const defined = extensions.flatMap(({ text }) => set.vmExtensions.get(text ?? '') ?? []);
  if (
    defined.length === extensions.length &&
    !defined.some((extension) => isBalanced(extension.get('cloud_properties')))
  ) {
    yield {
      at: extensions[0]!,
      what: `${group.name}: no VM extension names a load balancer or a security group.`,
    };
  }
}

function* missingPoolProperties(set: ManifestSet, group: Group): Generator<Hit> {
  const name = group.view.get('resource_pool').text;
  const pool = set.documents
    .flatMap((root) => root.get('resource_pools').items)
    .find((item) => item.get('name').text === name);
  const properties = pool?.get('cloud_properties');
  if (!pool || !properties || properties.isUnknown || isBalanced(properties)) return;
  yield {
    at: properties.exists ? properties : pool,
    what: `${group.name}: the resource pool ${name ?? ''} names no load balancer or security group.`,
  };
}
