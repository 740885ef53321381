import type { LockRow } from '../store/locks.ts';
import type { Gaps } from './gaps.ts';
import type { Resources, RootfsProvider } from './types.ts';

/** What a cell says about itself in Locket (bbs/models CellPresence). */
export interface CellPresence {
  cell_id: string;
  rep_address: string;
  rep_url: string;
  zone: string;
  capacity: Resources;
  rootfs_providers: RootfsProvider[];
  placement_tags: string[];
  optional_placement_tags: string[];
}

interface PresenceJson {
  cell_id?: unknown;
  rep_address?: unknown;
  rep_url?: unknown;
  zone?: unknown;
  capacity?: { memory_mb?: unknown; disk_mb?: unknown; containers?: unknown };
  rootfs_provider_list?: unknown;
  placement_tags?: unknown;
  optional_placement_tags?: unknown;
}

/** The presences of cells among Locket's rows. Other components have presences too (service discovery); theirs name no cell. */
export function cellPresences(rows: readonly LockRow[], gaps: Gaps): CellPresence[] {
  const presences: CellPresence[] = [];
  for (const row of rows) {
    if (row.type !== 'presence') continue;
    const json = parsed(row.value);
    if (json === undefined) {
      gaps.add(`presence ${row.path}`, 'its value is not JSON');
    } else if (typeof json.cell_id === 'string' && json.capacity !== undefined) {
      presences.push(cellPresence(json));
    }
  }
  return presences;
}

/** A presence out of JSON, tolerant of what an older or newer rep leaves out. */
export function cellPresence(json: PresenceJson): CellPresence {
  return {
    cell_id: text(json.cell_id),
    rep_address: text(json.rep_address),
    rep_url: text(json.rep_url),
    zone: text(json.zone),
    capacity: {
      memory_mb: number(json.capacity?.memory_mb),
      disk_mb: number(json.capacity?.disk_mb),
      containers: number(json.capacity?.containers),
    },
    rootfs_providers: (Array.isArray(json.rootfs_provider_list)
      ? (json.rootfs_provider_list as unknown[])
      : []
    )
      .filter((provider) => typeof provider === 'object' && provider !== null)
      .map((provider) => {
        const { name, properties } = provider as { name?: unknown; properties?: unknown };
        return Array.isArray(properties)
          ? { name: text(name), properties: texts(properties) }
          : { name: text(name) };
      }),
    placement_tags: texts(json.placement_tags),
    optional_placement_tags: texts(json.optional_placement_tags),
  };
}

function parsed(value: string): PresenceJson | undefined {
  try {
    const json: unknown = JSON.parse(value);
    return typeof json === 'object' && json !== null ? json : {};
  } catch {
    return undefined;
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function number(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
