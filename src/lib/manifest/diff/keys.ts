import type { KeyBlock, KeyEntry } from '../key-blocks.ts';
import type { Change } from './diff.ts';

/** What changes about the keys of one BBS, and what that does to it. */
export function keyChanges(old: KeyBlock | undefined, now: KeyBlock | undefined): Change[] {
  if (!old || !now) {
    if (!old && !now) return [];
    return [
      {
        area: 'keys',
        level: now ? undefined : 'bad',
        what: now
          ? 'The BBS gets its keys here.'
          : 'The keys of the BBS are gone: no BBS boots without them.',
        path: (now ?? old)!.keys.path,
        old: old ? labels(old).join(', ') : null,
        new: now ? labels(now).join(', ') : null,
      },
    ];
  }
  return [...activeChanges(old, now), ...entryChanges(old, now)];
}

function activeChanges(old: KeyBlock, now: KeyBlock): Change[] {
  const [before, after] = [active(old), active(now)];
  const changes: Change[] = [];
  if (before !== after) {
    const known = after !== undefined && labels(old).includes(after);
    changes.push({
      area: 'keys',
      level: 'warn',
      what: `The active key changes from ${before ?? 'none'} to ${after ?? 'none'}: the BBS re-encrypts the store when it boots, with gaps. Run cgdiego rotate-key after the deployment.${known ? '' : ' The key is new in the same deployment: with three or more BBSs deploy it first without activating it, so that each knows it.'}`,
      path: now.active.path,
      old: before ?? null,
      new: after ?? null,
    });
  }
  if (after !== undefined && now.keys.reference === undefined && !labels(now).includes(after)) {
    changes.push({
      area: 'keys',
      level: 'bad',
      what: `The active key ${after} is not among the keys: the BBS does not boot.`,
      path: now.active.path,
      old: before ?? null,
      new: after,
    });
  }
  return changes;
}

function entryChanges(old: KeyBlock, now: KeyBlock): Change[] {
  const [before, after] = [byLabel(old), byLabel(now)];
  const changes: Change[] = [];
  const change = (level: Change['level'], what: string, was: string | null, is: string | null): void => {
    changes.push({ area: 'keys', level, what, path: now.keys.path, old: was, new: is });
  };
  const renamed = new Set<string>();
  for (const [label, entry] of before) {
    const same = after.get(label);
    if (same) {
      if (passphrase(entry) !== passphrase(same)) {
        change(
          'bad',
          `The passphrase of ${label} changes: no row that is under it can be read any more. A new passphrase needs a new label.`,
          label,
          label,
        );
      }
      continue;
    }
    const twin = [...after].find(
      ([other, each]) => !before.has(other) && passphrase(each) === passphrase(entry),
    );
    if (twin) {
      renamed.add(twin[0]);
      change(
        'bad',
        `The key ${label} is renamed to ${twin[0]}: the BBS does not find its stored label among its keys and refuses to boot.`,
        label,
        twin[0],
      );
    } else {
      change(
        'bad',
        `The key ${label} is taken out: rows that are still under it are lost. Ask first: cgdiego keys audit --removable ${label}`,
        label,
        null,
      );
    }
  }
  for (const label of after.keys()) {
    if (!before.has(label) && !renamed.has(label))
      change(undefined, `The key ${label} is added.`, null, label);
  }
  if (now.entries.length > after.size)
    change('bad', 'Two keys have the same label: one of them vanishes.', null, null);
  return changes;
}

function active(block: KeyBlock): string | undefined {
  return block.active.text ?? block.active.written;
}

function labels(block: KeyBlock): string[] {
  return [...byLabel(block).keys()];
}

function byLabel({ entries }: KeyBlock): Map<string, KeyEntry> {
  return new Map(
    entries.flatMap((entry) => {
      const label = entry.label.text ?? entry.label.written;
      return label === undefined ? [] : [[label, entry] as const];
    }),
  );
}

function passphrase(entry: KeyEntry): string {
  return entry.passphrase.text ?? entry.passphrase.written ?? '';
}
