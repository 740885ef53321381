import { checkManifests, type Finding, readManifestSet } from '../manifest/check/check.ts';
import type { CheckContext } from '../manifest/check/rule.ts';
import { blobsByLabel, takeCensus } from '../store/census.ts';
import { namesStore } from './asks-store.ts';
import type { ConnectionFlags } from './connection-flags.ts';
import { openStore, type OpenContext } from './open.ts';

interface CheckFlags extends ConnectionFlags {
  'vars-file'?: string[] | undefined;
  ignore?: string[] | undefined;
  addon: string[];
}

/** `manifest check`: reads the files, asks the store when one is named, and asks every rule. */
export async function checkFiles(
  files: readonly string[],
  flags: CheckFlags,
  context: OpenContext,
): Promise<Finding[]> {
  const set = await readManifestSet(files, flags['vars-file'] ?? []);
  const census = namesStore(flags) ? await askStore(flags, context) : undefined;
  return checkManifests(set, { census, addons: flags.addon, ignore: flags.ignore ?? [] });
}

async function askStore(flags: CheckFlags, context: OpenContext): Promise<CheckContext['census']> {
  const store = await openStore(flags, context);
  try {
    const census = await store.readOnly(takeCensus);
    return { stored_label: census.stored_label, blobs: blobsByLabel(census) };
  } finally {
    await store.close();
  }
}
