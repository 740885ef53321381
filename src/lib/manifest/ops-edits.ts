import { UsageError } from '../errors.ts';
import { appendLines, collectionOf, removeItem } from './collections.ts';
import { activateKey, addKey, type Edit, emptyEdit, placeOf, removeKey } from './edits.ts';
import type { NewKey } from './entry-text.ts';
import { entryWith } from './key-blocks.ts';
import { blocksInOps, type OpsFile } from './ops-file.ts';
import { pathToken } from './ops-paths.ts';
import { quotingOf, scalarText } from './scalars.ts';

/** One operation of an ops file. */
export interface Operation {
  type: 'replace' | 'remove';
  path: string;
  /** A scalar, or the fields of a map. */
  value?: string | Readonly<Record<string, string>>;
}

export function addOperation(bbs: string, { label, passphrase }: NewKey): Operation {
  return { type: 'replace', path: `${bbs}/encryption_keys/-`, value: { label, passphrase } };
}

export function activateOperation(bbs: string, label: string): Operation {
  return { type: 'replace', path: `${bbs}/active_key_label`, value: label };
}

export function removeOperation(bbs: string, label: string): Operation {
  return { type: 'remove', path: `${bbs}/encryption_keys/label=${pathToken(label)}` };
}

/** The text of a new ops file. */
export function opsFileText(operations: readonly Operation[]): string {
  return `---\n${operations.flatMap((operation) => operationLines(operation, '')).join('\n')}\n`;
}

function operationLines({ type, path, value }: Operation, margin: string): string[] {
  const pathText = /^[\w/=.?-]+$/.test(path) ? path : scalarText(path, 'single');
  const lines = [`- type: ${type}`, `  path: ${pathText}`];
  if (typeof value === 'string') lines.push(`  value: ${valueText(value)}`);
  else if (value !== undefined) {
    lines.push('  value:', ...Object.entries(value).map(([key, text]) => `    ${key}: ${valueText(text)}`));
  }
  return lines.map((line) => margin + line);
}

/** References stand in double quotes, as cf-deployment writes them. */
function valueText(text: string): string {
  return scalarText(text, text.startsWith('((') ? 'double' : 'plain');
}

/** Puts an operation behind the last one. */
export function appendOperation(ops: OpsFile, operation: Operation): Edit {
  const { source, list } = ops;
  const collection = collectionOf(source.text, list.node!)!;
  if (collection.flow) {
    throw new UsageError(`${source.path} is written in brackets.`, {
      next: 'Write the ops file with its operations on lines of their own, or name another one with --ops-file.',
    });
  }
  const edit = emptyEdit();
  const margin = ' '.repeat(source.at(list.node!.range![0]).column - 1);
  edit.splices.push(appendLines(collection, operationLines(operation, margin)));
  edit.lists.set(list.node!, { add: 1 });
  return edit;
}

/** Adds a key: to the list that the ops file brings, else with an operation of its own. */
export function addInOps(ops: OpsFile, bbs: string, key: NewKey): Edit {
  const blocks = blocksInOps(ops).filter(({ keys }) => keys.exists);
  if (blocks.length > 0) return addKey(ops.source, blocks, () => key);
  return appendOperation(ops, addOperation(bbs, key));
}

/** Sets the active label: where the ops file sets it already, else with an operation of its own. */
export function activateInOps(ops: OpsFile, bbs: string, label: string): Edit {
  const last = ops.operations.findLast(({ target }) => target.kind === 'active');
  if (last?.type !== 'replace') {
    const blocks = blocksInOps(ops).filter(({ active }) => active.exists);
    if (blocks.length > 0) return activateKey(ops.source, blocks, label);
    return appendOperation(ops, activateOperation(bbs, label));
  }
  const edit = emptyEdit();
  if (last.value.text === label) return edit;
  const raw = last.value.raw;
  if (last.value.written?.includes('((') === true || !raw?.range) {
    throw new UsageError(
      `${placeOf(last.value)} sets the active label to ${last.value.written ?? 'nothing'}.`,
      {
        why: 'A reference is never replaced by its value.',
        next: 'Set the variable in the vars file (--vars-file) or in CredHub, or name another --ops-file to be applied behind this one.',
      },
    );
  }
  edit.splices.push({
    start: raw.range[0],
    end: raw.range[1],
    text: scalarText(label, quotingOf(raw, ops.source.json)),
  });
  edit.replaced.add(raw);
  return edit;
}

/** Takes out what the ops file adds, or adds the operation that takes the key out of the manifest. */
export function removeInOps(ops: OpsFile, bbs: string, label: string): Edit {
  const blocks = blocksInOps(ops).filter((block) => entryWith(block, label) !== undefined);
  if (blocks.length > 0) return removeKey(ops.source, blocks, label);
  const added = ops.operations.find(
    ({ target, value, type }) =>
      target.kind === 'append' && type === 'replace' && value.get('label').text === label,
  );
  const splices = added && removeItem(collectionOf(ops.source.text, ops.list.node!)!, added.index);
  if (splices === undefined) return appendOperation(ops, removeOperation(bbs, label));
  const edit = emptyEdit();
  edit.splices.push(...splices);
  edit.lists.set(ops.list.node!, { remove: added!.index });
  return edit;
}
