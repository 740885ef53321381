import { Keyring } from '../bbs/keyring.ts';
import type { BbsClient } from '../diego/bbs-client.ts';
import type { CellState as StateOfRep } from '../diego/rep-types.ts';
import { InterruptedError, UsageError } from '../errors.ts';
import { readSnapshotFile } from '../foundation/file.ts';
import { foundationFromStore, reasonOf, type StoreSource } from '../foundation/from-store.ts';
import { gapLine, Gaps } from '../foundation/gaps.ts';
import type { Cell, Foundation, Gap } from '../foundation/types.ts';
import { Database } from '../store/database.ts';
import type { ConnectionFlags, KeyFlags } from './connection-flags.ts';
import type { FoundationFlags, SourceFlags } from './foundation-flags.ts';
import { openLocket, openStore, readKeys, type OpenContext } from './open.ts';

/** With or without the flags of `--live`. */
type AnySource = SourceFlags | FoundationFlags;

function asksReps(flags: AnySource): flags is FoundationFlags {
  return 'live' in flags && flags.live;
}

/**
 * The foundation as the flags name it: from a file, the BBS's API, or the store and Locket. What is missing is in `gaps` and is
 * said on stderr.
 */
export async function loadFoundation(flags: AnySource, context: OpenContext): Promise<Foundation> {
  const foundation = await withFoundation(flags, context);
  sayGaps(foundation.gaps, context);
  return foundation;
}

/** {@link loadFoundation} for who says the gaps later. */
export async function withFoundation(flags: AnySource, context: OpenContext): Promise<Foundation> {
  if (flags.from !== undefined) return readSnapshotFile(flags.from);
  const foundation =
    flags.source === 'api'
      ? await readApi(flags, context)
      : await withStore(flags, context, (source) => foundationFromStore(source, Date.now()));
  if (!asksReps(flags)) return foundation;
  const { gaps } = await askRepsOf(foundation.cells, flags, context);
  return { ...foundation, source: 'live', gaps: [...foundation.gaps, ...gaps] };
}

/** The BBS's API, where flags and environment say it is. */
export async function openApi(flags: SourceFlags, context: OpenContext): Promise<BbsClient> {
  const [{ requireBbs }, { BbsClient }, { bbsLocation }] = await Promise.all([
    import('../diego/endpoint.ts'),
    import('../diego/bbs-client.ts'),
    import('./live-flags.ts'),
  ]);
  return new BbsClient(await requireBbs(bbsLocation(flags)), { signal: context.signal });
}

async function readApi(flags: SourceFlags, context: OpenContext): Promise<Foundation> {
  const client = await openApi(flags, context);
  const { API_WARNING, foundationFromApi } = await import('../foundation/from-api.ts');
  context.say(API_WARNING);
  return foundationFromApi(client, Date.now());
}

export interface RepAnswers {
  /** What each cell that answered said, by its id. */
  states: Map<string, StateOfRep>;
  gaps: Gap[];
}

/** Asks the reps as the flags say, and puts what they answer into the cells. */
export async function askRepsOf(
  cells: readonly Cell[],
  flags: FoundationFlags,
  context: OpenContext,
): Promise<RepAnswers> {
  const [{ requireRepTls }, { RepClient }, { repLocation }, { askReps }] = await Promise.all([
    import('../diego/endpoint.ts'),
    import('../diego/rep-client.ts'),
    import('./live-flags.ts'),
    import('../foundation/from-reps.ts'),
  ]);
  const tls = await requireRepTls(repLocation(flags));
  const client = new RepClient(tls, { timeoutMs: flags['rep-timeout'], signal: context.signal });
  const gaps = new Gaps();
  const states = await askReps(cells, client, gaps);
  return { states, gaps: gaps.list() };
}

/** Whether the flags name the store, so that PostgreSQL can do part of the work. */
export function readsStore(flags: SourceFlags): boolean {
  return flags.from === undefined && flags.source === 'store';
}

/** Opens the store, Locket and the keys as the flags name them, and closes them again. */
export async function withStore<T>(
  flags: ConnectionFlags & KeyFlags,
  context: OpenContext,
  work: (source: StoreSource) => Promise<T>,
): Promise<T> {
  return withStoreAlone(flags, context, async ({ store, keyring }) => {
    const locket = await locketOrReason(flags, context, store);
    try {
      return await work({ store, locket, keyring });
    } finally {
      if (locket instanceof Database && locket !== store) await locket.close();
    }
  });
}

/** A Locket that is away does not take away the answer: it is a gap in it. A wrong address is still wrong. */
async function locketOrReason(
  flags: ConnectionFlags,
  context: OpenContext,
  store: Database,
): Promise<StoreSource['locket']> {
  try {
    return await openLocket(flags, context, store);
  } catch (error) {
    if (error instanceof UsageError || error instanceof InterruptedError) throw error;
    return { error: reasonOf(error) };
  }
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
