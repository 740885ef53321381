import type { Command } from '@oclif/core';
import type { RecordType } from '../output/record.ts';

/**
 * The lists that a command writes, for the shell's completion, the documentation and the snapshot of the interface: how to get the
 * list (`''`, or a flag such as `--instances`) and its record. Functions, so that nothing is loaded when the command runs:
 *
 *     static override records = {
 *       '': async () => (await import('../lib/inspect/cell-record.ts')).CELLS,
 *     };
 */
export type Records = Readonly<Record<string, () => Promise<AnyRecord>>>;

/** A record whose rows nobody looks at. */
export type AnyRecord = Pick<RecordType<Record<string, unknown>>, 'name' | 'plural'> & {
  readonly columns: readonly { readonly name: string; readonly description: string }[];
};

/** Loads the records of a command; none if it lists nothing. */
export async function recordsOf(command: Command.Class): Promise<{ when: string; type: AnyRecord }[]> {
  const records = (command as Command.Class & { records?: Records }).records ?? {};
  return Promise.all(Object.entries(records).map(async ([when, load]) => ({ when, type: await load() })));
}
