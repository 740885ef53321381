import { blockAt, entriesOf, groupBlocks, jobBlocks, type KeyBlock } from './key-blocks.ts';
import { isOpsFile, keysPath, type KeysPath } from './ops-paths.ts';
import type { Source } from './source.ts';
import { roots, type Variables, type View } from './view.ts';

/** Where cf-deployment has the BBS's properties. */
export const CF_DEPLOYMENT_BBS = '/instance_groups/name=diego-api/jobs/name=bbs/properties/diego/bbs';

export const RELABEL_WARNING =
  "cf-deployment's operations/set-bbs-active-key.yml gives key 0 the active label, too. Changing only its variable " +
  'diego_bbs_active_key_label renames the key that the store is under: the BBS then does not find its stored label among its ' +
  'keys and refuses to boot. Take that ops file out of the deployment.';

/** The keys as a foundation has them once manifest and ops files are put together. Labels, never passphrases. */
export interface KeyState {
  active: string | undefined;
  labels: string[];
}

/** An operation on the BBS's keys. */
export interface KeysOperation extends KeysPath {
  /** Its place in the file. */
  index: number;
  type: string;
  value: View;
}

export interface OpsFile {
  source: Source;
  list: View;
  operations: KeysOperation[];
}

/** The file as an ops file, or `undefined` when it is none. */
export function asOpsFile(source: Source, variables?: Variables): OpsFile | undefined {
  const list = roots(source, variables).find(({ node }) => isOpsFile(node ?? null));
  if (list === undefined) return undefined;
  const operations = list.items.flatMap((operation, index) => {
    const target = keysPath(operation.get('path').written ?? '');
    if (target === undefined) return [];
    return [{ ...target, index, type: operation.get('type').written ?? '', value: operation.get('value') }];
  });
  return { source, list, operations };
}

/** The keys of a manifest's block, before ops files. */
export function stateOf(block: KeyBlock): KeyState {
  return { active: textOf(block.active), labels: labelsOf(block.keys) };
}

/** What the ops file makes of the keys, as go-patch would. */
export function applyOps(state: KeyState, { operations }: OpsFile): KeyState {
  return operations.reduce(applyOperation, state);
}

function applyOperation({ active, labels }: KeyState, { target, type, value }: KeysOperation): KeyState {
  const remove = type === 'remove';
  const replaceAt = (entry: string, replacement: (old: string) => string[]): string[] => {
    const index = /^\d+$/.test(entry) ? Number(entry) : labels.indexOf(entry.replace(/^label=/, ''));
    const old = labels[index];
    return old === undefined ? labels : labels.toSpliced(index, 1, ...replacement(old));
  };
  switch (target.kind) {
    case 'active':
      return { labels, active: remove ? undefined : textOf(value) };
    case 'bbs':
      return remove
        ? { active: undefined, labels: [] }
        : { active: textOf(value.get('active_key_label')), labels: labelsOf(value.get('encryption_keys')) };
    case 'keys':
      return { active, labels: remove ? [] : labelsOf(value) };
    case 'append':
      return { active, labels: [...labels, ...labelOf(value)] };
    case 'entry':
      return { active, labels: replaceAt(target.entry, () => (remove ? [] : labelOf(value))) };
    case 'entry-field':
      return target.field === 'label'
        ? { active, labels: replaceAt(target.entry, (old) => [textOf(value) ?? old]) }
        : { active, labels };
  }
}

function textOf(view: View): string | undefined {
  return view.text ?? view.written;
}

function labelOf(entry: View): string[] {
  return textOf(entry.get('label')) === undefined ? [] : [textOf(entry.get('label'))!];
}

function labelsOf(keys: View): string[] {
  return entriesOf(keys).flatMap(({ label }) => textOf(label) ?? []);
}

/**
 * The operation that gives a key the active label's variable, as cf-deployment's set-bbs-active-key.yml does. With it a new value
 * of the variable renames the only key instead of adding one.
 */
export function relabelling({ operations }: OpsFile): KeysOperation | undefined {
  const active = operations.find(({ target }) => target.kind === 'active')?.value.written;
  return operations.find(
    ({ target, value }) =>
      target.kind === 'entry-field' &&
      target.field === 'label' &&
      active !== undefined &&
      value.written === active,
  );
}

/**
 * Lists of keys inside the operations' values: a whole list, a whole `bbs` map, or an instance group or job that brings the BBS with
 * it. They are edited like a manifest's own.
 */
export function blocksInOps({ list, operations }: OpsFile): KeyBlock[] {
  const own = operations.flatMap(({ target, value, bbs, type, index }): KeyBlock[] => {
    if (type !== 'replace') return [];
    if (target.kind === 'bbs') return blockAt('cf-deployment', value, bbs);
    if (target.kind !== 'keys' || (!value.seq && !value.map)) return [];
    const operation = list.items[index]!;
    const active = operations.findLast((other) => other.target.kind === 'active')?.value;
    return [
      {
        form: 'cf-deployment',
        bbs: operation,
        active: active ?? operation.get('active_key_label'),
        keys: value,
        entries: entriesOf(value),
        opsPath: bbs,
      },
    ];
  });
  const brought = list.items.flatMap((operation) => {
    const path = operation.get('path').written ?? '';
    const value = operation.get('value');
    if (/^\/instance_groups\/[^/]+$/.test(path)) return groupBlocks(value, 'instance_groups');
    return /^\/instance_groups\/[^/]+\/jobs\/[^/]+$/.test(path) ? jobBlocks(value, path) : [];
  });
  return [...own, ...brought];
}
