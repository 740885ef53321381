import { CgdiegoError } from '../errors.ts';
import { activeComponents, lockRows, type LockRow } from '../foundation/locks-answer.ts';
import { prepareList, type ListOptions } from '../output/list.ts';
import { writeText } from '../output/one.ts';
import { createStyle } from '../output/style.ts';
import { readLocks } from '../store/locks.ts';
import { LOCK_RECORD } from '../views/locks.ts';
import type { ConnectionFlags } from './connection-flags.ts';
import { openLocket, openStore } from './open.ts';
import type { ShowContext } from './show-cells.ts';

/** `cgdiego locks`. */
export async function showLocks(
  flags: ConnectionFlags,
  options: ListOptions,
  context: ShowContext,
): Promise<void> {
  const { terminal } = context;
  const list = prepareList(terminal, LOCK_RECORD, options);
  const rows = await readAll(flags, context);
  const { closed } = await list.write(rows);
  const forPeople = options.format === 'table' || options.format === 'wide';
  if (!closed && forPeople && options.quiet !== true && options.header !== false) {
    const style = createStyle(terminal.color);
    const lines = activeComponents(rows).map(({ text, held }) => style.level(held ? undefined : 'bad', text));
    await writeText(terminal, `\n${lines.join('\n')}`);
  }
}

async function readAll(flags: ConnectionFlags, context: ShowContext): Promise<LockRow[]> {
  const store = await openStore(flags, context);
  try {
    const locket = await openLocket(flags, context, store);
    if (locket === undefined) {
      throw new CgdiegoError('There are no locks to be read.', {
        why: 'The store has no table locks, and nobody said where the database of Locket is.',
        next: 'Give --locket-database-url or --locket-config.',
      });
    }
    try {
      return lockRows(await locket.readOnly(readLocks));
    } finally {
      if (locket !== store) await locket.close();
    }
  } finally {
    await store.close();
  }
}
