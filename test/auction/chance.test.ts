import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { batchOf, readCase, type BatchCase } from '../../bench/golden-case.ts';
import { runAuction } from '../../src/lib/auction/auction.ts';

const CASES = fileURLToPath(new URL('../fixtures/auction/', import.meta.url));
const cases = readdirSync(CASES)
  .filter((file) => file.endsWith('.json'))
  .map((file) => readCase(CASES + file) as BatchCase);

/** What came of a case over many seeds, as the fixtures tell it of the unmodified scheduler. */
function drawn(golden: BatchCase, seeds: number) {
  const input = batchOf(golden);
  const zoneOf = new Map(input.cells.map((cell) => [cell.cellId, cell.zone]));
  const placed: number[] = [];
  const errors: Record<string, number>[] = [];
  const zones: Record<string, number>[] = [];
  const cells = new Map<string, Set<string>>();
  for (let seed = 1; seed <= seeds; seed++) {
    const round = runAuction({ ...input, seed });
    const placements = [
      ...round.placements.map(
        ({ processGuid, index, cellId }) => [`${processGuid}.${index}`, cellId] as const,
      ),
      ...round.taskPlacements.map(({ taskGuid, cellId }) => [taskGuid, cellId] as const),
    ];
    placed.push(placements.length);
    const counted = (keys: readonly string[]) => {
      const counts: Record<string, number> = {};
      for (const key of keys) counts[key] = (counts[key] ?? 0) + 1;
      return counts;
    };
    errors.push(counted([...round.failed, ...round.failedTasks].map((each) => each.placementError)));
    zones.push(counted(placements.map(([, cellId]) => zoneOf.get(cellId)!)));
    for (const [key, cellId] of placements) cells.set(key, (cells.get(key) ?? new Set()).add(cellId));
  }
  return { placed, errors, zones, cells };
}

const small = cases.filter(({ equivalence }) => equivalence.possible_cells !== undefined);
const large = cases.filter(({ equivalence }) => equivalence.possible_cells === undefined);

describe('drawn ties', () => {
  it.each(small.map((golden) => [golden.name, golden] as const))(
    '%s comes out as it can in Diego',
    (_, golden) => {
      const { equivalence } = golden;
      const { placed, errors, zones, cells } = drawn(golden, 300);
      const within = (
        counts: readonly Record<string, number>[],
        ranges: Record<string, [number, number]>,
      ) => {
        for (const key of new Set([...Object.keys(ranges), ...counts.flatMap((each) => Object.keys(each))])) {
          const values = counts.map((each) => each[key] ?? 0);
          const [least, most] = ranges[key] ?? [0, 0];
          expect(Math.min(...values), key).toBeGreaterThanOrEqual(least);
          expect(Math.max(...values), key).toBeLessThanOrEqual(most);
        }
      };
      expect([Math.min(...placed), Math.max(...placed)]).toEqual(equivalence.placed_count_min_max);
      within(errors, equivalence.failed_by_error_min_max);
      within(zones, equivalence.per_zone_placed_min_max);
      // Every cell that an instance can come to in Diego is drawn, and no other.
      const possible = equivalence.possible_cells!;
      expect(Object.fromEntries([...cells].map(([key, ids]) => [key, [...ids].sort()]))).toEqual(
        Object.fromEntries(Object.entries(possible).map(([key, ids]) => [key, [...ids].sort()])),
      );
    },
  );

  it.each(large.map((golden) => [golden.name, golden] as const))(
    '%s places as many as Diego does',
    (_, golden) => {
      const { placed } = drawn(golden, 41);
      const [least, most] = golden.equivalence.placed_count_min_max;
      const middle = placed.sort((a, b) => a - b)[20]!;
      expect(middle).toBeGreaterThanOrEqual(least);
      expect(middle).toBeLessThanOrEqual(most);
      expect(placed.at(-1)! - placed[0]!).toBeLessThanOrEqual(2 * (most - least));
    },
  );
});
