import type { ActualLrpRow } from '../foundation/actual-lrp-json.ts';
import { DEFINITION_FIELDS, type LrpRow } from '../foundation/lrp-rows.ts';
import { defineRecord, type Column, type RecordType } from '../output/record.ts';
import { formatSince } from '../output/units.ts';
import { liveColumns, liveLevel, stateLevel } from './levels.ts';

/** What needs attention stands on the left, so that a terminal of 80 columns shows it. */
const SUMMARY: readonly Column<LrpRow>[] = [
  { name: 'process_guid', description: 'the LRP', shorten: 'guid' },
  { name: 'app_name', description: 'the app, from the metric tags', heading: 'APP' },
  { name: 'instances', description: 'instances that are desired', heading: 'DESIRED' },
  {
    name: 'running',
    description: 'ordinary instances that run',
    level: (row) => (row.running < row.instances ? 'warn' : undefined),
  },
  {
    name: 'unclaimed',
    description: 'ordinary instances that wait for a place',
    level: (row) => (row.unclaimed > 0 ? 'warn' : undefined),
  },
  {
    name: 'crash_count',
    description: 'crashes of all its instances together',
    heading: 'CRASHES',
    level: (row) => (row.crash_count > 0 ? 'warn' : undefined),
  },
  {
    name: 'placement_errors',
    description: 'why the auction found no place',
    heading: 'PLACEMENT',
    atLeast: 16,
    level: (row) => (row.placement_errors.length > 0 ? 'bad' : undefined),
    text: (row) => (row.placement_errors.length === 0 ? '-' : row.placement_errors.join('; ')),
  },
  {
    name: 'crashed',
    description: 'ordinary instances that wait after a crash',
    level: (row) => (row.crashed > 0 ? 'bad' : undefined),
  },
  { name: 'claimed', description: 'ordinary instances that are being started' },
  {
    name: 'suspect',
    description: 'instances whose cell has lost its presence',
    show: 'wide',
    level: (row) => (row.suspect > 0 ? 'warn' : undefined),
  },
  { name: 'evacuating', description: 'instances that stay until their replacement runs', show: 'wide' },
  { name: 'missing', description: 'desired instances without a row', show: 'wide' },
  { name: 'memory_mb', description: 'memory of one instance, MiB', heading: 'MEM_MB' },
  { name: 'disk_mb', description: 'disk quota of one instance, MiB', heading: 'DISK_MB' },
  { name: 'max_pids', description: 'processes of one instance', show: 'hidden' },
  { name: 'zones', description: 'zones in which it has instances' },
  { name: 'org_name', description: 'its organization', heading: 'ORG' },
  { name: 'space_name', description: 'its space', heading: 'SPACE' },
  { name: 'app_guid', description: "the app's guid", show: 'wide', shorten: 'guid' },
  { name: 'domain', description: 'the domain that keeps it', show: 'wide' },
  { name: 'rootfs', description: 'its root file system', show: 'wide' },
  { name: 'placement_tags', description: 'tags that a cell must have', show: 'wide', heading: 'TAGS' },
  { name: 'volume_drivers', description: 'volume drivers that it needs', show: 'wide' },
  { name: 'log_guid', description: 'the guid under which it logs', show: 'hidden' },
];

/** The lines of `cgdiego lrps`, as far as they are plain columns: for csv. */
export const LRP_SUMMARY_RECORD = defineRecord<LrpRow>({
  name: 'LRP',
  plural: 'lrps',
  id: 'process_guid',
  columns: SUMMARY,
});

const DEFINITION: readonly Column<LrpRow>[] = DEFINITION_FIELDS.map((name) => ({
  name,
  description:
    name === 'unreadable'
      ? 'columns of the row that could not be decrypted'
      : `${name} as Diego's own JSON has it`,
  show: 'hidden' as const,
}));

/** The same with everything that the BBS stores: for json, ndjson, yaml and --columns. */
export const LRP_RECORD = defineRecord<LrpRow>({
  ...LRP_SUMMARY_RECORD,
  columns: [
    ...SUMMARY,
    ...DEFINITION,
    { name: 'actual_lrps', description: 'its instances, as lrps --instances lists them', show: 'hidden' },
  ],
});

/** With what the reps say. */
export function liveSummaryRecord(type: RecordType<LrpRow>): RecordType<LrpRow> {
  const at = type.columns.findIndex(({ name }) => name === 'running') + 1;
  const columns = type.columns.toSpliced(at, 0, {
    name: 'live_check',
    description: 'whether the reps agree with the store, and where they differ',
    heading: 'REPS',
    atLeast: 16,
    level: (row) => liveLevel(row.live_check),
  });
  return defineRecord<LrpRow>({
    ...type,
    columns: [
      ...columns,
      { name: 'on_reps', description: 'how many of its instances the reps have', show: 'hidden' },
    ],
  });
}

