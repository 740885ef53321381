import { BlobError, openBlob } from '../bbs/blob.ts';
import type { EncryptedTable } from '../bbs/columns.ts';
import type { Keyring } from '../bbs/keyring.ts';
import { payloadProblem } from '../bbs/payload.ts';
import { readBlobs } from '../store/blobs.ts';
import { encryptedTables } from '../store/catalogue.ts';
import type { Transaction } from '../store/transaction.ts';

/** A column of a row that the BBS could not use. */
export interface BlobFailure {
  table: string;
  /** The row's primary key, as text by column. */
  key: Record<string, string>;
  column: string;
  /** The key label in front of the blob; `null` when there is none to read. */
  label: string | null;
  why: string;
}

/** `passed` of `checked` blobs were decrypted and decoded. NULL and empty columns hold no blob. */
export interface Verification {
  checked: number;
  passed: number;
}

/** Called for every so many blobs, to show how far it is. */
export type OnChecked = (table: string, rows: number) => void;

/**
 * Decrypts every blob under the key that its label names and decodes its protobuf or JSON. Yields each failure; returns the counts.
 */
export async function* verifyStore(
  transaction: Transaction,
  keyring: Keyring,
  onChecked: OnChecked = () => undefined,
): AsyncGenerator<BlobFailure, Verification, undefined> {
  const counts: Verification = { checked: 0, passed: 0 };
  for (const table of await encryptedTables(transaction)) {
    for await (const rows of readBlobs(transaction, table)) {
      for (const row of rows) {
        for (const [index, blob] of row.blobs.entries()) {
          if (blob === null || blob === '') continue;
          counts.checked++;
          const failure = failureOf(table, index, blob, keyring);
          if (failure === undefined) counts.passed++;
          else yield { table: table.name, key: row.key, column: table.columns[index]!.name, ...failure };
        }
      }
      onChecked(table.name, rows.length);
    }
  }
  return counts;
}

function failureOf(
  table: EncryptedTable,
  index: number,
  blob: string,
  keyring: Keyring,
): Pick<BlobFailure, 'label' | 'why'> | undefined {
  try {
    const { label, plaintext } = openBlob(blob, keyring);
    const why = payloadProblem(table.columns[index]!.payload, plaintext);
    return why === undefined ? undefined : { label, why };
  } catch (error) {
    if (error instanceof BlobError) return { label: error.label ?? null, why: error.message };
    throw error;
  }
}
