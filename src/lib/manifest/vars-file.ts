import type { Node } from 'yaml';
import { UsageError } from '../errors.ts';
import { appendFlowItem, appendLines, collectionOf, itemStart } from './collections.ts';
import { type Edit, emptyEdit } from './edits.ts';
import { quotingOf, scalarText } from './scalars.ts';
import type { Source } from './source.ts';
import { lineStart } from './splice.ts';
import { roots, type View } from './view.ts';

/** The variables of vars files, by name. A later file wins, as with the BOSH CLI's `-l`. */
export function variablesOf(sources: readonly Source[]): Map<string, View> {
  const variables = new Map<string, View>();
  for (const source of sources) {
    for (const root of roots(source)) {
      for (const [name, value] of root.entries) variables.set(name, value);
    }
  }
  return variables;
}

/**
 * Sets a variable of a vars file: in its own line when it is there, else in a new one at the end.
 * @throws {UsageError} when the file holds no map, or the variable is not a text.
 */
export function setVariable(source: Source, name: string, value: string): Edit {
  const edit = emptyEdit();
  const root = roots(source)[0];
  const map = root?.map;
  if (root === undefined || map === undefined || map.items.length === 0) {
    if (root !== undefined && !root.isEmpty && map === undefined) {
      throw new UsageError(`${source.path} is not a vars file.`, { why: 'It holds no map of variables.' });
    }
    throw new UsageError(`${source.path} holds no variables.`, {
      next: 'Remove the empty file: it is made anew, readable by you only.',
    });
  }
  const variable = root.get(name);
  const raw = variable.raw;
  if (variable.exists && raw?.range && variable.written !== undefined && map.items.includes(variable.pair!)) {
    edit.splices.push({
      start: raw.range[0],
      end: raw.range[1],
      text: scalarText(value, quotingOf(raw, source.json)),
    });
    edit.replaced.add(raw);
    return edit;
  }
  if (variable.exists) {
    throw new UsageError(`The variable ${name} in ${source.path} is not a text.`, {
      next: 'Correct the vars file, or name another variable with --variable.',
    });
  }
  edit.splices.push(...addition(source, map, name, value));
  edit.lists.set(map, { add: 1 });
  return edit;
}

function addition(source: Source, map: Node, name: string, value: string): Edit['splices'] {
  const collection = collectionOf(source.text, map)!;
  if (collection.flow) {
    const quoting = source.json ? 'json' : 'plain';
    return appendFlowItem(collection, `${scalarText(name, quoting)}: ${scalarText(value, quoting)}`);
  }
  const start = itemStart(collection.items.at(-1)!);
  const margin = source.text.slice(lineStart(source.text, start), start);
  return [appendLines(collection, [`${margin}${scalarText(name, 'plain')}: ${scalarText(value, 'plain')}`])];
}

/** The text of a new vars file. */
export function varsFileText(name: string, value: string): string {
  return `---\n${scalarText(name, 'plain')}: ${scalarText(value, 'plain')}\n`;
}