/** What the row of a desired LRP has beside its definition. */
const FULL_FIELDS = new Set<string>([
  'process_guid',
  'domain',
  'log_guid',
  'instances',
  'memory_mb',
  'disk_mb',
  'max_pids',
  'rootfs',
  'placement_tags',
]);
const FULL_TABLE = ['process_guid', 'instances', 'memory_mb', 'disk_mb', 'rootfs', 'created_at'];

/** `lrps --full`: the desired LRPs as the BBS stores them, without their instances. */
export const LRP_FULL_RECORD = defineRecord<LrpRow>({
  ...LRP_SUMMARY_RECORD,
  columns: [
    ...SUMMARY.filter(({ name }) => FULL_FIELDS.has(name)).map((column) => ({
      ...column,
      show: FULL_TABLE.includes(column.name) ? ('always' as const) : ('hidden' as const),
    })),
    ...DEFINITION.map((column) => ({
      ...column,
      show: FULL_TABLE.includes(column.name) ? ('always' as const) : ('hidden' as const),
    })),
  ],
});

/**
 * @param now Unix milliseconds
 * @param live whether the reps were asked, too
 */
export function instanceRecord(now: number, live: boolean) {
  return defineRecord<ActualLrpRow>({
    name: 'instance',
    plural: 'instances',
    id: (row) => `${row.process_guid}/${row.index}`,
    columns: [
      { name: 'process_guid', description: 'the LRP', shorten: 'guid' },
      { name: 'index', description: 'the index of the instance', heading: 'IDX' },
      {
        name: 'state',
        description:
          'UNCLAIMED, CLAIMED, RUNNING, CRASHED; in a table with its presence, unless that is ordinary',
        atLeast: 19,
        text: (row) => (row.presence === 'ordinary' ? row.state : `${row.state}, ${row.presence}`),
        level: (row) => stateLevel(row.state) ?? (row.presence === 'ordinary' ? undefined : 'warn'),
      },
      ...(live ? liveColumns<ActualLrpRow>() : []),
      { name: 'cell_id', description: 'the cell that it is on', shorten: 'guid' },
      { name: 'availability_zone', description: 'its zone', heading: 'ZONE' },
      {
        name: 'since',
        description: 'when it entered its state, RFC 3339',
        text: (row) => formatSince(row.since, now),
        align: 'right',
      },
      {
        name: 'crash_count',
        description: 'how often it crashed',
        heading: 'CRASHES',
        level: (row) => (row.crash_count > 0 ? 'warn' : undefined),
      },
      {
        name: 'crash_reason',
        description: 'the reason of its last crash; it is never cleared',
        show: 'wide',
      },
      {
        name: 'placement_error',
        description: 'why the auction found no place',
        heading: 'PLACEMENT',
        atLeast: 16,
        level: () => 'bad',
      },
      {
        name: 'presence',
        description: 'ordinary; evacuating; suspect: its cell has lost its presence',
        show: 'wide',
        level: (row) => (row.presence === 'ordinary' ? undefined : 'warn'),
      },
      { name: 'address', description: "the cell's address", show: 'wide' },
      {
        name: 'ports',
        description: 'container ports and the host ports that lead to them',
        show: 'wide',
        text: (row) => row.ports.map(portText).join(',') || '-',
      },
      { name: 'instance_address', description: "the container's own address", show: 'wide' },
      { name: 'instance_guid', description: 'the instance', show: 'wide', shorten: 'guid' },
      { name: 'domain', description: 'the domain', show: 'hidden' },
      { name: 'routable', description: 'whether its readiness check passes', show: 'wide' },
      { name: 'preferred_address', description: 'HOST or INSTANCE', show: 'hidden' },
      { name: 'modification_tag', description: 'epoch and index', show: 'hidden' },
      { name: 'actual_lrp_internal_routes', description: 'internal host names', show: 'hidden' },
      { name: 'metric_tags', description: 'its metric tags', show: 'hidden' },
      { name: 'unreadable', description: 'columns of the row that could not be decrypted', show: 'hidden' },
    ],
  });
}

/** `8080:61002`, and behind it the ports of the proxy. */
export function portText(port: ActualLrpRow['ports'][number]): string {
  const tls =
    port.container_tls_proxy_port > 0
      ? ` (TLS ${port.container_tls_proxy_port}:${port.host_tls_proxy_port})`
      : '';
  return `${port.container_port}:${port.host_port}${tls}`;
}
