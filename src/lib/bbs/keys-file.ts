import { UsageError, messageOf } from '../errors.ts';
import { yamlProblem } from '../yaml-problems.ts';
import { permissionWarning, readInput } from './config-file.ts';
import { labelProblem, type KeyConfig } from './keyring.ts';

export interface KeysInput {
  config: KeyConfig;
  /** What the operator should know about the file, for stderr. */
  warnings: string[];
}

/**
 * Reads a keys file: JSON or YAML, `encryption_keys` as an object (bbs.json) or as a list of `{label, passphrase}` (manifest), with
 * `active_key_label`. In a manifest they may lie under `diego.bbs`, `bbs`, or `property_overrides.bbs`. `-` is standard input.
 * @throws {UsageError} that never quotes the file
 */
export async function readKeysFile(
  path: string,
  stdin: AsyncIterable<string | Uint8Array>,
): Promise<KeysInput> {
  const source = path === '-' ? 'standard input' : path;
  const text = path === '-' ? await readAll(stdin) : await readInput(path);
  const config = await parseKeys(text, source);
  const warning = path === '-' ? undefined : await permissionWarning(path);
  return { config, warnings: warning === undefined ? [] : [warning] };
}

async function readAll(stream: AsyncIterable<string | Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

/** @throws {UsageError} */
export async function parseKeys(text: string, source: string): Promise<KeyConfig> {
  const root = keysRoot(await parseJsonOrYaml(text, source));
  if (root === undefined) {
    throw new UsageError(`There are no encryption keys in ${source}.`, {
      why: 'It has no encryption_keys.',
      next: 'Write encryption_keys: [{label: key-2026-11, passphrase: ...}] and active_key_label, or give a bbs.json.',
    });
  }
  const passphrases = new Map<string, string>();
  for (const [label, passphrase] of entriesOf(root.encryption_keys, source)) {
    const problem = labelProblem(label);
    // A store may know a label with a colon from long ago, so only what no blob can carry is refused here.
    if (problem !== undefined && !label.includes(':')) {
      throw new UsageError(`A key label in ${source} is not valid: ${JSON.stringify(label)}.`, {
        why: `${problem}.`,
      });
    }
    if (passphrases.has(label)) {
      throw new UsageError(`The key label ${JSON.stringify(label)} is twice in ${source}.`, {
        why: 'The BBS keeps one of them, and it is not said which.',
        next: 'Give each key a label of its own.',
      });
    }
    passphrases.set(label, passphrase);
  }
  const active = root.active_key_label;
  if (active !== undefined && active !== null && typeof active !== 'string') {
    throw new UsageError(`The active_key_label in ${source} is not a string.`, {
      next: 'Quote it, for example "2026".',
    });
  }
  return { passphrases, activeLabel: active === '' ? undefined : (active ?? undefined), source };
}

interface KeysRoot {
  encryption_keys: unknown;
  active_key_label?: unknown;
}

async function parseJsonOrYaml(text: string, source: string): Promise<unknown> {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Not JSON: then it should be YAML.
  }
  const { parseDocument } = await import('yaml');
  const document = parseDocument(text, { prettyErrors: false });
  const problem = document.errors[0];
  if (problem !== undefined) {
    const before = text.slice(0, problem.pos[0]).split('\n');
    throw new UsageError(`${source} is neither JSON nor YAML.`, {
      why: `Line ${before.length}, column ${before.at(-1)!.length + 1}: ${yamlProblem(problem.code)}.`,
    });
  }
  try {
    // Anchors are resolved; strings are only what YAML says is a string, so that a label 2026 is seen as the number it is.
    return document.toJS() as unknown;
  } catch (error) {
    throw new UsageError(`${source} cannot be read as YAML.`, { why: messageOf(error), cause: error });
  }
}

const PLACES = [[], ['diego', 'bbs'], ['bbs'], ['property_overrides', 'bbs'], ['properties', 'diego', 'bbs']];

function keysRoot(value: unknown): KeysRoot | undefined {
  for (const place of PLACES) {
    let node = value;
    for (const name of place) node = isRecord(node) ? node[name] : undefined;
    if (isRecord(node) && node.encryption_keys !== undefined) return node as unknown as KeysRoot;
  }
  return undefined;
}

function* entriesOf(keys: unknown, source: string): Generator<[string, string]> {
  const invalid = (why: string) =>
    new UsageError(`The encryption_keys in ${source} cannot be read.`, {
      why,
      next: 'Write a list of {label, passphrase}, or an object with a passphrase by label.',
    });
  if (Array.isArray(keys)) {
    for (const [index, entry] of keys.entries()) {
      if (!isRecord(entry)) throw invalid(`Entry ${index + 1} is not {label, passphrase}.`);
      yield [
        text(entry.label, `The label of entry ${index + 1}`),
        text(entry.passphrase, `The passphrase of entry ${index + 1}`),
      ];
    }
  } else if (isRecord(keys)) {
    for (const [label, passphrase] of Object.entries(keys))
      yield [label, text(passphrase, `The passphrase of ${label}`)];
  } else {
    throw invalid('It is neither a list nor an object.');
  }

  function text(value: unknown, what: string): string {
    if (typeof value !== 'string') {
      throw invalid(
        `${what} is ${value === undefined ? 'missing' : `not a string but ${value === null ? 'null' : typeof value}`}; quote it if it looks like a number.`,
      );
    }
    if (/^\(\([^)]*\)\)$/.test(value))
      throw invalid(`${what} is the reference ${value}, not a value. Interpolate the manifest first.`);
    return value;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
