import { actionTree, type ActionNode } from '../foundation/action-tree.ts';
import type { InstanceDetail, KeyLabels, LrpDetail } from '../foundation/lrp-detail.ts';
import type { Column } from '../output/record.ts';
import { TextBuilder, type KeyValue, type TreeNode } from '../output/sections.ts';
import type { Terminal } from '../output/terminal.ts';
import { formatMib, formatSince, plural } from '../output/units.ts';
import { liveColumns, liveLevel, stateLevel } from './levels.ts';
import { portText } from './lrps.ts';

/** What of Diego's JSON the text below reads. All of it may be absent. */
interface Definition {
  env?: { name: string; value: string }[];
  setup?: unknown;
  action?: unknown;
  monitor?: unknown;
  check_definition?: { checks?: CheckJson[]; readiness_checks?: CheckJson[] };
  egress_rules?: RuleJson[];
  volume_mounts?: {
    driver: string;
    container_dir: string;
    mode: string;
    shared?: { volume_id: string; mount_config: string };
  }[];
  sidecars?: { action?: unknown; memory_mb: number; disk_mb: number }[];
  image_layers?: { name?: string; url: string; destination_path: string; layer_type: string }[];
  cached_dependencies?: { name: string; from: string; to: string }[];
  routes?: Record<string, unknown> | null;
  network?: { properties?: Record<string, string> };
  log_rate_limit?: { bytes_per_second: number };
  metric_tags?: Record<string, { static?: string; dynamic?: string }> | null;
}

interface CheckJson {
  tcp_check?: { port: number; connect_timeout_ms?: number };
  http_check?: { port: number; path: string; request_timeout_ms?: number };
}

interface RuleJson {
  protocol?: string;
  destinations?: string[];
  ports?: number[];
  port_range?: { start: number; end: number };
  icmp_info?: { type: number; code: number };
  log: boolean;
}

/** @param now Unix milliseconds */
export function lrpDetailText(lrp: LrpDetail, terminal: Terminal, now: number): string {
  const text = new TextBuilder(terminal);
  const definition = lrp as unknown as Definition;
  head(text, lrp);
  text.heading(plural(lrp.actual_lrps.length, 'instance'));
  if (lrp.actual_lrps.length > 0)
    text.table(instanceColumns(now, lrp.live_check !== undefined), lrp.actual_lrps);
  for (const instance of lrp.actual_lrps) troubles(text, instance);
  if (definition.routes) routes(text, definition.routes);
  actions(text, definition);
  checks(text, definition);
  lists(text, definition);
  environment(text, definition);
  text.heading('Key labels').keyValues(labelPairs(lrp));
  return text.toString();
}

function head(text: TextBuilder, lrp: LrpDetail): void {
  const running = lrp.running < lrp.instances ? 'warn' : undefined;
  text
    .heading(`LRP ${lrp.process_guid}`)
    .keyValues([
      ['App', lrp.app_name === null ? null : `${lrp.app_name} (${lrp.app_guid})`],
      ['Organization', lrp.org_name],
      ['Space', lrp.space_name],
      ['Domain', lrp.domain],
      ...(lrp.desired
        ? []
        : [['Desired', 'no longer: its instances go at the next convergence', 'bad'] as KeyValue]),
      ['Instances', `${lrp.running} of ${lrp.instances} run`, running],
      ...(lrp.live_check === undefined
        ? []
        : [['Reps say', lrp.live_check, liveLevel(lrp.live_check)] as KeyValue]),
      ['Memory', formatMib(lrp.memory_mb)],
      ['Disk quota', formatMib(lrp.disk_mb)],
      ['Processes', lrp.max_pids === 0 ? 'no limit' : lrp.max_pids],
      ['Root file system', lrp.rootfs],
      ['Placement tags', lrp.placement_tags],
      ['Volume drivers', lrp.volume_drivers],
      ['Zones', lrp.zones],
      ['Crashes', lrp.crash_count, lrp.crash_count > 0 ? 'warn' : undefined],
      ['Created', lrp.created_at],
      ['Start timeout', lrp.start_timeout_ms === undefined ? null : `${lrp.start_timeout_ms / 1000}s`],
      ['Image user', lrp.image_username],
      ['Image password', lrp.image_password],
      ['Privileged', lrp.privileged],
      ['Ports', lrp.ports],
      [
        'Modification tag',
        lrp.modification_tag && `${lrp.modification_tag.epoch} ${lrp.modification_tag.index}`,
      ],
    ]);
}

