import type { Cell } from './types.ts';

/** What a cell offers as root file systems, by scheme: any path, or these stacks. */
export function rootfsOf(cell: Cell): Map<string, 'any' | Set<string>> {
  return new Map(
    cell.rootfs_providers.map(({ name, properties }) => [
      name,
      properties === undefined ? 'any' : new Set(properties),
    ]),
  );
}
