import { scaled } from './growth.ts';
import { runLoss } from './loss.ts';
import type { Search } from './simulations.ts';
import { counted } from './words.ts';

export interface Runway {
  growth_percent_a_month: number;
  /** The first month at whose end the loss is not survivable any more; `null`: not within `months_tried`. */
  month: number | null;
  growth_percent_then: number | null;
  because: string | null;
  months_tried: number;
}

/** Ten years. */
const MOST_MONTHS = 120;

/**
 * The first month after which the losses are not survivable any more, in some run. Canonical runs find it by halves; all
 * seeds decide from there.
 */
export async function runway(search: Search, percent: number): Promise<Runway> {
  const after = (month: number) => ((1 + percent / 100) ** month - 1) * 100;
  const canonical = new Map<number, string | undefined>();
  /** Why the foundation, grown by so many months, does not survive the canonical run; `undefined` when it does. */
  const why = async (month: number): Promise<string | undefined> => {
    if (!canonical.has(month)) canonical.set(month, await failureAfter(search, after(month), 0));
    return canonical.get(month);
  };
  let month = await firstFailure(why);
  let because = month > MOST_MONTHS ? null : ((await why(month)) ?? null);
  while (month > 0) {
    const earlier = await failureInSomeRun(search, after(month - 1));
    if (earlier === undefined) break;
    [month, because] = [month - 1, earlier];
  }
  const survives = month > MOST_MONTHS;
  return {
    growth_percent_a_month: percent,
    month: survives ? null : month,
    growth_percent_then: survives ? null : Math.round(after(month) * 10) / 10,
    because,
    months_tried: MOST_MONTHS,
  };
}

/** The first month with a failure, or the one after the last. The auction is greedy: what is just before is looked at, too. */
async function firstFailure(why: (month: number) => Promise<string | undefined>): Promise<number> {
  let [low, high] = [-1, 0];
  while ((await why(high)) === undefined) {
    if (high === MOST_MONTHS) return MOST_MONTHS + 1;
    [low, high] = [high, Math.min(MOST_MONTHS, Math.max(1, high * 2))];
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if ((await why(middle)) === undefined) low = middle;
    else high = middle;
  }
  for (let month = Math.max(1, high - 3); month < high; month++) {
    if ((await why(month)) !== undefined) return month;
  }
  return high;
}

async function failureInSomeRun(search: Search, percent: number): Promise<string | undefined> {
  for (let run = 1; run <= search.seeds; run++) {
    const why = await failureAfter(search, percent, run);
    if (why !== undefined) return why;
  }
  return undefined;
}

/** Why the foundation with so many percent more instances does not survive the losses; `undefined` when it does. */
async function failureAfter(search: Search, percent: number, run: number): Promise<string | undefined> {
  const { model, world, losses, options } = search;
  await search.pause();
  const grown = scaled(model, world, percent, run);
  if (grown.withoutPlace > 0) {
    return `${counted(grown.withoutPlace, 'new instance')} would find no place even without a loss`;
  }
  for (const loss of losses) {
    await search.pause();
    const { survives, placing, headroomFailures } = runLoss(model, grown.world, loss, options, run);
    if (survives) continue;
    const what = loss.zone === null ? 'the cells' : `zone ${loss.zone}`;
    const tasks = headroomFailures.length;
    const left = [
      ...(placing.failed > 0 ? [counted(placing.failed, 'instance')] : []),
      ...(tasks > 0 ? [counted(tasks, 'staging task')] : []),
    ];
    return `losing ${what} would leave ${left.join(' and ')} without a place`;
  }
  return undefined;
}
