import { readFile } from 'node:fs/promises';
import { messageOf, UsageError } from '../errors.ts';
import { RECORD_SCHEMA, type RotationRecord } from './record.ts';

/** The fields of a record that its readers rely on. */
export type RecordSummary = Pick<
  RotationRecord,
  'outcome' | 'target_label' | 'stored_label_before' | 'finished_at' | 'dry_run'
>;

/**
 * Reads records that `rotate-key --record` wrote.
 * @throws {UsageError} for a file that is none.
 */
export async function readRecords(paths: readonly string[]): Promise<RecordSummary[]> {
  return Promise.all(paths.map(readRecord));
}

async function readRecord(path: string): Promise<RecordSummary> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new UsageError(`${path} cannot be read as a record of a rotation.`, {
      why: messageOf(error),
      cause: error,
    });
  }
  if (!isRecord(value)) {
    throw new UsageError(`${path} is not a record of a rotation.`, {
      why: `It has not the schema ${RECORD_SCHEMA}.`,
      next: 'Give a file that cgdiego rotate-key --record wrote.',
    });
  }
  return value;
}

function isRecord(value: unknown): value is RecordSummary {
  if (typeof value !== 'object' || value === null) return false;
  const record = value as Record<string, unknown>;
  return (
    record.schema === RECORD_SCHEMA &&
    typeof record.target_label === 'string' &&
    typeof record.finished_at === 'string' &&
    !Number.isNaN(Date.parse(record.finished_at))
  );
}

/** Records of rotations that were carried to their end. */
export function finishedRotations<Summary extends RecordSummary>(records: readonly Summary[]): Summary[] {
  return records.filter(({ outcome, dry_run }) => outcome === 'rotated' && !dry_run);
}
