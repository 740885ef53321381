import { access, realpath } from 'node:fs/promises';
import { CgdiegoError, messageOf } from '../errors.ts';
import type { Edit } from './edits.ts';
import { type MaskOptions, maskedLines } from './mask.ts';
import { assertNoDuplicates, parseSource, readSource, type Source } from './source.ts';
import { applySplices } from './splice.ts';
import { unifiedDiff } from './text-diff.ts';
import { verifyEdit } from './verify.ts';
import { createPrivateFile, replaceFile } from './write.ts';

/** A file that shall be written, checked and ready. */
export interface FileChange {
  path: string;
  /** `undefined` for a file that does not exist yet. */
  before: string | undefined;
  after: string;
  /** Unified, secrets masked. */
  diff: string;
}

/** Files read once, even when two flags name the same. */
export class Files {
  readonly #sources = new Map<string, Source>();

  /** @throws {UsageError} when the file is malformed or a map in it has a key twice. */
  async read(path: string): Promise<Source> {
    const real = await realpath(path).catch(() => path);
    const known = this.#sources.get(real);
    if (known) return known;
    const source = await readSource(path);
    assertNoDuplicates(source);
    this.#sources.set(real, source);
    return source;
  }

  /** `undefined` when there is no such file. */
  async readIfThere(path: string): Promise<Source | undefined> {
    const there = await access(path).then(
      () => true,
      () => false,
    );
    return there ? this.read(path) : undefined;
  }
}

/** The change that an edit of a file makes; nothing when it makes none. The result was parsed and compared with the old file. */
export function editedFile(source: Source, edit: Edit, options: MaskOptions = {}): FileChange[] {
  if (edit.splices.length === 0) return [];
  const after = applySplices(source.text, edit.splices);
  const parsed = verifyEdit(source, after, edit);
  const diff = unifiedDiff(
    source.path,
    { text: source.text, shown: maskedLines(source, options) },
    { text: after, shown: maskedLines(parsed, options) },
  );
  return [{ path: source.path, before: source.text, after, diff }];
}

export function newFile(path: string, text: string, options: MaskOptions = {}): FileChange {
  const diff = unifiedDiff(
    path,
    { text: '', shown: [] },
    { text, shown: maskedLines(parseSource(path, text), options) },
  );
  return { path, before: undefined, after: text, diff };
}

/**
 * Writes the files one after the other, each atomically.
 * @throws {CgdiegoError} that says which of them were written before it failed.
 */
export async function writeChanges(changes: readonly FileChange[]): Promise<void> {
  const written: string[] = [];
  for (const { path, before, after } of changes) {
    try {
      if (before === undefined) await createPrivateFile(path, after);
      else await replaceFile(path, before, after);
    } catch (error) {
      if (written.length === 0) throw error;
      throw new CgdiegoError(`${path} was not written, and ${written.join(', ')} was.`, {
        why: messageOf(error),
        next: 'Run the command again when the cause is mended: what is done already is not done twice.',
        cause: error,
      });
    }
    written.push(path);
  }
}
