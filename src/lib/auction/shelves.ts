import type { CellTable, ScoringOrder } from './cell-table.ts';

/** Cells of one zone that offer the same, in the order of their leaves. */
export interface Shelf {
  zone: number;
  kind: number;
  rows: number[];
}

/** Cells by zone and kind; within a shelf those of one capacity together, and these in the order of scoring. */
export function shelvesOf(cells: CellTable, order: ScoringOrder, capacityOf: Int32Array): Shelf[] {
  const shelves = new Map<string, Shelf>();
  order.members.forEach((members, zone) => {
    for (const row of members) {
      const kind = cells.kind[row]!;
      const shelf = shelves.get(`${zone},${kind}`) ?? { zone, kind, rows: [] };
      shelves.set(`${zone},${kind}`, shelf);
      shelf.rows.push(row);
    }
  });
  for (const { rows } of shelves.values()) {
    rows.sort((a, b) => capacityOf[a]! - capacityOf[b]! || order.rank[a]! - order.rank[b]!);
  }
  return [...shelves.values()];
}

/** How many leaves a tree has over so many cells: a power of two. */
export function leavesFor(cells: number): number {
  let leaves = 1;
  while (leaves < cells) leaves *= 2;
  return leaves;
}
