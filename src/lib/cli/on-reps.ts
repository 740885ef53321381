import { cellsOf } from '../foundation/cells.ts';
import { readPresences, type StoreSource } from '../foundation/from-store.ts';
import type { Gaps } from '../foundation/gaps.ts';
import { onReps, type OnReps } from '../foundation/on-reps.ts';
import type { ActualLrp, Cell } from '../foundation/types.ts';
import type { FoundationFlags } from './foundation-flags.ts';
import { askRepsOf } from './load-foundation.ts';
import type { OpenContext } from './open.ts';

/** So many are named on stderr; `cells CELL_ID --live` lists them all. */
const MOST_NAMED = 10;

/** What the reps of these cells have. Those that do not answer are gaps. */
export async function askOnReps(
  cells: readonly Cell[],
  flags: FoundationFlags,
  context: OpenContext,
  gaps: Gaps,
): Promise<OnReps> {
  const answers = await askRepsOf(cells, flags, context);
  for (const { what, why } of answers.gaps) gaps.add(what, why);
  return onReps(cells, answers.states);
}

/** The same of the cells that Locket knows; nothing without `--live`. */
export async function askOnRepsOf(
  source: StoreSource,
  flags: FoundationFlags,
  context: OpenContext,
  gaps: Gaps,
): Promise<OnReps | undefined> {
  if (!flags.live) return undefined;
  // Not in the transaction that reads the rest: it must not be held open while reps are waited for.
  const presences = await source.store.readOnly((transaction) => readPresences(source, transaction, gaps));
  const cells = cellsOf(presences, [], []).map(({ cell }) => cell);
  return askOnReps(cells, flags, context, gaps);
}

/** Sees the instances that go by, and says at the end which the reps have and the store did not name. */
export class Strangers {
  readonly #left: Map<string, string>;

  constructor(reps: OnReps) {
    this.#left = new Map(
      Array.from(reps.instances, ([guid, lrp]) => [
        guid,
        `${lrp.process_guid}/${lrp.index} on ${lrp.cell_id}`,
      ]),
    );
  }

  see(lrp: Pick<ActualLrp, 'instance_guid'>): void {
    this.#left.delete(lrp.instance_guid);
  }

  say({ say }: Pick<OpenContext, 'say'>): void {
    if (this.#left.size === 0) return;
    say(`On reps, but not in the store: ${this.#left.size}.`);
    for (const text of [...this.#left.values()].slice(0, MOST_NAMED)) say(`  ${text}`);
    if (this.#left.size > MOST_NAMED) say('  ... cgdiego cells CELL_ID --live shows those of a cell.');
  }
}
