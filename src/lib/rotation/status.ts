import { dateOfLabel } from '../manifest/generate.ts';
import type { KeyState } from '../manifest/ops-file.ts';

/** Where the operator stands. In the order of the procedure; `key-missing` and `invalid` come before anything else. */
export type Stage =
  'no-manifest' | 'invalid' | 'key-missing' | 'idle' | 'key-added' | 'activated' | 'rotate' | 'remove-old';

export interface StatusInput {
  /** The keys by place, of every manifest that was given. */
  manifests: readonly { place: string; state: KeyState }[];
  storedLabel: string | null;
  /** Blobs of the store by label. */
  blobs: ReadonlyMap<string, number>;
  /** Finished rotations, for telling an old key from a new one. */
  rotations: readonly { target: string; from: string | null }[];
  /** The flags that name the files again: `--manifest FILE …`. */
  files: string;
  /** How this manifest is deployed. */
  deploy: string;
}

export interface Status {
  stage: Stage;
  /** What is so, in a sentence or two. */
  says: string;
  /** The one next step, in words. */
  next: string;
  /** The next step as a command; `null` when it is none of cgdiego's or BOSH's. */
  command: string | null;
}

/** Where a rotation stands, from what the manifest says and what the store has. */
export function rotationStatus(input: StatusInput): Status {
  const { manifests, storedLabel, blobs, files } = input;
  const [first] = manifests;
  if (first === undefined) return withoutManifest(input);
  const differing = manifests.find(({ state }) => !sameKeys(state, first.state));
  if (differing) {
    return {
      stage: 'invalid',
      says: `${differing.place} and ${first.place} have different keys or active labels.`,
      next: 'Give every BBS the same keys, so that none meets a row that it cannot read.',
      command: `cgdiego manifest check ${fileArguments(files)}`,
    };
  }
  const { active, labels } = first.state;
  if (active === undefined || !labels.includes(active)) {
    return {
      stage: 'invalid',
      says: `The active label of ${first.place} (${active ?? 'none'}) is not among its keys (${labels.join(', ') || 'none'}): no BBS boots with it.`,
      next: 'Make a key that is there the active one.',
      command: `cgdiego keys activate ${storedLabel !== null && labels.includes(storedLabel) ? storedLabel : (labels[0] ?? 'LABEL')} ${files}`,
    };
  }
  const needed = [...new Set([...blobs.keys(), ...(storedLabel === null ? [] : [storedLabel])])];
  const missing = needed.find((label) => !labels.includes(label));
  if (missing !== undefined) return keyMissing(missing, input);
  return withKeys(active, labels, input);
}

function withoutManifest({ storedLabel, blobs }: StatusInput): Status {
  const mixed = blobs.size > 1;
  return {
    stage: 'no-manifest',
    says: `The stored label is ${storedLabel ?? 'missing'}, and the store has blobs under ${inUse(blobs)}.${mixed ? ' A rotation is not finished.' : ''}`,
    next: 'Say which keys the manifest has, to see the next step.',
    command: 'cgdiego rotate-key status --manifest FILE',
  };
}

function keyMissing(label: string, { blobs, files }: StatusInput): Status {
  const count = blobs.get(label) ?? 0;
  const says =
    count > 0
      ? `The manifest has no key ${label}, and ${count} blobs of the store are under it. A BBS without it deletes their rows: do not deploy this manifest.`
      : `The manifest has no key ${label}, which is the stored label: a BBS without it does not boot. Do not deploy this manifest.`;
  return {
    stage: 'key-missing',
    says,
    next: `Put the key ${label} back with its own passphrase, from a file with that key.`,
    command: `cgdiego keys add --new-key FILE --label ${label} ${files}`,
  };
}

function withKeys(active: string, labels: readonly string[], input: StatusInput): Status {
  const { storedLabel, blobs, files, deploy } = input;
  const others = [...blobs].filter(([label, count]) => label !== active && count > 0);
  const under = blobs.get(active) ?? 0;
  const rotate = `cgdiego rotate-key --to ${active} --keys FILE`;
  if (others.length > 0 && storedLabel !== active && under === 0) {
    return {
      stage: 'activated',
      says: `The manifest makes ${active} the active key; the store is still under ${inUse(blobs)}, with not one blob under ${active}.`,
      next: `Deploy the manifest (the first of the two deployments), if that is not done yet; then re-encrypt: ${rotate}`,
      command: deploy,
    };
  }
  if (others.length > 0 || (storedLabel !== active && blobs.size > 0)) {
    return {
      stage: 'rotate',
      says: `The active key is ${active}, the stored label is ${storedLabel ?? 'missing'}, and ${others.length > 0 ? `there are blobs under ${others.map(([label, count]) => `${label} (${count})`).join(', ')}` : 'every blob is under the active key'}.`,
      next: `Re-encrypt what is under another key. FILE holds all keys with their passphrases.`,
      command: rotate,
    };
  }
  const added = labels.filter((label) => label !== active && isNewer(label, active, labels, input));
  if (added.length > 0) {
    const label = added.at(-1)!;
    return {
      stage: 'key-added',
      says: `The key ${label} is in the manifest and not active yet; the store is under ${active}.`,
      next: `Make ${label} the active key.`,
      command: `cgdiego keys activate ${label} ${files}`,
    };
  }
  const old = labels.find((label) => label !== active);
  if (old !== undefined) {
    return {
      stage: 'remove-old',
      says: `Every blob of the store is under ${active}, and so is the stored label; the manifest still has the key ${old}.`,
      next: `Take ${old} out of the manifest and deploy (the second of the two deployments).`,
      command: `cgdiego keys remove ${old} ${files}`,
    };
  }
  return {
    stage: 'idle',
    says: `No rotation is under way: ${active} is the only key, and every blob of the store is under it.`,
    next: 'When the key is due, begin with a new one. If the manifest changed since the last deployment, deploy it.',
    command: 'cgdiego keys generate',
  };
}

/** Whether `label` came after `active`: by a finished rotation, else by the dates in the labels, else by the order of the list. */
function isNewer(
  label: string,
  active: string,
  labels: readonly string[],
  { rotations }: StatusInput,
): boolean {
  if (rotations.some(({ target, from }) => target === active && from === label)) return false;
  if (rotations.some(({ target, from }) => target === label && from === active)) return true;
  const [date, activeDate] = [dateOfLabel(label), dateOfLabel(active)];
  if (date && activeDate) {
    if (date.getTime() !== activeDate.getTime()) return date > activeDate;
    return label.localeCompare(active, 'en', { numeric: true }) > 0;
  }
  return labels.indexOf(label) > labels.indexOf(active);
}

function sameKeys(one: KeyState, other: KeyState): boolean {
  return (
    one.active === other.active && one.labels.toSorted().join('\0') === other.labels.toSorted().join('\0')
  );
}

function inUse(blobs: ReadonlyMap<string, number>): string {
  const parts = [...blobs].map(([label, count]) => `${label} (${count})`);
  return parts.length === 0 ? 'no key' : parts.join(', ');
}

/** `--manifest a --ops-file b` as the arguments `a b`. */
function fileArguments(files: string): string {
  return files.replaceAll(/--(manifest|ops-file) /g, '').replace(/ ?--vars-file \S+/, '');
}
