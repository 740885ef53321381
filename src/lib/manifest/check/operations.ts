import type { View } from '../view.ts';
import { type Group, property, running } from './groups.ts';
import type { CheckContext, Hit, Rule } from './rule.ts';
import type { ManifestSet } from './model.ts';

/** What 18F's VMs carry, as regular expressions over the names of releases and jobs. */
export const ADDONS_18F: readonly string[] = ['clamav', 'tripwire', 'nessus', 'snort', 'collectd'];

const DIEGO_JOBS = ['bbs', 'locket', 'rep', 'auctioneer', 'route_emitter', 'ssh_proxy'];
const METRON = /^(metron_agent|loggregator_agent|loggr-forwarder-agent|loggr-udp-forwarder)/;

/** The add-ons that apply to the group: no `include`, or one that names it or one of its jobs. */
function addonsOf(set: ManifestSet, group: Group): View[] {
  return set.addons.filter(
    (addon) => applies(addon.get('include'), group, true) && !applies(addon.get('exclude'), group, false),
  );
}

function applies(placement: View, group: Group, without: boolean): boolean {
  if (placement.isEmpty) return without;
  const groups = placement.get('instance_groups').items;
  const jobs = placement.get('jobs').items;
  // What a stemcell, zone, team or network selects cannot be told from here: taken to include all, and to exclude none.
  if (groups.length === 0 && jobs.length === 0) return without;
  return (
    groups.some(({ text }) => text === group.name) ||
    jobs.some((job) => group.jobNames.has(job.get('name').text ?? ''))
  );
}

/** Names of jobs and releases on the VMs of the group, add-ons included. */
function carried(set: ManifestSet, group: Group): string[] {
  const jobs = [
    ...group.jobs,
    ...addonsOf(set, group).flatMap((addon) => [addon, ...addon.get('jobs').items]),
  ];
  return jobs
    .flatMap((job) => [job.get('name').text, job.get('release').text, job.get('template').text])
    .filter((name) => name !== undefined);
}

/** `auto` asks for 18F's list as soon as one of its names is in the files. */
function required({ set, addons }: CheckContext): string[] {
  const names = new Set<string>();
  for (const addon of addons) {
    if (addon === '18f') ADDONS_18F.forEach((name) => names.add(name));
    else if (addon === 'auto') {
      const used = [
        ...set.documents.flatMap((root) =>
          root.get('releases').items.map((release) => release.get('name').text ?? ''),
        ),
        ...set.groups.flatMap((group) => carried(set, group)),
        ...set.addons.flatMap((view) => view.get('jobs').items.map((job) => job.get('release').text ?? '')),
      ];
      if (ADDONS_18F.some((name) => used.some((each) => matches(each, name))))
        ADDONS_18F.forEach((name) => names.add(name));
    } else if (addon !== 'none') names.add(addon);
  }
  return [...names];
}

function matches(name: string, wanted: string): boolean {
  return name.toLowerCase().includes(wanted.toLowerCase());
}

function* syslogParts(config: View, names: readonly string[]): Generator<Hit> {
  const missing = names.filter((name) => config.get(name).isEmpty || config.get(name).text === '');
  if (missing.length > 0) yield { at: config, what: `${config.path} lacks ${missing.join(', ')}.` };
  const transport = config.get('transport');
  if (transport.text !== undefined && !['tcp', 'udp', 'relp'].includes(transport.text)) {
    yield { at: transport, what: `The transport ${transport.text} is not tcp, udp or relp.` };
  }
}

