import type { Cell, Foundation } from '../foundation/types.ts';

/** cf-deployment's and diego-release's default (`containers.proxy.additional_memory_allocation_mb`). */
export const DEFAULT_PROXY_MEMORY_MB = 32;

/** How much memory a rep adds to every LRP for its proxy, and how that is known. */
export interface ProxyMemory {
  of(cell: Cell): number;
  /** The figure where it is the same on all cells; `null` where reps differ. */
  memory_mb: number | null;
  known_by: 'flag' | 'reps' | 'assumed' | 'concluded';
  /** Why, in a sentence. */
  why: string;
}

/**
 * Reps say it; the store does not. Without reps the usual 32 MB are assumed, unless that cannot be: a cell whose instances
 * fill it so that their proxies have no room shows that there are none.
 */
export function proxyMemory(foundation: Foundation, given: number | undefined): ProxyMemory {
  if (given !== undefined) {
    return { of: () => given, memory_mb: given, known_by: 'flag', why: 'As given with --proxy-memory.' };
  }
  const stated = foundation.cells.flatMap(({ live }) =>
    live !== undefined && 'proxy_memory_mb' in live ? [live.proxy_memory_mb] : [],
  );
  if (stated.length > 0) {
    const same = stated.every((each) => each === stated[0]);
    return {
      of: ({ live }) =>
        live !== undefined && 'proxy_memory_mb' in live ? live.proxy_memory_mb : Math.max(...stated),
      memory_mb: same ? stated[0]! : null,
      known_by: 'reps',
      why: 'As the reps say.',
    };
  }

  const instances = new Map<string, number>();
  for (const { cell_id } of foundation.actual_lrps) {
    if (cell_id !== '') instances.set(cell_id, (instances.get(cell_id) ?? 0) + 1);
  }
  const full = foundation.cells.find(({ cell_id, capacity, allocated }) => {
    const held = instances.get(cell_id) ?? 0;
    return (
      capacity !== null &&
      capacity.memory_mb > 0 &&
      held > 0 &&
      allocated.memory_mb + held * DEFAULT_PROXY_MEMORY_MB > capacity.memory_mb
    );
  });
  if (full !== undefined) {
    return {
      of: () => 0,
      memory_mb: 0,
      known_by: 'concluded',
      why: `Cell ${full.cell_id} has no room for ${DEFAULT_PROXY_MEMORY_MB} MB more for each of its ${instances.get(full.cell_id)!} LRPs, so they have no proxies; --live or --proxy-memory says for certain.`,
    };
  }
  return {
    of: () => DEFAULT_PROXY_MEMORY_MB,
    memory_mb: DEFAULT_PROXY_MEMORY_MB,
    known_by: 'assumed',
    why: `The store does not say; ${DEFAULT_PROXY_MEMORY_MB} MB is cf-deployment's default. --live or --proxy-memory says for certain.`,
  };
}
