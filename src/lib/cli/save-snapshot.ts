import { open, rename, rm } from 'node:fs/promises';
import { CgdiegoError, messageOf } from '../errors.ts';
import type { Foundation } from '../foundation/types.ts';
import { plural } from '../output/units.ts';
import type { FoundationFlags } from './foundation-flags.ts';
import { loadFoundation } from './load-foundation.ts';
import type { ShowContext } from './show-cells.ts';

/** `cgdiego snapshot --file FILE`. */
export async function saveSnapshot(
  flags: FoundationFlags & { file: string },
  context: ShowContext,
): Promise<void> {
  const foundation = await loadFoundation(flags, context);
  await writeSnapshot(foundation, flags.file);
  context.say(
    `Saved ${plural(foundation.cells.length, 'cell')}, ${plural(foundation.desired_lrps.length, 'desired LRP')}, ${plural(foundation.actual_lrps.length, 'instance')} and ${plural(foundation.tasks.length, 'task')} in ${flags.file}.`,
  );
}

/** Written aside and renamed, so that a snapshot is whole or not there. A name that ends in .gz is packed. */
async function writeSnapshot(foundation: Foundation, path: string): Promise<void> {
  const draft = `${path}.${process.pid}.draft`;
  try {
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(await packed(Array.from(jsonParts(foundation)).join(''), path));
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw new CgdiegoError(`The snapshot ${path} could not be written.`, {
      why: messageOf(error),
      cause: error,
    });
  }
}

async function packed(text: string, path: string): Promise<string | Buffer> {
  if (!path.endsWith('.gz')) return text;
  const { gzipSync } = await import('node:zlib');
  return gzipSync(text);
}

/** One record a line, so that two snapshots can be compared with diff. */
function* jsonParts(foundation: Foundation): Generator<string> {
  let separator = '{\n';
  for (const [name, value] of Object.entries(foundation)) {
    yield `${separator}${JSON.stringify(name)}: `;
    separator = ',\n';
    if (Array.isArray(value)) {
      let between = '[\n';
      for (const element of value as unknown[]) {
        yield between + JSON.stringify(element);
        between = ',\n';
      }
      yield between === '[\n' ? '[]' : '\n]';
    } else {
      yield JSON.stringify(value);
    }
  }
  yield '\n}\n';
}
