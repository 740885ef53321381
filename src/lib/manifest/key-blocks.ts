import { UsageError } from '../errors.ts';
import { isOpsFile } from './ops-paths.ts';
import type { Source } from './source.ts';
import { roots, type Variables, View } from './view.ts';

/**
 * Where the BBS's keys stand:
 * - `spiff`: `property_overrides.bbs` of a stub (18F's cg-deploy-diego, secrets.example.yml);
 * - `deployed`: `properties.diego.bbs` of a deployed manifest, global, of a job or of an instance group;
 * - `cf-deployment`: `instance_groups[].jobs[].properties.diego.bbs`;
 * - `bbs.json`: the BBS's own configuration, label to passphrase;
 * - `keys-file`: `active_key_label` and `encryption_keys` at the top, as `--keys` reads them.
 */
export type KeyForm = 'spiff' | 'deployed' | 'cf-deployment' | 'bbs.json' | 'keys-file';

export interface KeyEntry {
  label: View;
  passphrase: View;
  /** Its place in the list or map. */
  index: number;
}

/** One place where a BBS gets its keys from. */
export interface KeyBlock {
  form: KeyForm;
  /** The map that holds `active_key_label` and `encryption_keys`. */
  bbs: View;
  active: View;
  keys: View;
  entries: KeyEntry[];
  /** The ops-file path to the map: `/instance_groups/name=diego-api/jobs/name=bbs/properties/diego/bbs`. */
  opsPath: string;
}

const LOOKED_IN =
  'property_overrides.bbs, properties.diego.bbs, instance_groups[].jobs[].properties.diego.bbs and, in a bbs.json or keys file, the top';

/** All places of a file that hold BBS keys. Empty for an ops file: see `ops-file.ts`. */
export function findKeyBlocks(source: Source, variables?: Variables): KeyBlock[] {
  return roots(source, variables).flatMap(blocksOf);
}

/** @throws {UsageError} when there is none. */
export function keyBlocks(source: Source, variables?: Variables): KeyBlock[] {
  const blocks = findKeyBlocks(source, variables);
  if (blocks.length > 0) return blocks;
  const ops = source.documents.some((document) => isOpsFile(document.contents));
  throw new UsageError(`${source.path} holds no keys of the BBS.`, {
    why: ops
      ? 'It is an ops file in which no operation sets active_key_label or encryption_keys of the BBS.'
      : `There is neither active_key_label nor encryption_keys in ${LOOKED_IN}.`,
    next: ops
      ? 'Give the manifest with --manifest and name the file that shall be written with --ops-file.'
      : 'Give the file that holds the keys; `bosh manifest` prints the deployed one.',
  });
}

function blocksOf(root: View): KeyBlock[] {
  if (root.map === undefined) return [];
  return [
    ...blockAt(root.source.json ? 'bbs.json' : topForm(root), root, ''),
    ...blockAt('spiff', root.at('property_overrides', 'bbs'), '/property_overrides/bbs'),
    ...blockAt('deployed', root.at(...BBS), '/properties/diego/bbs'),
    ...root.get('instance_groups').items.flatMap((group) => groupBlocks(group, 'instance_groups')),
    ...root.get('jobs').items.flatMap((job) => groupBlocks(job, 'jobs')),
  ];
}

const BBS = ['properties', 'diego', 'bbs'] as const;

/** The keys of an instance group of a BOSH 2 manifest or of a job of an older one: its own and those of its jobs. */
export function groupBlocks(group: View, list: 'instance_groups' | 'jobs'): KeyBlock[] {
  const path = `/${list}/${opsToken(group)}`;
  const inner = list === 'instance_groups' ? 'jobs' : 'templates';
  return [
    ...blockAt('deployed', group.at(...BBS), `${path}/properties/diego/bbs`),
    ...group.get(inner).items.flatMap((job) => jobBlocks(job, `${path}/${inner}/${opsToken(job)}`)),
  ];
}

/** The keys of a job inside an instance group. */
export function jobBlocks(job: View, path: string): KeyBlock[] {
  return blockAt('cf-deployment', job.at(...BBS), `${path}/properties/diego/bbs`);
}

/** The block whose map is `bbs`, if that holds keys. */
export function blockAt(form: KeyForm, bbs: View, opsPath: string): KeyBlock[] {
  const active = bbs.get('active_key_label');
  const keys = bbs.get('encryption_keys');
  if (!active.exists && !keys.exists) return [];
  return [{ form, bbs, active, keys, entries: entriesOf(keys), opsPath }];
}

/** A YAML file with the keys at its top as an object can only be a bbs.json that was rewritten as YAML. */
function topForm(root: View): KeyForm {
  return root.get('encryption_keys').map ? 'bbs.json' : 'keys-file';
}

function opsToken(item: View): string {
  const name = item.get('name').written;
  return name === undefined ? (/\[(\d+)\]$/.exec(item.path)?.[1] ?? '-') : `name=${name}`;
}

/** The keys of a list of `{label, passphrase}` or of an object from label to passphrase. */
export function entriesOf(keys: View): KeyEntry[] {
  if (keys.map) {
    return keys.map.items.map((pair, index) => ({
      label: new View(keys.source, pair.key, { path: keys.path, pair, parent: keys }),
      passphrase: new View(keys.source, pair.value, { path: keys.path, pair, parent: keys }),
      index,
    }));
  }
  return keys.items.map((item, index) => ({
    label: item.get('label'),
    passphrase: item.get('passphrase'),
    index,
  }));
}

/** The entry with this label, variables looked up. */
export function entryWith(block: KeyBlock, label: string): KeyEntry | undefined {
  return block.entries.find((entry) => entry.label.text === label);
}

/**
 * Whether the keys' passphrases stand in the block or are `((variables))`: a new one is written the same way.
 * @throws {UsageError} for spiff's and spruce's `(( expressions ))`, which only they can follow.
 */
export function passphraseKind(block: KeyBlock): 'literal' | 'variable' {
  const references = block.entries
    .map(({ passphrase }) => passphrase.written)
    .filter((written) => written?.includes('((') === true);
  const expression = block.entries.find(({ passphrase }) => /\s/.test(passphrase.reference ?? ''));
  if (expression) {
    const { line } = expression.passphrase.position;
    throw new UsageError(
      `${block.bbs.source.path}:${line}: the passphrase is a spiff or spruce expression.`,
      {
        why: 'Where the passphrases come from cannot be told from this file.',
        next: 'Add the key to the file that the expression takes the passphrase from.',
      },
    );
  }
  return references.length > 0 ? 'variable' : 'literal';
}

/** Blocks that share one list through an alias or a merge are edited once. */
export function distinctBy(blocks: readonly KeyBlock[], of: (block: KeyBlock) => unknown): KeyBlock[] {
  const seen = new Set<unknown>();
  return blocks.filter((block) => !seen.has(of(block)) && seen.add(of(block)));
}
