import { UsageError } from '../errors.ts';
import { Files } from './changes.ts';
import { placeOf } from './edits.ts';
import { type KeyBlock, keyBlocks } from './key-blocks.ts';
import {
  applyOps,
  asOpsFile,
  blocksInOps,
  CF_DEPLOYMENT_BBS,
  type KeyState,
  type OpsFile,
  stateOf,
} from './ops-file.ts';
import type { Source } from './source.ts';
import { variablesOf } from './vars-file.ts';
import type { View } from './view.ts';

/** The files that a change of the keys is about. */
export interface Targets {
  manifests: readonly string[];
  /** Written in place of the manifests, which are then only read. */
  opsFile?: string | undefined;
  /** Where the values of `((variables))` are. */
  varsFile?: string | undefined;
}

/** The targets, read and parsed. */
export interface Loaded {
  files: Files;
  manifests: { source: Source; ops: OpsFile | undefined; blocks: KeyBlock[] }[];
  opsFile: { path: string; ops: OpsFile | undefined } | undefined;
  varsFile: { path: string; source: Source | undefined } | undefined;
  variables: ReadonlyMap<string, View>;
}

/** @throws {UsageError} for a file that is malformed or holds no keys. */
export async function load(targets: Targets): Promise<Loaded> {
  const files = new Files();
  const { varsFile: varsPath, opsFile: opsPath } = targets;
  const varsSource = varsPath === undefined ? undefined : await files.readIfThere(varsPath);
  const variables = variablesOf(varsSource ? [varsSource] : []);
  const sources = new Set<Source>();
  for (const path of targets.manifests) sources.add(await files.read(path));
  const manifests = [...sources].map((source) => {
    const ops = asOpsFile(source, variables);
    const blocks = ops ? [] : keyBlocks(source, variables);
    if (ops?.operations.length === 0 && blocksInOps(ops).length === 0) keyBlocks(source);
    return { source, ops, blocks };
  });
  return {
    files,
    manifests,
    variables,
    opsFile:
      opsPath === undefined ? undefined : { path: opsPath, ops: await readOps(files, opsPath, variables) },
    varsFile: varsPath === undefined ? undefined : { path: varsPath, source: varsSource },
  };
}

async function readOps(
  files: Files,
  path: string,
  variables: ReadonlyMap<string, View>,
): Promise<OpsFile | undefined> {
  const source = await files.readIfThere(path);
  if (source === undefined) return undefined;
  const ops = asOpsFile(source, variables);
  if (ops) return ops;
  throw new UsageError(`${path} is not an ops file.`, {
    why: 'It is not a list of operations with a type and a path.',
    next: 'Name a new file with --ops-file; it is made for you.',
  });
}

/** The labels that the manifests (and the ops file) have, for a new label that is not among them. */
export async function labelsIn(targets: Targets): Promise<Set<string>> {
  const { manifests, opsFile } = await load(targets);
  const states = manifests.flatMap(({ blocks, ops }) => [
    ...blocks.map(stateOf),
    ...(ops ? [applyOps({ active: undefined, labels: [] }, ops)] : []),
  ]);
  if (opsFile?.ops) states.push(applyOps({ active: undefined, labels: [] }, opsFile.ops));
  return new Set(states.flatMap(({ labels }) => labels));
}

/** For each place of the BBS's properties the state of its keys, manifest and ops file put together. */
export function opsTargets({
  manifests,
  opsFile,
}: Loaded): { bbs: string; state: KeyState; known: boolean }[] {
  const ops = opsFile?.ops;
  const blocks = manifests.flatMap(({ blocks: own }) => own);
  const after = (state: KeyState): KeyState => (ops ? applyOps(state, ops) : state);
  if (blocks.length === 0) {
    const bbs = ops && ops.operations.length > 0 ? bbsPathOf(ops) : CF_DEPLOYMENT_BBS;
    return [{ bbs, state: after({ active: undefined, labels: [] }), known: false }];
  }
  return blocks.map((block) => ({ bbs: block.opsPath, state: after(stateOf(block)), known: true }));
}

/** The path of the BBS's properties that the ops file uses already. */
export function bbsPathOf(ops: OpsFile): string {
  return ops.operations.at(-1)?.bbs ?? blocksInOps(ops)[0]?.opsPath ?? CF_DEPLOYMENT_BBS;
}

/** The keys of a manifest as it stands, for status and checks. */
export async function keyStates(targets: Targets): Promise<{ place: string; state: KeyState }[]> {
  const { manifests, opsFile } = await load(targets);
  return manifests.flatMap(({ source, ops, blocks }) => {
    if (ops) return [{ place: source.path, state: applyOps({ active: undefined, labels: [] }, ops) }];
    return blocks.map((block) => {
      const state = stateOf(block);
      return { place: placeOf(block.bbs), state: opsFile?.ops ? applyOps(state, opsFile.ops) : state };
    });
  });
}
