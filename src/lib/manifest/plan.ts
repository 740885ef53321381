import { UsageError } from '../errors.ts';
import { editedFile, type FileChange, newFile } from './changes.ts';
import { activateKey, addKey, placeOf, removeKey } from './edits.ts';
import type { NewKey } from './entry-text.ts';
import { entryWith, type KeyBlock, passphraseKind } from './key-blocks.ts';
import {
  activateInOps,
  activateOperation,
  addInOps,
  addOperation,
  type Operation,
  opsFileText,
  removeInOps,
  removeOperation,
} from './ops-edits.ts';
import { applyOps, blocksInOps, type OpsFile, RELABEL_WARNING, relabelling } from './ops-file.ts';
import { bbsPathOf, type Loaded, load, opsTargets, type Targets } from './targets.ts';
import { setVariable, varsFileText } from './vars-file.ts';

export interface KeyToAdd {
  label: string;
  passphrase: string;
  /** The variable for the passphrase where the manifest has references. */
  variable: string;
}

/** What would be written, and what the operator should know. */
export interface Plan {
  changes: FileChange[];
  notes: string[];
  /** A variable that the manifest now names and that no vars file was given for. */
  unsetVariable: string | undefined;
}

/** Plans to add a key. Nothing is written. */
export async function planAdd(targets: Targets, key: KeyToAdd): Promise<Plan> {
  const loaded = await load(targets);
  const plan: Plan = { changes: [], notes: [], unsetVariable: undefined };
  for (const { blocks } of loaded.manifests) for (const block of blocks) assertNew(block, key);
  const references: NewKey[] = [];
  const reference = (): NewKey => {
    references.push({ label: key.label, passphrase: `((${key.variable}))` });
    return references[0]!;
  };
  const literal = { label: key.label, passphrase: key.passphrase };
  if (loaded.opsFile) {
    const { path, ops } = loaded.opsFile;
    const todo = opsTargets(loaded).filter(({ state }) => !state.labels.includes(key.label));
    if (todo.length > 0) {
      const operations = todo.map(({ bbs }) => addOperation(bbs, reference()));
      plan.changes.push(
        ...opsChange(path, ops, operations, (file) => addInOps(file, todo[0]!.bbs, reference())),
      );
    }
    plan.notes.push(RELABEL_WARNING);
  } else {
    for (const { source, ops, blocks } of loaded.manifests) {
      if (ops) {
        if (applyOps({ active: undefined, labels: [] }, ops).labels.includes(key.label)) continue;
        const edit = addInOps(ops, bbsPathOf(ops), literalsIn(ops) ? literal : reference());
        plan.changes.push(...editedFile(source, edit));
        if (relabelling(ops)) plan.notes.push(RELABEL_WARNING);
        continue;
      }
      const edit = addKey(source, blocks, (block) =>
        passphraseKind(block) === 'variable' ? reference() : literal,
      );
      plan.changes.push(...editedFile(source, edit));
      plan.notes.push(...edit.notes);
    }
  }
  if (references.length > 0) addVariable(loaded, plan, key);
  return plan;
}

/** @throws {UsageError} when the label stands for another passphrase, or the passphrase for another label. */
function assertNew(block: KeyBlock, { label, passphrase }: KeyToAdd): void {
  const same = entryWith(block, label);
  const known = same?.passphrase.text;
  if (same && known !== undefined && known !== passphrase) {
    throw new UsageError(`${placeOf(same.label)} has a key ${label} with another passphrase.`, {
      why: 'What is stored under a label can only be read with the passphrase it was written with.',
      next: 'Choose another label with --label.',
    });
  }
  const twin = block.entries.find((entry) => entry.passphrase.text === passphrase && entry !== same);
  if (twin) {
    throw new UsageError(
      `The passphrase of ${label} is that of ${twin.label.text ?? 'another key'} already.`,
      {
        why: 'A new label for the old passphrase is no new key.',
        next: 'Make one with: cgdiego keys generate',
      },
    );
  }
}

function addVariable(loaded: Loaded, plan: Plan, { variable, passphrase }: KeyToAdd): void {
  const { varsFile, variables } = loaded;
  if (varsFile === undefined) {
    plan.unsetVariable = variable;
    return;
  }
  const known = variables.get(variable)?.text;
  if (known === passphrase) return;
  if (known !== undefined) {
    throw new UsageError(`${varsFile.path} sets ${variable} to another passphrase already.`, {
      next: 'Name another variable with --variable.',
    });
  }
  plan.changes.push(
    ...(varsFile.source
      ? editedFile(varsFile.source, setVariable(varsFile.source, variable, passphrase), { everything: true })
      : [newFile(varsFile.path, varsFileText(variable, passphrase), { everything: true })]),
  );
}

/** Plans to make a key the active one. */
export async function planActivate(targets: Targets, label: string): Promise<Plan> {
  const loaded = await load(targets);
  const plan: Plan = { changes: [], notes: [], unsetVariable: undefined };
  if (loaded.opsFile) {
    const { path, ops } = loaded.opsFile;
    if (ops) assertNotRelabelled(ops);
    const todo = opsTargets(loaded).filter(({ state }) => state.active !== label);
    for (const { state, known } of todo) if (known) assertAmong(label, state.labels, path);
    if (todo.length > 0) {
      const operations = todo.map(({ bbs }) => activateOperation(bbs, label));
      plan.changes.push(
        ...opsChange(path, ops, operations, (file) => activateInOps(file, todo[0]!.bbs, label)),
      );
    }
    plan.notes.push(RELABEL_WARNING);
    return plan;
  }
  for (const { source, ops, blocks } of loaded.manifests) {
    if (ops) {
      assertNotRelabelled(ops);
      plan.changes.push(...editedFile(source, activateInOps(ops, bbsPathOf(ops), label)));
      continue;
    }
    for (const block of blocks) {
      const labels = block.entries.flatMap((entry) => entry.label.text ?? []);
      if (block.keys.reference === undefined) assertAmong(label, labels, placeOf(block.bbs));
    }
    const byVariable = blocks.filter(({ active }) => active.reference !== undefined);
    for (const block of byVariable) activateVariable(loaded, plan, block, label);
    const edit = activateKey(
      source,
      blocks.filter((block) => !byVariable.includes(block)),
      label,
    );
    plan.changes.push(...editedFile(source, edit));
    plan.notes.push(...edit.notes);
  }
  return plan;
}

