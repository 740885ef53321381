import type { Capacity } from '../auction/types.ts';
import type { ResourceFigures } from './capacity.ts';
import type { LossReport } from './loss-report.ts';
import type { Loss } from './loss.ts';
import type { Pool } from './pools.ts';
import { zonesOf } from './question.ts';
import { cellsToAdd, type Addition } from './search.ts';
import { Simulations, type Search } from './simulations.ts';
import { cellsToSpare } from './spare.ts';
import type { CellGroup } from './world.ts';

export interface CellsReport {
  zone: string;
  pool: string;
  count: number;
  cell_size: ResourceFigures;
}

export interface AdditionReport {
  /** The zone whose loss it is for; `null`: for each of those that were asked about. */
  for_loss_of: string | null;
  cells: CellsReport[];
  total: number;
  /** With them the loss is survivable in the canonical run and with every seed. */
  verified: boolean;
  /** Every way of having one cell fewer was simulated, and fails in some run. */
  one_fewer_fails: boolean;
  /** Instances that fit on no cell of that size: no number of cells helps. */
  impossible: { process_guid: string; app_name: string | null; memory_mb: number; disk_mb: number }[];
  /** More cells placed fewer instances somewhere on the way: the auction is greedy. */
  non_monotone: boolean;
  /** Where one cell more would leave instances without a place again; looked at for the first answer. */
  one_more_fails: { zone: string; pool: string }[];
  simulations: number;
}

export interface SpareReport {
  pool: string;
  count: number;
  by_zone: { zone: string; count: number }[];
  cells: string[];
  one_more_fails: boolean;
}

/** For each loss that is not survivable, and for all of them together. */
export async function additions(
  search: Search,
  reports: readonly { loss: Loss; report: LossReport }[],
  sizeOf: (pool: Pool) => Capacity,
): Promise<AdditionReport[]> {
  const failing = reports.filter(({ report }) => !report.survivable);
  const simulations = new Simulations(search);
  const found: { loss: Loss; addition: Addition }[] = [];
  for (const { loss } of failing) {
    // Zones are much alike: what one loss takes is a good first guess for the next.
    const guess = guessFrom(found.at(-1)?.addition.groups ?? [], loss, zonesOf(search.world));
    found.push({ loss, addition: await cellsToAdd(simulations, [loss], guess, reports.length < 2) });
  }
  const answers = found.map(({ loss, addition }) => additionReport(search, loss.zone, addition, sizeOf));
  if (reports.length < 2) return answers;
  const most = new Map<string, CellGroup>();
  for (const { addition } of found) {
    for (const group of addition.groups) {
      const key = `${group.pool} ${group.zone}`;
      if ((most.get(key)?.count ?? 0) < group.count) most.set(key, group);
    }
  }
  const together = await cellsToAdd(simulations, search.losses, [...most.values()], true);
  return [additionReport(search, null, together, sizeOf), ...answers];
}

/** The plan for another zone's loss, moved to the zones that this loss leaves. */
function guessFrom(groups: readonly CellGroup[], loss: Loss, zones: readonly string[]): CellGroup[] {
  const left = zones.filter((zone) => zone !== loss.zone);
  if (left.length === 0) return [];
  const used = new Map<number, number>();
  return groups.map((group) => {
    const nth = used.get(group.pool) ?? 0;
    used.set(group.pool, nth + 1);
    return { ...group, zone: left[nth % left.length]! };
  });
}

function additionReport(
  search: Search,
  zone: string | null,
  addition: Addition,
  sizeOf: (pool: Pool) => Capacity,
): AdditionReport {
  const { model } = search;
  return {
    for_loss_of: zone,
    cells: addition.groups.map((group) => ({
      zone: group.zone,
      pool: model.pools[group.pool]!.name,
      count: group.count,
      cell_size: figuresOf(sizeOf(model.pools[group.pool]!)),
    })),
    total: addition.groups.reduce((sum, group) => sum + group.count, 0),
    verified: addition.verified,
    one_fewer_fails: addition.oneFewerFails,
    impossible: addition.impossible.map((each) => ({
      process_guid: model.processes[each.process]!.guid,
      app_name: model.processes[each.process]!.name,
      memory_mb: each.memoryMb,
      disk_mb: each.diskMb,
    })),
    non_monotone: addition.nonMonotone,
    one_more_fails: addition.oneMoreFails.map(({ zone: at, pool }) => ({
      zone: at,
      pool: model.pools[pool]!.name,
    })),
    simulations: addition.simulations,
  };
}

export async function spares(search: Search): Promise<SpareReport[]> {
  return (await cellsToSpare(search)).map(({ pool, rows, oneMoreFails }) => {
    const counts = new Map<string, number>();
    for (const row of rows) {
      const { zone } = search.world.cells[row]!;
      counts.set(zone, (counts.get(zone) ?? 0) + 1);
    }
    return {
      pool: search.model.pools[pool]!.name,
      count: rows.length,
      by_zone: [...counts]
        .map(([zone, count]) => ({ zone, count }))
        .sort((a, b) => (a.zone < b.zone ? -1 : 1)),
      cells: rows.map((row) => search.world.cells[row]!.cellId),
      one_more_fails: oneMoreFails,
    };
  });
}

export function figuresOf(capacity: Capacity): ResourceFigures {
  return { memory_mb: capacity.memoryMb, disk_mb: capacity.diskMb, containers: capacity.containers };
}
