import type { CellDiskMetrics } from '../crashes/gather.ts';
import { requireRepTls } from '../diego/endpoint.ts';
import { RepClient, type RepAnswer } from '../diego/rep-client.ts';
import type { CellMetrics, CellState } from '../diego/rep-types.ts';
import { repState } from '../foundation/rep-state.ts';
import type { Cell } from '../foundation/types.ts';
import { plural } from '../output/units.ts';
import { repLocation, type BbsFlags } from './live-flags.ts';
import type { OpenContext } from './open.ts';

/**
 * Asks the reps of all cells what they have left (/state, noted in the cells) and what their containers use
 * (/container_metrics). Cells that do not answer are named on stderr; the others are used.
 */
export async function readLiveDisks(
  flags: BbsFlags,
  cells: readonly Cell[],
  context: OpenContext,
): Promise<CellDiskMetrics[]> {
  const client = new RepClient(await requireRepTls(repLocation(flags)), { signal: context.signal });
  const targets = cells.filter(({ rep_url, rep_address }) => rep_url !== '' || rep_address !== '');
  const [states, metrics] = await Promise.all([client.states(targets), client.containerMetrics(targets)]);
  const byId = new Map(cells.map((cell) => [cell.cell_id, cell]));
  for (const answer of states) {
    byId.get(answer.target.cell_id)!.live = answer.ok ? repState(answer.value) : { error: answer.error };
  }
  sayFailures(states, metrics, context);
  return metrics.flatMap((answer) => (answer.ok ? [metricsOf(answer.value)] : []));
}

function sayFailures(
  states: readonly RepAnswer<CellState>[],
  metrics: readonly RepAnswer<CellMetrics>[],
  context: OpenContext,
): void {
  const failed = new Map<string, string>();
  for (const answer of [...states, ...metrics]) {
    if (!answer.ok) failed.set(answer.target.cell_id, answer.error);
  }
  if (failed.size === 0) return;
  context.say(`Missing: ${plural(failed.size, 'rep')} of ${states.length} did not answer:`);
  for (const [cell, why] of [...failed].slice(0, 10)) context.say(`  ${cell}: ${why}`);
  if (failed.size > 10) context.say(`  and ${failed.size - 10} more`);
}

function metricsOf(metrics: CellMetrics): CellDiskMetrics {
  return {
    cell_id: metrics.cell_id,
    containers: [
      ...(metrics.lrps ?? []).map((lrp) => ({
        container_guid: lrp.instance_guid,
        process_guid: lrp.process_guid,
        index: lrp.index,
        usage_bytes: lrp.disk_usage_bytes,
        quota_bytes: lrp.disk_quota_bytes,
      })),
      ...(metrics.tasks ?? []).map((task) => ({
        container_guid: task.task_guid,
        process_guid: null,
        index: null,
        usage_bytes: task.disk_usage_bytes,
        quota_bytes: task.disk_quota_bytes,
      })),
    ],
  };
}
