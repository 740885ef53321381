import { formatPercent, plural } from '../output/units.ts';
import type { LossReport } from '../sizing/loss-report.ts';
import type { SizingReport } from '../sizing/sizing.ts';

/** `--explain`: the rule behind each verdict, with its numbers. */
export function explanation(report: SizingReport): string[] {
  const { settings, proxy_memory } = report;
  return [
    `Proxy memory: ${proxy_memory.why}`,
    `Order: instances by index, then by memory, the largest first; ties by id here, by chance in Diego (${
      report.losses?.[0]?.seeds.runs ?? 0
    } runs with drawn ties).`,
    'Match: the root file system, all volume drivers, and placement tags: those that the cell requires are in the app, and the app has none that the cell lacks.',
    'Zones: those with the fewest instances of the app first; equal ones together; the next ones only when nothing in these fits.',
    `Score, the lowest wins: the mean of the used shares of memory, disk and containers, + ${settings.starting_container_weight} for each starting container, + 1000 for each instance of the app on the cell${
      settings.bin_pack_first_fit_weight > 0
        ? `, + ${settings.bin_pack_first_fit_weight} for the cell's index`
        : ''
    }.`,
    'Fit: disk, memory with the proxy, one container. The placement error names what every matching cell lacks.',
    'Commit: the batch counts without proxies, so that a cell can be given too much; it turns that down, and it is auctioned again in the next round.',
    ...(report.losses ?? []).flatMap(lossReasons),
    ...(report.cells_to_add ?? []).map(
      (addition) =>
        `Cells to add for ${addition.for_loss_of ?? 'every loss'}: found by simulating, not by dividing${
          addition.simulations > 0 ? ` (${plural(addition.simulations, 'simulation')} more)` : ''
        }; ${
          addition.one_fewer_fails
            ? 'every plan with one cell fewer was simulated, too, and fails in some run'
            : 'no plan was found'
        }.`,
    ),
    ...(report.cells_to_spare ?? []).map(
      (spare) =>
        `Cells of ${spare.pool} that could go: ${spare.count}; what they hold is moved by auction, then every loss is simulated again${
          spare.one_more_fails ? '; one more fails' : ''
        }.`,
    ),
  ];
}

function lossReasons(loss: LossReport): string[] {
  const name = loss.zone ?? 'the cells';
  const { seeds, headroom } = loss;
  const shares = loss.utilisation.zones.map(
    (zone) =>
      `${zone.zone} from ${formatPercent(zone.before.memory ?? 0)} to ${formatPercent(zone.after.memory ?? 0)}`,
  );
  return [
    `Loss of ${name}: ${loss.verdict}: ${loss.lost} instances lost${
      loss.from_drained_cells > 0 ? ` (${loss.from_drained_cells} of them on drained cells)` : ''
    }, ${loss.placed_in_first_round} placed in the first auction and ${loss.placed - loss.placed_in_first_round} in later rounds, ${loss.not_placed} not. Memory of ${shares.join(', ')}.`,
    ...loss.pools
      .filter((pool) => pool.lost > 0)
      .map(
        (pool) =>
          `Loss of ${name}, pool ${pool.pool}: ${pool.verdict}: ${pool.placed} of ${pool.lost} placed on what matches, ${plural(pool.cells_left, 'cell')} of the pool left${
            pool.reasons.length > 0
              ? `; ${pool.reasons.map((reason) => `${reason.count}: ${reason.placement_error || 'turned down by the cell'}`).join('; ')}`
              : ''
          }.`,
      ),
    ...(headroom.tasks_per_zone > 0
      ? [
          `Loss of ${name}, staging: ${headroom.tasks_per_zone} tasks of ${headroom.memory_mb} MB memory and ${headroom.disk_mb} MB disk for every zone and isolation segment that is left, after the instances: ${
            headroom.not_placed === 0 ? 'all fit' : `${headroom.not_placed} do not fit`
          }.`,
        ]
      : []),
    ...(seeds.runs > 0
      ? [
          `Loss of ${name}, chance: ${seeds.survivable_runs} of ${seeds.runs} runs go well; they place ${seeds.placed.least} to ${seeds.placed.most} instances.`,
        ]
      : []),
  ];
}
