import type { ActualLrpRow } from './actual-lrp-json.ts';
import type { ActualLrp, DesiredLrp, Foundation } from './types.ts';

/** The instances of a desired LRP, added up. States are counted over ordinary instances. */
export interface InstanceCounts {
  running: number;
  claimed: number;
  unclaimed: number;
  crashed: number;
  suspect: number;
  evacuating: number;
  /** Desired, but without an ordinary instance in any state. */
  missing: number;
  /** Of all instances together. */
  crash_count: number;
  /** Where its instances are. */
  zones: string[];
  placement_errors: string[];
}

/** A line of `cgdiego lrps`. */
export interface LrpSummary extends DesiredLrp, InstanceCounts {}

/**
 * A desired LRP with everything that the BBS stores about it and its instances: `lrps -o ndjson`. What is in the run info
 * (env, action, routes and so on) has the names and the shape of Diego's own JSON.
 */
export interface LrpRow extends LrpSummary {
  annotation?: string;
  modification_tag?: { epoch: string; index: number };
  update_strategy?: string | null;
  routes?: unknown;
  volume_placement?: { driver_names: string[] } | null;
  metric_tags?: unknown;
  env?: unknown;
  setup?: unknown;
  action?: unknown;
  monitor?: unknown;
  privileged?: boolean;
  cpu_weight?: number;
  ports?: number[];
  egress_rules?: unknown;
  log_source?: string;
  metrics_guid?: string;
  created_at?: string | null;
  cached_dependencies?: unknown;
  legacy_download_user?: string;
  trusted_system_certificates_path?: string;
  volume_mounts?: unknown;
  network?: unknown;
  start_timeout_ms?: number;
  certificate_properties?: unknown;
  image_username?: string;
  image_password?: string;
  check_definition?: unknown;
  image_layers?: unknown;
  sidecars?: unknown;
  log_rate_limit?: unknown;
  volume_mounted_files?: unknown;
  actual_lrps?: ActualLrpRow[];
  unreadable?: string[];
  /** With `--live`: how many of its instances the reps have, and whether the store implies that. */
  on_reps?: number;
  live_check?: string;
}

/** The fields of {@link LrpRow} that need the whole row, decrypted. */
export const DEFINITION_FIELDS = [
  'annotation',
  'modification_tag',
  'update_strategy',
  'routes',
  'volume_placement',
  'metric_tags',
  'env',
  'setup',
  'action',
  'monitor',
  'privileged',
  'cpu_weight',
  'ports',
  'egress_rules',
  'log_source',
  'metrics_guid',
  'created_at',
  'cached_dependencies',
  'legacy_download_user',
  'trusted_system_certificates_path',
  'volume_mounts',
  'network',
  'start_timeout_ms',
  'certificate_properties',
  'image_username',
  'image_password',
  'check_definition',
  'image_layers',
  'sidecars',
  'log_rate_limit',
  'volume_mounted_files',
  'unreadable',
] as const satisfies readonly (keyof LrpRow)[];

/** The rows of `cgdiego lrps` out of a snapshot in memory. */
export function lrpSummaries({
  desired_lrps,
  actual_lrps,
}: Pick<Foundation, 'desired_lrps' | 'actual_lrps'>): LrpSummary[] {
  const instances = new Map<string, ActualLrp[]>();
  for (const lrp of actual_lrps) {
    const list = instances.get(lrp.process_guid);
    if (list === undefined) instances.set(lrp.process_guid, [lrp]);
    else list.push(lrp);
  }
  return desired_lrps.map((lrp) => ({
    ...lrp,
    ...instanceCounts(lrp, instances.get(lrp.process_guid) ?? []),
  }));
}

export function instanceCounts(
  desired: Pick<DesiredLrp, 'instances'>,
  actual: readonly ActualLrp[],
): InstanceCounts {
  const ordinary = actual.filter(({ presence }) => presence === 'ordinary');
  const inState = (state: ActualLrp['state']) => ordinary.filter((lrp) => lrp.state === state).length;
  const distinct = (values: readonly string[]) => [...new Set(values.filter((value) => value !== ''))].sort();
  return {
    running: inState('RUNNING'),
    claimed: inState('CLAIMED'),
    unclaimed: inState('UNCLAIMED'),
    crashed: inState('CRASHED'),
    suspect: actual.filter(({ presence }) => presence === 'suspect').length,
    evacuating: actual.filter(({ presence }) => presence === 'evacuating').length,
    missing: Math.max(0, desired.instances - ordinary.length),
    crash_count: actual.reduce((sum, { crash_count }) => sum + crash_count, 0),
    zones: distinct(
      actual.map(({ cell_id, availability_zone }) => (cell_id === '' ? '' : availability_zone)),
    ),
    placement_errors: distinct(actual.map(({ placement_error }) => placement_error)),
  };
}
