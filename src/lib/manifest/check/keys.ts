import { isScalar, Scalar } from 'yaml';
import { labelProblem } from '../../bbs/keyring.ts';
import type { KeyBlock, KeyEntry } from '../key-blocks.ts';
import { relabelling } from '../ops-file.ts';
import { isCapitalPlaceholder, isPlaceholder } from '../placeholders.ts';
import type { View } from '../view.ts';
import type { CheckContext, Hit, Rule } from './rule.ts';

const BBS_JOB = 'diego-release jobs/bbs/templates/bbs.json.erb';
const BBS_BOOT = 'bbs encryption/crypter.go and db/sqldb/encryption_db.go';

/** Every block's entries that have a label one can read. */
function* labelled({ set }: CheckContext): Generator<{ block: KeyBlock; entry: KeyEntry; label: string }> {
  for (const block of set.keyBlocks) {
    for (const entry of block.entries) {
      const label = entry.label.text;
      if (label !== undefined) yield { block, entry, label };
    }
  }
}

/** All labels of the block, or `undefined` when one of them is in a variable that is not known. */
function allLabels({ entries, keys }: KeyBlock): string[] | undefined {
  if (keys.reference !== undefined) return undefined;
  const labels = entries.flatMap(({ label }) => label.text ?? []);
  return labels.length === entries.length ? labels : undefined;
}

function* duplicates<T>(entries: readonly T[], of: (entry: T) => string | undefined): Generator<[T, T]> {
  const seen = new Map<string, T>();
  for (const entry of entries) {
    const text = of(entry);
    if (text === undefined) continue;
    const first = seen.get(text);
    if (first === undefined) seen.set(text, entry);
    else yield [entry, first];
  }
}

/** YAML 1.1, which BOSH reads, takes `2026-10-01` for a date and `2026` for a number. */
function isTextLabel(label: View): boolean {
  const node = label.node;
  if (!isScalar(node)) return true;
  if (typeof node.value !== 'string') return false;
  return (
    node.type !== Scalar.PLAIN ||
    !/^(\d{4}-\d{1,2}-\d{1,2}|\d[\d_]*|\d+:\d\d|y|n|yes|no|on|off)$/i.test(node.value)
  );
}

function passphraseRule(test: (passphrase: string) => string | undefined) {
  return function* (context: CheckContext): Generator<Hit> {
    for (const { block, entry, label } of labelled(context)) {
      if (entry.passphrase.isUnknown) continue;
      const what = test(entry.passphrase.text ?? '');
      if (what !== undefined)
        yield {
          at: entry.passphrase.exists ? entry.passphrase : block.keys,
          what: `The passphrase of ${label} ${what}.`,
        };
    }
  };
}

