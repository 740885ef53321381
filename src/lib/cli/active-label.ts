import { CgdiegoError, UsageError } from '../errors.ts';
import { keyStates } from '../manifest/targets.ts';
import { finishedRotations, type RecordSummary } from '../rotation/read-records.ts';
import { storedKeyLabel } from '../store/configuration.ts';
import { namesStore } from './asks-store.ts';
import type { ConnectionFlags } from './connection-flags.ts';
import type { ManifestFlags } from './manifest-flags.ts';
import { openStore, type OpenContext } from './open.ts';

/**
 * The label of the key that is in use: of the manifest, else of the store, else of the newest record.
 * @throws {CgdiegoError} when nothing says so, or the manifests disagree.
 */
export async function activeLabel(
  flags: ManifestFlags & ConnectionFlags,
  records: readonly RecordSummary[],
  context: OpenContext,
): Promise<string> {
  if (flags.manifest !== undefined) {
    const states = await keyStates({
      manifests: flags.manifest,
      opsFile: flags['ops-file'],
      varsFile: flags['vars-file'],
    });
    const labels = [...new Set(states.flatMap(({ state }) => state.active ?? []))];
    if (labels.length === 1) return labels[0]!;
    throw new UsageError(
      labels.length === 0 ? 'The manifest names no active key.' : 'The manifests name different active keys.',
      {
        ...(labels.length > 1 ? { why: labels.join(', ') } : {}),
        next: 'Run cgdiego manifest check on them.',
      },
    );
  }
  if (namesStore(flags)) {
    const store = await openStore(flags, context);
    try {
      const label = await store.readOnly(storedKeyLabel);
      if (label !== null) return label;
      throw new CgdiegoError('The store has no key label.', { next: 'Give --manifest FILE.' });
    } finally {
      await store.close();
    }
  }
  const newest = finishedRotations(records).toSorted(
    (a, b) => Date.parse(b.finished_at) - Date.parse(a.finished_at),
  )[0];
  if (newest) return newest.target_label;
  throw new UsageError('Nothing says which key is active.', {
    next: 'Give --manifest FILE, a database (--database-url), or --record FILE.',
  });
}
