import type { KeyConfig } from '../bbs/keyring.ts';
import { blobsByLabel, malformedBlobs, type Census } from '../store/census.ts';

/** `active`: the stored label, or the active label of the keys. */
export type LabelVerdict = 'active' | "in use, don't remove" | 'safe to remove';

export interface LabelAudit {
  label: string;
  blobs: number;
  verdict: LabelVerdict;
  /** Whether the keys that were given have it; `null` when no keys were given. */
  has_key: boolean | null;
}

/**
 * What the census means for each label that is in the store, is its stored label, or is among the keys. Largest first, the stored
 * label before all.
 */
export function auditLabels(census: Census, keys: KeyConfig | undefined): LabelAudit[] {
  const blobs = blobsByLabel(census);
  const labels = new Set([...blobs.keys(), ...(keys?.passphrases.keys() ?? [])]);
  if (census.stored_label !== null) labels.add(census.stored_label);
  return Array.from(labels, (label): LabelAudit => {
    const count = blobs.get(label) ?? 0;
    const active = label === census.stored_label || label === keys?.activeLabel;
    return {
      label,
      blobs: count,
      verdict: active ? 'active' : count > 0 ? "in use, don't remove" : 'safe to remove',
      has_key: keys === undefined ? null : keys.passphrases.has(label),
    };
  }).sort(
    (a, b) =>
      Number(b.label === census.stored_label) - Number(a.label === census.stored_label) ||
      b.blobs - a.blobs ||
      (a.label < b.label ? -1 : 1),
  );
}

/** Sentences about what the operator must act on; none when all is well. */
export function auditFindings(census: Census, keys: KeyConfig | undefined): string[] {
  const findings: string[] = [];
  const stored = census.stored_label;
  const blobs = blobsByLabel(census);
  const total = [...blobs.values()].reduce((sum, count) => sum + count, 0);
  if (stored === null && total > 0) {
    findings.push('The store has blobs but no stored key label: no BBS has finished an encryption of it.');
  }
  for (const [label, count] of blobs) {
    if (stored !== null && label !== stored) {
      findings.push(
        `${count} blobs are under ${JSON.stringify(label)} while the stored label is ${JSON.stringify(stored)}: ` +
          'a BBS without that key deletes their rows. Finish the rotation with cgdiego rotate-key.',
      );
    }
    if (keys !== undefined && !keys.passphrases.has(label)) {
      findings.push(
        `${count} blobs are under ${JSON.stringify(label)}, which is not among the keys of ${keys.source}.`,
      );
    }
  }
  const malformed = malformedBlobs(census);
  if (malformed > 0)
    findings.push(
      `${malformed} values in encrypted columns are no blobs: the BBS deletes their rows when it lists them.`,
    );
  for (const { table, column, known } of census.columns) {
    if (!known)
      findings.push(
        `${table}.${column} looks encrypted, but cgdiego does not know it and will not rotate it.`,
      );
  }
  return findings;
}

/** Why a key may not leave the manifest, or `undefined` when it may. */
export function removalObstacle(census: Census, label: string): string | undefined {
  const count = blobsByLabel(census).get(label) ?? 0;
  if (count > 0) return `${count} ${count === 1 ? 'blob is' : 'blobs are'} under it.`;
  if (label === census.stored_label) {
    return 'No blob is under it, but it is the stored label: a BBS whose keys lack it does not start.';
  }
  return undefined;
}