export const operationRules: Rule[] = [
  {
    id: 'addons/missing',
    severity: 'warn',
    what: 'a VM does not carry a release that every VM must have (--addon; 18F: ClamAV, Tripwire, Nessus agent, Snort, collectd)',
    why: 'What is not scanned and watched is outside of the authorization to operate.',
    next: 'Add the job to the group, or as an add-on to the manifest or the runtime config (give that file, too).',
    source: '18F practice: cg-deploy-* runtime configs',
    *check(context) {
      const { set } = context;
      const names = required(context);
      if (names.length === 0) return;
      for (const group of running(set.groups)) {
        if (group.kind === 'stub' || group.isErrand) continue;
        const has = carried(set, group);
        const missing = names.filter((name) => !has.some((each) => matches(each, name)));
        if (missing.length > 0)
          yield { at: group.view, what: `${group.name} does not carry ${missing.join(', ')}.` };
      }
    },
  },
  {
    id: 'logging/syslog',
    severity: 'warn',
    what: 'platform logs are not forwarded: no syslog_daemon_config or syslog_forwarder with address, port and transport',
    why: 'The logs of a VM are gone with it, just when they are needed.',
    next: 'Set syslog_daemon_config (address, port, transport), or apply operations/addons/enable-component-syslog.yml.',
    source: 'diego-release manifest-generation: syslog_daemon_config; cf-deployment operations/addons',
    *check({ set }) {
      for (const deployment of set.deployments) {
        const configs = set.properties
          .filter(({ source }) => source === deployment.source)
          .map((properties) => properties.get('syslog_daemon_config'))
          .filter(({ exists }) => exists);
        const forwarders = [
          ...set.addons.flatMap((addon) => addon.get('jobs').items),
          ...set.groups.flatMap(({ jobs }) => jobs),
        ].filter((job) =>
          ['syslog_forwarder', 'syslog_forwarder_windows'].includes(job.get('name').text ?? ''),
        );
        for (const config of configs) {
          if (!config.isUnknown) yield* syslogParts(config, ['address', 'port', 'transport']);
        }
        for (const job of forwarders) {
          const syslog = job.at('properties', 'syslog');
          if (syslog.exists) yield* syslogParts(syslog, ['address', 'port']);
        }
        if (configs.length === 0 && forwarders.length === 0)
          yield { at: deployment, what: 'There is neither syslog_daemon_config nor a syslog_forwarder.' };
      }
    },
  },
  {
    id: 'metrics/loggregator',
    severity: 'warn',
    what: 'a Diego job has no loggregator properties, or its VM no agent',
    why: 'Its metrics (LRPsRunning, CapacityRemainingMemory, ...) do not reach anybody.',
    next: 'Set loggregator.use_v2_api with its certificates on the job, and run a loggregator (metron) agent on the VM.',
    source: 'diego-release jobs/*/spec: loggregator.*; docs/010-metrics.md',
    *check({ set }) {
      for (const group of running(set.groups)) {
        if (group.kind === 'stub' || group.isErrand) continue;
        const jobs = DIEGO_JOBS.filter((job) => group.jobNames.has(job));
        if (jobs.length === 0) continue;
        if (group.kind === 'instance-group') yield* newMetrics(group, jobs);
        if (!carried(set, group).some((name) => METRON.test(name)))
          yield { at: group.view, what: `${group.name} runs no loggregator or metron agent.` };
        else if (group.kind === 'job' && !hasMetronProperties(group))
          yield { at: group.view, what: `${group.name} has no metron_agent and loggregator properties.` };
      }
    },
  },
  {
    id: 'legacy/dea-job',
    severity: 'warn',
    what: 'VMs of the DEA runtime: DEAs, HM9000, runners',
    why: 'Diego has taken their place; they cost VMs and confuse counts of apps.',
    next: 'Delete them once no app has diego: false.',
    source: 'cf-release, Migrating to Diego',
    *check({ set }) {
      const legacy =
        /^(dea|dea_next|dea_logging_agent|hm9000|health_manager|health_manager_next|warden|runner)$/;
      for (const group of set.groups) {
        if (
          group.kind === 'stub' ||
          (running([group]).length === 0 && group.view.get('instances').number === 0)
        )
          continue;
        const job = [...group.jobNames].find((name) => legacy.test(name));
        if (job !== undefined || /^(runner|dea|hm9000)(_z\d+)?$/.test(group.name)) {
          yield { at: group.view, what: `${group.name} runs ${job ?? 'the DEA runtime'}.` };
        }
      }
    },
  },
  {
    id: 'legacy/backend-flags',
    severity: 'warn',
    what: 'flags of the migration from the DEAs: cc.default_to_diego_backend, cc.users_can_select_backend, cc.diego.temporary_*',
    why: 'The Cloud Controller does not read them any more; whoever reads the manifest thinks that there is a choice.',
    next: 'Take them out.',
    source: 'cf-release, Migrating to Diego; capi-release',
    *check({ set }) {
      const places = [...set.properties, ...set.stubs.map((stub) => stub.get('property_overrides'))];
      for (const properties of places) {
        const cc = properties.get('cc');
        for (const key of ['default_to_diego_backend', 'users_can_select_backend']) {
          if (cc.get(key).exists) yield { at: cc.get(key), what: `cc.${key} is still set.` };
        }
        for (const [key, view] of cc.get('diego').entries) {
          if (
            /^temporary_(local|cc_uploader|droplet)/.test(key) ||
            ['nsync_url', 'stager_url', 'tps_url', 'staging', 'running'].includes(key)
          ) {
            yield { at: view, what: `cc.diego.${key} is still set.` };
          }
        }
      }
    },
  },
  {
    id: 'legacy/dea-properties',
    severity: 'warn',
    what: 'properties of the DEA runtime: dea, dea_next, hm9000',
    why: 'No job reads them any more, and some hold passwords.',
    next: 'Take them out.',
    source: 'cf-release, Migrating to Diego',
    *check({ set }) {
      for (const properties of [
        ...set.properties,
        ...set.stubs.map((stub) => stub.get('property_overrides')),
      ]) {
        for (const key of ['dea', 'dea_next', 'hm9000']) {
          if (!properties.get(key).isEmpty)
            yield { at: properties.get(key), what: `${key} properties are still set.` };
        }
      }
    },
  },
];

/** Jobs of cf-deployment's form have their loggregator properties themselves. */
function* newMetrics(group: Group, jobs: readonly string[]): Generator<Hit> {
  for (const job of jobs) {
    const loggregator = property(group, job, 'loggregator');
    const view = group.jobs.find((each) => each.get('name').text === job)!;
    if (loggregator.isEmpty)
      yield { at: view, what: `${job} of ${group.name} has no loggregator properties.` };
    else if (loggregator.get('use_v2_api').boolean === false)
      yield {
        at: loggregator.get('use_v2_api'),
        what: `${job} of ${group.name} does not use the v2 API of loggregator.`,
      };
    else {
      const missing = ['ca_cert', 'cert', 'key'].filter((key) => loggregator.get(key).isEmpty);
      if (missing.length > 0 && !loggregator.isUnknown)
        yield { at: loggregator, what: `${job} of ${group.name}: loggregator lacks ${missing.join(', ')}.` };
    }
  }
}

function hasMetronProperties(group: Group): boolean {
  const metron = property(group, 'metron_agent', 'metron_agent');
  return (
    !metron.isEmpty &&
    ['loggregator', 'metron_endpoint'].some((key) => !property(group, 'metron_agent', key).isEmpty)
  );
}
