import { readFileSync, readdirSync } from 'node:fs';

const FIXTURES = new URL('../fixtures/foundation/', import.meta.url);

/**
 * What the real components printed for the fixture's moment. Numbers that a float64 cannot hold (Unix nanoseconds) are kept as
 * text.
 */
export function cfdot<T = Record<string, unknown>>(name: string): T[] {
  return readFileSync(new URL(`cfdot/${name}.ndjson`, FIXTURES), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line.replace(/:(\d{16,})([,}])/g, ':"$1"$2')) as T);
}

/** A rep's `/state`, as far as the tests look at it. */
export interface CapturedState {
  rep_url: string;
  cell_id: string;
  Zone: string;
  Evacuating: boolean;
  AvailableResources: { MemoryMB: number; DiskMB: number; Containers: number };
  TotalResources: { MemoryMB: number; DiskMB: number; Containers: number };
  LRPs: { instance_guid: string; process_guid: string; index: number; MemoryMB: number; DiskMB: number }[];
  Tasks: unknown[];
  PlacementTags: string[] | null;
  VolumeDrivers: string[] | null;
  ProxyMemoryAllocationMB: number;
}

export function repStates(): CapturedState[] {
  return readdirSync(new URL('rep-state/', FIXTURES))
    .sort()
    .map((name) => JSON.parse(readFileSync(new URL(`rep-state/${name}`, FIXTURES), 'utf8')) as CapturedState);
}
