import { readWhatIf } from '../../src/lib/sizing/what-if.ts';
import {
  DEFAULT_QUESTION,
  sizing,
  type SizingQuestion,
  type SizingReport,
} from '../../src/lib/sizing/sizing.ts';
import { SNAPSHOT_SCHEMA, type Cell, type Foundation } from '../../src/lib/foundation/types.ts';

export const TAKEN_AT = '2026-11-22T16:06:10Z';
const NOW = Date.parse('2026-11-22T17:06:10Z');

/** Asks, with everything that is not said as the command has it, but few seeds. */
export function ask(foundation: Foundation, question: Partial<SizingQuestion>): Promise<SizingReport> {
  return sizing(foundation, { ...DEFAULT_QUESTION, seeds: 3, ...question }, NOW);
}

/** The `--add` flags of a plan. */
export function addFlags(cells: readonly { zone: string; pool: string; count: number }[]): string[] {
  return cells.filter(({ count }) => count > 0).map(({ zone, pool, count }) => `${zone}:${count}:${pool}`);
}

/**
 * Two zones as 18F had them: 4 + 4 shared cells of 32 GiB and 1 + 1 isolated ones of 16 GiB. 96 shared apps with two
 * instances of 1 GiB put 24 GiB on each shared cell; 5 isolated ones with two of 2 GiB put 10 GiB on each isolated cell.
 */
export async function twoZones(): Promise<Foundation> {
  const { foundation } = await readWhatIf(TWO_ZONES, 'two-zones.yml', TAKEN_AT);
  return foundation;
}

export const TWO_ZONES = `
proxy_memory_mb: 0
cells:
  - { zones: [z1, z2], count: 4, memory_mb: 32768, disk_mb: 131072 }
  - { zones: [z1, z2], count: 1, memory_mb: 16384, disk_mb: 131072, placement_tags: [isolated] }
apps:
  - { name: web, count: 96, instances: 2, memory_mb: 1024, disk_mb: 1024 }
  - { name: secret, count: 5, instances: 2, memory_mb: 2048, disk_mb: 1024, placement_tags: [isolated] }
`;

export interface Running {
  process_guid: string;
  index: number;
  memory_mb: number;
  disk_mb?: number;
  cell_id: string;
}

/** A foundation by hand: cells with their memory, and what runs where. */
export function byHand(
  cells: readonly { cell_id: string; zone: string; memory_mb: number }[],
  running: readonly Running[],
): Foundation {
  const processes = new Map(running.map((each) => [each.process_guid, each]));
  return {
    schema: SNAPSHOT_SCHEMA,
    taken_at: TAKEN_AT,
    source: 'store',
    cells: cells.map(({ cell_id, zone, memory_mb }): Cell => {
      const held = running.filter((each) => each.cell_id === cell_id);
      return {
        cell_id,
        zone,
        state: 'present',
        rep_url: '',
        rep_address: '',
        capacity: { memory_mb, disk_mb: 65_536, containers: 100 },
        allocated: {
          memory_mb: held.reduce((sum, each) => sum + each.memory_mb, 0),
          disk_mb: held.reduce((sum, each) => sum + (each.disk_mb ?? 64), 0),
          containers: held.length,
        },
        rootfs_providers: [{ name: 'preloaded', properties: ['cflinuxfs4'] }],
        placement_tags: [],
        optional_placement_tags: [],
        volume_drivers: [],
      };
    }),
    desired_lrps: [...processes.values()].map((each) => ({
      process_guid: each.process_guid,
      domain: 'cf-apps',
      log_guid: '',
      instances: running.filter((other) => other.process_guid === each.process_guid).length,
      memory_mb: each.memory_mb,
      disk_mb: each.disk_mb ?? 64,
      max_pids: 0,
      rootfs: 'preloaded:cflinuxfs4',
      placement_tags: [],
      volume_drivers: [],
      app_guid: null,
      app_name: null,
      org_name: null,
      space_name: null,
    })),
    actual_lrps: running.map((each) => ({
      process_guid: each.process_guid,
      index: each.index,
      presence: 'ordinary' as const,
      domain: 'cf-apps',
      state: 'RUNNING' as const,
      instance_guid: '',
      cell_id: each.cell_id,
      availability_zone: '',
      since: null,
      crash_count: 0,
      crash_reason: '',
      placement_error: '',
      routable: true,
    })),
    tasks: [],
    domains: [],
    gaps: [],
  };
}
