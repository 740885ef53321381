import { readFile } from 'node:fs/promises';
import { UsageError, messageOf } from '../errors.ts';
import { SNAPSHOT_SCHEMA, type Foundation } from './types.ts';

const LISTS = ['cells', 'desired_lrps', 'actual_lrps', 'tasks', 'domains', 'gaps'] as const;

/**
 * A snapshot that `cgdiego snapshot --file` wrote; a name that ends in .gz is unpacked.
 * @throws {UsageError} when it cannot be read or is something else
 */
export async function readSnapshotFile(path: string): Promise<Foundation> {
  let text: string;
  try {
    const bytes = await readFile(path);
    text = path.endsWith('.gz') ? await gunzipped(bytes) : bytes.toString('utf8');
  } catch (error) {
    throw new UsageError(`The snapshot ${path} cannot be read.`, { why: messageOf(error), cause: error });
  }
  return parseSnapshot(text, path);
}

/** @throws {UsageError} */
export function parseSnapshot(text: string, source: string): Foundation {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${source} is not a snapshot of a foundation.`, {
      why: `It is not JSON: ${messageOf(error)}.`,
      next: 'Make one with cgdiego snapshot --file FILE.',
      cause: error,
    });
  }
  const foundation = value as Partial<Foundation> | null;
  if (foundation === null || typeof foundation !== 'object' || foundation.schema !== SNAPSHOT_SCHEMA) {
    const schema = (foundation as { schema?: unknown } | null)?.schema;
    throw new UsageError(`${source} is not a snapshot of a foundation.`, {
      why:
        typeof schema === 'string'
          ? `Its schema is ${JSON.stringify(schema)}, this cgdiego reads ${SNAPSHOT_SCHEMA}.`
          : `It has no "schema": "${SNAPSHOT_SCHEMA}".`,
      next: 'Make one with cgdiego snapshot --file FILE.',
    });
  }
  const missing = LISTS.filter((name) => !Array.isArray(foundation[name]));
  if (missing.length > 0) {
    throw new UsageError(`The snapshot ${source} is not complete.`, {
      why: `It has no list ${missing.join(', ')}.`,
      next: 'Make it again with cgdiego snapshot --file FILE.',
    });
  }
  return foundation as Foundation;
}

async function gunzipped(bytes: Buffer): Promise<string> {
  const { gunzip } = await import('node:zlib');
  const { promisify } = await import('node:util');
  return (await promisify(gunzip)(bytes)).toString('utf8');
}