export const keyRules: Rule[] = [
  {
    id: 'keys/active-label-missing',
    severity: 'error',
    what: 'there are keys, and none is named as the active one',
    why: 'The BBS does not boot without an active key.',
    next: 'Set active_key_label to the label of one of the keys.',
    source: BBS_BOOT,
    *check({ set }) {
      for (const { bbs, active, keys, form } of set.keyBlocks) {
        // An ops file may set only the list, and a keys file need not name an active key.
        if (active.isEmpty && keys.exists && form !== 'keys-file' && !bbs.get('path').exists) {
          yield { at: bbs, what: 'active_key_label is not set.' };
        }
      }
    },
  },
  {
    id: 'keys/active-label-unknown',
    severity: 'error',
    what: 'the active label is not among the keys',
    why: 'The BBS does not boot when its active key is not among its keys.',
    next: 'Add the key (cgdiego keys add), or name one that is there (cgdiego keys activate).',
    source: BBS_BOOT,
    *check({ set }) {
      for (const block of set.keyBlocks) {
        const labels = allLabels(block);
        const active = block.active.text;
        if (labels === undefined || labels.length === 0 || active === undefined || labels.includes(active))
          continue;
        yield {
          at: block.active,
          what: `The active label ${active} is not among the keys (${labels.join(', ')}).`,
        };
      }
    },
  },
  {
    id: 'keys/none',
    severity: 'error',
    what: 'there is an active label, and the list of keys is empty or absent',
    why: 'The BBS does not boot without keys.',
    next: 'Add a key: cgdiego keys add',
    source: BBS_BOOT,
    *check({ set }) {
      for (const { active, keys, entries, bbs } of set.keyBlocks) {
        if (
          active.exists &&
          entries.length === 0 &&
          keys.reference === undefined &&
          !bbs.get('path').exists
        ) {
          yield { at: keys.exists ? keys : bbs, what: 'encryption_keys has no key.' };
        }
      }
    },
  },
  {
    id: 'keys/duplicate-label',
    severity: 'error',
    what: 'two keys have the same label',
    why: 'The job turns the list into a map from label to passphrase: one of the two vanishes, and rows under it cannot be read.',
    next: 'Give each key a label of its own; the label in use must keep its passphrase.',
    source: BBS_JOB,
    *check({ set }) {
      for (const { entries } of set.keyBlocks) {
        for (const [entry, first] of duplicates(entries, ({ label }) => label.text ?? label.written)) {
          yield {
            at: entry.label,
            what: `The label ${entry.label.text ?? entry.label.written ?? ''} is at line ${first.label.position.line} already.`,
          };
        }
      }
    },
  },
  {
    id: 'keys/label-invalid',
    severity: 'error',
    what: 'a label is empty, longer than 127 bytes, or holds a colon',
    why: 'The label stands in front of every blob with one byte for its length, and the BBS takes keys as label:passphrase.',
    next: 'Choose a label of 1 to 127 bytes without a colon for the next key (cgdiego keys generate).',
    source: 'bbs encryption/key.go, encryption/config.go',
    *check({ set }) {
      for (const { entries } of set.keyBlocks) {
        for (const { label } of entries) {
          if (label.isUnknown) continue;
          const problem = labelProblem(label.text ?? '');
          if (problem !== undefined)
            yield { at: label, what: `${problem[0]!.toUpperCase()}${problem.slice(1)}.` };
        }
      }
    },
  },
  {
    id: 'keys/label-not-text',
    severity: 'error',
    what: 'a label reads as a number, a date or a truth value',
    why: 'BOSH and the BBS then see something else than the characters in the file, and the labels do not match.',
    next: 'Put the label in quotes.',
    source: 'YAML 1.1, https://yaml.org/type/',
    *check({ set }) {
      for (const { entries, active } of set.keyBlocks) {
        for (const label of [active, ...entries.map((entry) => entry.label)]) {
          if (!label.isEmpty && !label.source.json && !isTextLabel(label))
            yield { at: label, what: `The label ${label.written ?? ''} is not a text to YAML.` };
        }
      }
    },
  },
  {
    id: 'keys/label-placeholder',
    severity: 'warn',
    what: 'a label is a placeholder in capitals',
    why: 'The example was not filled in.',
    next: 'Name the key after its month, such as key-2026-11.',
    source: '18F cg-deploy-diego, secrets.example.yml',
    *check(context) {
      for (const { entry, label } of labelled(context)) {
        if (isCapitalPlaceholder(label))
          yield { at: entry.label, what: `The label ${label} is a placeholder.` };
      }
    },
  },
  {
    id: 'keys/passphrase-empty',
    severity: 'error',
    what: 'a passphrase is empty or absent',
    why: 'The BBS accepts it, and the store is then as good as unencrypted.',
    next: 'Rotate to a generated key: cgdiego keys generate',
    source: 'bbs encryption/key.go',
    check: passphraseRule((passphrase) => (passphrase === '' ? 'is empty' : undefined)),
  },
  {
    id: 'keys/passphrase-placeholder',
    severity: 'error',
    what: 'a passphrase is a placeholder or a default',
    why: 'Everybody knows it.',
    next: 'Rotate to a generated key: cgdiego keys generate',
    source: '18F cg-deploy-diego, secrets.example.yml',
    check: passphraseRule((passphrase) => (isPlaceholder(passphrase) ? 'is a placeholder' : undefined)),
  },
  {
    id: 'keys/passphrase-shared',
    severity: 'error',
    what: 'two keys have the same passphrase',
    why: 'They are the same key under two labels, so a rotation between them protects nothing.',
    next: 'Replace the one that is not in use yet by a generated key.',
    source: 'bbs encryption/key.go: the key is the SHA-256 of the passphrase',
    *check({ set }) {
      for (const { entries } of set.keyBlocks) {
        const passphrase = (entry: KeyEntry) => entry.passphrase.text ?? entry.passphrase.written;
        for (const [entry, first] of duplicates(entries, (each) =>
          passphrase(each) === '' ? undefined : passphrase(each),
        )) {
          yield {
            at: entry.passphrase,
            what: `The keys ${entry.label.text ?? '?'} and ${first.label.text ?? '?'} have the same passphrase.`,
          };
        }
      }
    },
  },
  {
    id: 'keys/too-many',
    severity: 'warn',
    what: 'more than two keys',
    why: 'A rotation needs two. What stays longer was forgotten, and an old key that leaked can still read its rows and backups.',
    next: 'Ask the store which are needed (cgdiego keys audit), and take the others out (cgdiego keys remove).',
    source: 'docs.cloudfoundry.org, BBS encryption keys',
    *check({ set }) {
      for (const { entries, keys } of set.keyBlocks) {
        if (entries.length > 2) yield { at: keys, what: `There are ${entries.length} keys.` };
      }
    },
  },
  {
    id: 'keys/old-key-unused',
    severity: 'warn',
    what: 'a key that is not active and under which the store has nothing (only when the store is asked)',
    why: 'The rotation away from it is done; only backups need it.',
    next: 'Take it out: cgdiego keys remove LABEL. A key that was only just added is to be activated instead.',
    source: 'cgdiego keys audit',
    *check(context) {
      const { census } = context;
      if (census === undefined) return;
      for (const { block, entry, label } of labelled(context)) {
        if (
          label === block.active.text ||
          label === census.stored_label ||
          (census.blobs.get(label) ?? 0) > 0
        )
          continue;
        yield { at: entry.label, what: `No row of the store is under ${label}.` };
      }
    },
  },
  {
    id: 'keys/needed-key-missing',
    severity: 'error',
    what: 'the store has rows under a key that is not there (only when the store is asked)',
    why: 'The BBS deletes rows that it cannot decrypt when it lists them; without the stored label it does not boot.',
    next: 'Add the key with its old passphrase again before you deploy.',
    source: 'bbs db/sqldb/lrp_convergence.go, encryption_db.go; seen on a real BBS',
    *check({ census, set }) {
      if (census === undefined) return;
      for (const block of set.keyBlocks) {
        const labels = allLabels(block);
        if (labels === undefined || labels.length === 0 || block.bbs.get('path').exists) continue;
        const needed = new Map(census.blobs);
        if (census.stored_label !== null && !needed.has(census.stored_label))
          needed.set(census.stored_label, 0);
        for (const [label, blobs] of needed) {
          if (labels.includes(label)) continue;
          const what =
            blobs > 0 ? `${blobs} blobs of the store are under ${label}` : `The stored label is ${label}`;
          yield { at: block.keys, what: `${what}, which is not among the keys.` };
        }
      }
    },
  },
  {
    id: 'keys/blocks-differ',
    severity: 'error',
    what: 'the BBSs of one manifest have different keys or active labels',
    why: 'Whichever BBS holds the lock writes under its own active key: another one without that key deletes the rows.',
    next: 'Give all of them the same keys.',
    source: 'bbs db/sqldb: rows that cannot be decrypted are deleted when they are listed',
    *check({ set }) {
      const signature = (block: KeyBlock): string | undefined => {
        const labels = allLabels(block);
        return labels === undefined || labels.length === 0
          ? undefined
          : JSON.stringify([block.active.text ?? block.active.written, labels.toSorted()]);
      };
      for (const source of set.sources) {
        const [first, ...others] = set.keyBlocks.filter(
          ({ bbs, active }) => bbs.source === source && active.exists,
        );
        for (const block of others) {
          const [one, other] = [signature(first!), signature(block)];
          if (one === undefined || other === undefined || one === other) continue;
          yield { at: block.bbs, what: `Its keys differ from those at line ${first!.bbs.position.line}.` };
        }
      }
    },
  },
  {
    id: 'keys/relabelled',
    severity: 'error',
    what: 'an operation gives a key the active label (set-bbs-active-key.yml)',
    why: 'A new value renames the key that the store is under; the BBS does not find its stored label among its keys and refuses to boot.',
    next: 'Take the operations out, and rotate with an ops file that adds a key: cgdiego keys add --ops-file FILE',
    source: 'cf-deployment operations/set-bbs-active-key.yml',
    *check({ set }) {
      for (const ops of set.opsFiles) {
        const operation = relabelling(ops);
        if (operation)
          yield {
            at: operation.value,
            what: `The key's label is ${operation.value.written ?? ''}, which is the active label, too.`,
          };
      }
      for (const { active, entries } of set.keyBlocks) {
        const shared =
          active.reference === undefined
            ? undefined
            : entries.find(({ label }) => label.reference === active.reference);
        if (shared)
          yield {
            at: shared.label,
            what: `The key's label is ((${active.reference!})), which is the active label, too.`,
          };
      }
    },
  },
  {
    id: 'yaml/duplicate-key',
    severity: 'error',
    what: 'a map has the same key twice',
    why: 'Parsers differ on which of both counts, so what is deployed is not what is read.',
    next: 'Keep one of them.',
    source: 'YAML 1.2, 3.2.1.1',
    *check({ set }) {
      const inKeys = new Set(
        set.keyBlocks.flatMap(({ keys }) => keys.map?.items.map(({ key }) => key.range?.[0]) ?? []),
      );
      for (const source of set.sources) {
        for (const { key, offset } of source.duplicates) {
          if (inKeys.has(offset)) continue;
          const root = set.documents.find((document) => document.source === source)!;
          yield { at: root.place(offset), what: `The key ${key} is there twice.` };
        }
      }
    },
  },
];
