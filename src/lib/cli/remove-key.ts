import { CgdiegoError, ExitCode } from '../errors.ts';
import { planRemove } from '../manifest/plan.ts';
import { keyStates } from '../manifest/targets.ts';
import { removalObstacle } from '../rotation/audit.ts';
import { takeCensus } from '../store/census.ts';
import type { Database } from '../store/database.ts';
import { type ChangeOptions, changeKeys, targetsOf } from './change-keys.ts';
import type { ManifestFlags } from './manifest-flags.ts';

/** The store still needs the key: the check found something (exit 3). */
class KeyInUseError extends CgdiegoError {
  override readonly exitCode = ExitCode.found;
}

/** `keys remove`: plans the edits, asks the store, shows the diff and writes. */
export async function removeFromManifests(
  label: string,
  flags: ManifestFlags,
  openStore: () => Promise<Database>,
  options: ChangeOptions,
): Promise<ExitCode> {
  const targets = targetsOf(flags);
  // Planned first: a file that cannot be edited is told before anybody connects.
  const plan = await planRemove(targets, label);
  if (plan.changes.length === 0) {
    const labels = new Set((await keyStates(targets)).flatMap(({ state }) => state.labels));
    options.say(`No file has a key ${label}; the keys are ${[...labels].join(', ') || 'none'}.`);
  }
  const store = await openStore();
  try {
    const census = await store.readOnly(takeCensus);
    const obstacle = removalObstacle(census, label);
    if (obstacle !== undefined) {
      throw new KeyInUseError(`The key ${label} stays: the store needs it.`, {
        why: `${obstacle} A BBS without the key deletes the rows under it.`,
        next: 'Finish the rotation first (cgdiego rotate-key), then run this command again.',
      });
    }
  } finally {
    await store.close();
  }
  options.say(`Not one blob of the store is under ${label}.`);
  const next = plan.changes.length === 0 ? [] : [`Next: deploy; the BBS then boots without ${label}.`];
  const done = await changeKeys(label, plan, next, options);
  return done ? ExitCode.ok : ExitCode.failure;
}
