import type { Gap } from './types.ts';

/** Collects what could not be read. The same reason at the same place is one gap with a count. */
export class Gaps {
  readonly #gaps: Gap[] = [];
  readonly #counts = new Map<string, { what: string; reason: string; count: number }>();

  add(what: string, why: string): void {
    if (!this.#gaps.some((gap) => gap.what === what && gap.why === why)) this.#gaps.push({ what, why });
  }

  /** One more value of a column that could not be read, and why. */
  count(what: string, reason: string): void {
    const key = `${what}\n${reason}`;
    const known = this.#counts.get(key);
    if (known === undefined) this.#counts.set(key, { what, reason, count: 1 });
    else known.count++;
  }

  /** Columns that the store's release has not got. */
  missingColumns(table: string, columns: readonly string[]): void {
    for (const column of columns) {
      if (OPTIONAL_COLUMNS.has(`${table}.${column}`)) continue;
      this.add(`${table}.${column}`, "this store's release has no such column");
    }
  }

  list(): Gap[] {
    const counted = Array.from(this.#counts.values(), ({ what, reason, count }) => ({
      what,
      why: `${count === 1 ? '1 value' : `${count} values`}: ${reason}`,
    }));
    return [...this.#gaps, ...counted];
  }
}

/** Came with a late release and has a default: its absence takes nothing from an answer. */
const OPTIONAL_COLUMNS = new Set(['desired_lrps.update_strategy', 'actual_lrps.presence']);

/** A gap as one line for stderr. */
export function gapLine({ what, why }: Gap): string {
  return `Missing: ${what}: ${why}.`;
}
