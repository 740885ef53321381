import { open, rm, type FileHandle } from 'node:fs/promises';
import { CgdiegoError, UsageError, messageOf } from '../errors.ts';
import type { Census } from '../store/census.ts';
import type { Evidence } from './evidence.ts';
import type { BlobFailure } from './verify.ts';

export const RECORD_SCHEMA = 'cgdiego-rotation/1';

/**
 * `rotated`: every blob is under the target and the label is stored. `nothing-to-do`: that was so before. `leftovers`: blobs remain that
 * cannot be opened, or that a BBS keeps writing under an old label. `planned`: a dry run. `interrupted` and `failed` say what was
 * done until then.
 */
export type RotationOutcome =
  'rotated' | 'nothing-to-do' | 'leftovers' | 'planned' | 'interrupted' | 'failed';

/** What a rotation was and did: the result of `-o json`, and the evidence that `--record` keeps. It holds no secret. */
export interface RotationRecord {
  schema: typeof RECORD_SCHEMA;
  cgdiego_version: string;
  outcome: RotationOutcome;
  dry_run: boolean;
  started_at: string;
  finished_at: string;
  duration_ms: number;
  operator: { user: string; host: string };
  /** The connection, without its password. */
  store: string;
  target_label: string;
  stored_label_before: string | null;
  stored_label_after: string | null;
  evidence: Evidence | null;
  /** Rows that were to be rewritten by the plan, and the estimate. */
  planned_rows: number;
  estimate_ms: number | null;
  rows_rewritten: number;
  blobs_rewritten: number;
  tables: Record<string, { rows: number; blobs: number }>;
  rows_per_second: number | null;
  passes: number;
  /** Rows that a BBS changed between reading and writing, and that were read again. */
  conflicts: number;
  retries: number;
  longest_lock_ms: number;
  /** Blobs that could not be opened: all counted, the first ones named. They are as they were. */
  undecryptable: number;
  leftovers: BlobFailure[];
  census_before: Census;
  census_after: Census | null;
  /** Labels that no blob is under any more and that are not the stored one: their keys can leave the manifest. */
  removable_labels: string[];
  /** What to do next, in words. */
  next: string[];
  /** Why it failed; `null` otherwise. */
  error: string | null;
}

/** The file of `--record`, open from before the first write to the store: no rotation lacks its evidence for want of a folder. */
export class RecordFile {
  readonly #path: string;
  readonly #file: FileHandle;

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  /** @throws {UsageError} when it exists already, or cannot be created */
  static async create(path: string): Promise<RecordFile> {
    try {
      return new RecordFile(path, await open(path, 'wx', 0o600));
    } catch (error) {
      throw new UsageError(`The record ${path} cannot be created.`, {
        why: messageOf(error),
        next: 'Name a file that does not exist yet, in a folder that does.',
        cause: error,
      });
    }
  }

  /** Writes the record, makes it durable and closes the file. */
  async write(record: RotationRecord): Promise<void> {
    try {
      await this.#file.writeFile(`${JSON.stringify(record, null, 2)}\n`);
      await this.#file.sync();
    } catch (error) {
      throw new CgdiegoError(`The record ${this.#path} could not be written.`, {
        why: messageOf(error),
        cause: error,
      });
    } finally {
      await this.#file.close();
    }
  }

  /** There is nothing to record: nothing was planned, let alone written. */
  async discard(): Promise<void> {
    await this.#file.close();
    await rm(this.#path, { force: true });
  }
}