function instanceColumns(now: number, live: boolean): Column<InstanceDetail>[] {
  return [
    { name: 'index', description: 'the instance', heading: 'IDX' },
    { name: 'state', description: 'its state', level: ({ state }) => stateLevel(state) },
    ...(live ? liveColumns<InstanceDetail>() : []).filter(({ show }) => show === undefined),
    { name: 'presence', description: 'its presence' },
    { name: 'cell_id', description: 'its cell', shorten: 'guid' },
    { name: 'availability_zone', description: 'its zone', heading: 'ZONE' },
    { name: 'since', description: 'how long', text: ({ since }) => formatSince(since, now), align: 'right' },
    { name: 'address', description: 'the address of the cell' },
    { name: 'ports', description: 'ports', text: ({ ports }) => ports.map(portText).join(',') || '-' },
    { name: 'instance_address', description: 'its own address' },
    { name: 'crash_count', description: 'crashes', heading: 'CRASHES' },
  ];
}

function troubles(
  text: TextBuilder,
  { index, placement_error: placement, crash_reason: reason }: InstanceDetail,
): void {
  if (placement !== '') text.text(`Instance ${index} has no place: ${placement}`, 'bad');
  if (reason !== '') text.text(`Instance ${index} crashed: ${reason}`, 'warn');
}

function routes(text: TextBuilder, all: Record<string, unknown>): void {
  text
    .heading('Routes')
    .keyValues(Object.entries(all).map(([router, route]) => [router, JSON.stringify(route)]));
}

function actions(text: TextBuilder, { setup, action, monitor, sidecars }: Definition): void {
  const nodes: TreeNode[] = [];
  const add = (label: string, json: unknown) => {
    if (json !== undefined) nodes.push({ label, children: [asTree(actionTree(json))] });
  };
  add('setup', setup);
  add('action', action);
  add('monitor', monitor);
  for (const sidecar of sidecars ?? []) {
    add(
      `sidecar (${formatMib(sidecar.memory_mb)} of memory, ${formatMib(sidecar.disk_mb)} of disk)`,
      sidecar.action,
    );
  }
  if (nodes.length > 0) text.heading('Actions').tree(nodes);
}

function asTree({ label, children }: ActionNode): TreeNode {
  return { label, children: children.map(asTree) };
}

function checks(text: TextBuilder, { check_definition: definition }: Definition): void {
  const line = (kind: string) => (check: CheckJson) => {
    if (check.http_check) return `${kind}: HTTP ${check.http_check.port}${check.http_check.path}`;
    return `${kind}: TCP ${check.tcp_check?.port}`;
  };
  const lines = [
    ...(definition?.checks ?? []).map(line('healthy when')),
    ...(definition?.readiness_checks ?? []).map(line('ready when')),
  ];
  if (lines.length > 0) text.heading('Checks').list(lines);
}

function lists(text: TextBuilder, definition: Definition): void {
  const section = (heading: string, lines: string[] | undefined) => {
    if (lines !== undefined && lines.length > 0) text.heading(heading).list(lines);
  };
  section(
    'Volume mounts',
    definition.volume_mounts?.map(
      (mount) =>
        `${mount.driver}: ${mount.container_dir} (${mount.mode})${mount.shared === undefined ? '' : ` ${mount.shared.volume_id} ${mount.shared.mount_config}`}`,
    ),
  );
  section('Egress rules', definition.egress_rules?.map(ruleText));
  section(
    'Image layers',
    definition.image_layers?.map((layer) => `${layer.layer_type} ${layer.url} to ${layer.destination_path}`),
  );
  section(
    'Cached dependencies',
    definition.cached_dependencies?.map((dependency) => `${dependency.from} to ${dependency.to}`),
  );
}

function ruleText(rule: RuleJson): string {
  const ports = [
    ...(rule.ports ?? []).map(String),
    ...(rule.port_range ? [`${rule.port_range.start}-${rule.port_range.end}`] : []),
  ];
  const icmp = rule.icmp_info ? ` type ${rule.icmp_info.type} code ${rule.icmp_info.code}` : '';
  return `${rule.protocol ?? 'all'} to ${(rule.destinations ?? []).join(', ')}${ports.length > 0 ? ` ports ${ports.join(', ')}` : ''}${icmp}${rule.log ? ', logged' : ''}`;
}

function environment(text: TextBuilder, { env }: Definition): void {
  if (env !== undefined && env.length > 0) {
    text.heading('Environment').keyValues(env.map(({ name, value }) => [name, value]));
  }
}

function labelPairs(lrp: LrpDetail): KeyValue[] {
  const pairs = Object.entries(lrp.key_labels).map(([column, label]): KeyValue => [column, label]);
  const counts = new Map<string, number>();
  for (const { key_labels: labels } of lrp.actual_lrps) {
    for (const text of labelTexts(labels)) counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return [
    ...pairs,
    ...Array.from(counts, ([text, count]): KeyValue => [
      `instances' ${text.split(' ')[0]!}`,
      `${text.split(' ')[1]!} (${count})`,
    ]),
  ];
}

function labelTexts(labels: KeyLabels): string[] {
  return Object.entries(labels).map(([column, label]) => `${column} ${label ?? '-'}`);
}