function assertAmong(label: string, labels: readonly string[], place: string): void {
  if (labels.includes(label)) return;
  throw new UsageError(`${place} has no key ${label}.`, {
    why: `Its keys are ${labels.join(', ') || 'none'}. A BBS whose active label is not among its keys does not boot.`,
    next: 'Add the key first (cgdiego keys add), deploy, and activate it then.',
  });
}

function assertNotRelabelled(ops: OpsFile): void {
  const operation = relabelling(ops);
  if (operation === undefined) return;
  throw new UsageError(`${placeOf(operation.value)} gives a key the active label.`, {
    why: RELABEL_WARNING,
    next: 'Take these operations out, then run the command again.',
  });
}

/** The active label is a `((variable))`: its value changes, in the vars file. */
function activateVariable(loaded: Loaded, plan: Plan, block: KeyBlock, label: string): void {
  const { varsFile } = loaded;
  const name = block.active.reference!;
  if (block.entries.some((entry) => entry.label.reference === name)) {
    throw new UsageError(`${placeOf(block.active)}: the variable ((${name})) is a key's label, too.`, {
      why: `With a new value it would rename that key. ${RELABEL_WARNING}`,
      next: 'Write the label of that key as it is, and run the command again.',
    });
  }
  if (varsFile?.source === undefined || /[.\s]/.test(name)) {
    throw new UsageError(`${placeOf(block.active)}: the active label is the variable ((${name})).`, {
      why: 'A reference is never replaced by its value.',
      next: `Give the vars file that sets it with --vars-file, or set it where it is kept: credhub set -n <path>/${name} -t value -v ${label}`,
    });
  }
  const { source } = varsFile;
  if (plan.changes.some(({ path }) => path === source.path) || block.active.text === label) return;
  plan.changes.push(...editedFile(source, setVariable(source, name, label)));
}

/** Plans to take a key out. Whether the store still uses it is the caller's to ask first. */
export async function planRemove(targets: Targets, label: string): Promise<Plan> {
  const loaded = await load(targets);
  const plan: Plan = { changes: [], notes: [], unsetVariable: undefined };
  if (loaded.opsFile) {
    const { path, ops } = loaded.opsFile;
    const all = opsTargets(loaded);
    for (const { state } of all) assertNotActive(label, state.active, path);
    const todo = all.filter(({ state, known }) => !known || state.labels.includes(label));
    if (todo.length > 0) {
      const operations = todo.map(({ bbs }) => removeOperation(bbs, label));
      plan.changes.push(
        ...opsChange(path, ops, operations, (file) => removeInOps(file, todo[0]!.bbs, label)),
      );
    }
    return plan;
  }
  for (const { source, ops, blocks } of loaded.manifests) {
    if (ops) {
      assertNotActive(label, applyOps({ active: undefined, labels: [] }, ops).active, source.path);
      plan.changes.push(...editedFile(source, removeInOps(ops, bbsPathOf(ops), label)));
      continue;
    }
    for (const block of blocks) {
      assertNotActive(label, block.active.text, placeOf(block.bbs));
      const reference = entryWith(block, label)?.passphrase.reference;
      if (reference !== undefined) {
        plan.notes.push(
          `The variable ((${reference})) is not needed by the BBS any more. Keep its value as long as there are backups of the store from before the rotation.`,
        );
      }
    }
    const edit = removeKey(source, blocks, label);
    plan.changes.push(...editedFile(source, edit));
    plan.notes.push(...edit.notes);
  }
  return plan;
}

function assertNotActive(label: string, active: string | undefined, place: string): void {
  if (active !== label) return;
  throw new UsageError(`${label} is the active key of ${place}.`, {
    why: 'A BBS whose active label is not among its keys does not boot.',
    next: 'Activate another key first: cgdiego keys activate LABEL --manifest FILE',
  });
}

function opsChange(
  path: string,
  ops: OpsFile | undefined,
  operations: readonly Operation[],
  editOne: (ops: OpsFile) => ReturnType<typeof addInOps>,
): FileChange[] {
  if (ops === undefined) return [newFile(path, opsFileText(operations))];
  if (operations.length > 1) {
    throw new UsageError('The manifest has several places with keys of the BBS.', {
      why: `${path} exists already, and only one operation can be added to it at a time.`,
      next: 'Write an ops file for each place, or a new one.',
    });
  }
  return editedFile(ops.source, editOne(ops));
}

/** Whether the ops file has passphrases written out, so that a new one stands beside them. */
function literalsIn(ops: OpsFile): boolean {
  const passphrases = [
    ...ops.operations
      .filter(({ target }) => target.kind === 'append')
      .map(({ value }) => value.get('passphrase')),
    ...blocksInOps(ops).flatMap(({ entries }) => entries.map(({ passphrase }) => passphrase)),
  ];
  return passphrases.some(({ written }) => written !== undefined && !written.includes('(('));
}
