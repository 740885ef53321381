import { prepareList, type ListOptions } from '../output/list.ts';
import { writeText } from '../output/one.ts';
import { TextBuilder } from '../output/sections.ts';
import { DRIVER_RECORD, VOLUME_RECORD } from '../views/volumes.ts';
import { driverRows, volumeRows } from '../volumes/volumes.ts';
import type { FoundationFlags } from './foundation-flags.ts';
import { loadFoundation } from './load-foundation.ts';
import type { ShowContext } from './show-cells.ts';

/** `cgdiego volumes`. */
export async function showVolumes(
  flags: FoundationFlags & { by?: string | undefined },
  options: ListOptions,
  context: ShowContext,
): Promise<void> {
  const { terminal } = context;
  if (flags.by === 'driver') {
    const list = prepareList(terminal, DRIVER_RECORD, options);
    const foundation = await loadFoundation(flags, context);
    await list.write(driverRows(foundation, volumeRows(foundation)));
    return;
  }
  const list = prepareList(terminal, VOLUME_RECORD, options);
  const foundation = await loadFoundation(flags, context);
  const rows = volumeRows(foundation);
  const { closed } = await list.write(rows);
  const forPeople = options.format === 'table' || options.format === 'wide';
  if (
    !closed &&
    forPeople &&
    options.quiet !== true &&
    options.columns === undefined &&
    options.header !== false
  ) {
    const text = new TextBuilder(terminal)
      .raw('\n')
      .table(DRIVER_RECORD.columns, driverRows(foundation, rows));
    await writeText(terminal, text.toString());
  }
}
