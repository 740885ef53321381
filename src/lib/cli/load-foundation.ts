import { Keyring } from '../bbs/keyring.ts';
import { UsageError } from '../errors.ts';
import { readSnapshotFile } from '../foundation/file.ts';
import { foundationFromStore, type StoreSource } from '../foundation/from-store.ts';
import { gapLine } from '../foundation/gaps.ts';
import type { Foundation, Gap } from '../foundation/types.ts';
import type { ConnectionFlags, KeyFlags } from './connection-flags.ts';
import type { FoundationFlags } from './foundation-flags.ts';
import { openLocket, openStore, readKeys, type OpenContext } from './open.ts';

/**
 * The foundation as the flags name it: from a file, the BBS's API, or the store and Locket. What is missing is in `gaps` and is
 * said on stderr.
 */
export async function loadFoundation(flags: FoundationFlags, context: OpenContext): Promise<Foundation> {
  const foundation = await withFoundation(flags, context);
  sayGaps(foundation.gaps, context);
  return foundation;
}

/** {@link loadFoundation} for who says the gaps later. */
export async function withFoundation(flags: FoundationFlags, context: OpenContext): Promise<Foundation> {
  if (flags.from !== undefined) return readSnapshotFile(flags.from);
  if (flags.source === 'api' || flags.live) {
    throw new UsageError('--live and --source api are not there yet.');
  }
  return withStore(flags, context, (source) => foundationFromStore(source, Date.now()));
}

/** Whether the flags name the store, so that PostgreSQL can do part of the work. */
export function readsStore(flags: FoundationFlags): boolean {
  return flags.from === undefined && flags.source === 'store';
}

/** Opens the store, Locket and the keys as the flags name them, and closes them again. */
export async function withStore<T>(
  flags: FoundationFlags,
  context: OpenContext,
  work: (source: StoreSource) => Promise<T>,
): Promise<T> {
  return withStoreAlone(flags, context, async ({ store, keyring }) => {
    const locket = await openLocket(flags, context, store);
    try {
      return await work({ store, locket, keyring });
    } finally {
      if (locket !== undefined && locket !== store) await locket.close();
    }
  });
}

/** {@link withStore} for who does not need Locket. */
export async function withStoreAlone<T>(
  flags: ConnectionFlags & KeyFlags,
  context: OpenContext,
  work: (source: Pick<StoreSource, 'store' | 'keyring'>) => Promise<T>,
): Promise<T> {
  const keys = await readKeys(flags, context);
  const store = await openStore(flags, context);
  try {
    const keyring = keys === undefined ? undefined : Keyring.fromPassphrases(keys.passphrases);
    return await work({ store, keyring });
  } finally {
    await store.close();
  }
}

/** Says what is missing in an answer, on stderr, one line each. */
export function sayGaps(gaps: readonly Gap[], context: Pick<OpenContext, 'say'>): void {
  for (const gap of gaps) context.say(gapLine(gap));
}
