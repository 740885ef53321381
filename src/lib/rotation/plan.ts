import { BlobError, openBlob } from '../bbs/blob.ts';
import type { EncryptedTable } from '../bbs/columns.ts';
import { assertLabel, Keyring, type KeyConfig } from '../bbs/keyring.ts';
import { CgdiegoError, UsageError } from '../errors.ts';
import { encryptedTables } from '../store/catalogue.ts';
import { blobsByLabel, takeCensus, type Census } from '../store/census.ts';
import type { Database } from '../store/database.ts';
import type { Transaction } from '../store/transaction.ts';
import { isStandby, missingPrivileges } from '../store/privileges.ts';
import { countStaleRows, rowsUnderLabel, sampleBlobs, type StaleRows } from '../store/stale.ts';

export interface RotationPlan {
  target: string;
  tables: EncryptedTable[];
  census: Census;
  /** By table: what is to be rewritten. */
  stale: Record<string, StaleRows>;
  rows: number;
  /** Labels in the store without a key, with a few of the rows under each; only with `--allow-undecryptable` is there one. */
  undecryptable: { label: string; blobs: number; examples: string[] }[];
  /** How long it may take, measured on a sample of this store; `null` when there is nothing to rewrite. */
  estimate_ms: number | null;
  /** Whether blobs that the BBS sealed under the target open with the key that was given. */
  target_key_proven: boolean;
}

export interface PlanOptions {
  keys: KeyConfig;
  /** Defaults to the active label of the keys. */
  to: string | undefined;
  allowUndecryptable: boolean;
  maxRowsPerSecond: number | undefined;
}

/** So many rows under a label without a key are named. */
const NAMED_ROWS = 10;
/** So many blobs are opened to try a key, and to measure how fast this machine is. */
const SAMPLE = 200;

/**
 * Looks, and writes nothing: what there is to rewrite, and whether everything that it takes is there.
 * @throws {UsageError} when the target label is not among the keys
 * @throws {CgdiegoError} when a label in use has no key, a key does not open what is under its label, or the role may not write
 */
export async function makePlan(store: Database, options: PlanOptions): Promise<RotationPlan> {
  const { keys } = options;
  const target = options.to ?? keys.activeLabel;
  if (target === undefined) {
    throw new UsageError('Nobody said to which key the store shall be rotated.', {
      why: `${keys.source} has no active_key_label and there is no --to.`,
      next: 'Give --to LABEL.',
    });
  }
  const keyring = Keyring.fromPassphrases(keys.passphrases);
  const targetKey = keyring.get(target);
  if (targetKey === undefined) {
    throw new UsageError(`There is no key with the label ${JSON.stringify(target)} in ${keys.source}.`, {
      why: `It has ${keyring.labels.map((label) => JSON.stringify(label)).join(', ') || 'none'}.`,
      next: 'Correct --to or active_key_label, or add the key: cgdiego keys add.',
    });
  }
  // Beside the census, not after it: each goes over the whole store.
  const counting = store.readOnly((transaction) => countStale(transaction, target));
  const looking = store.readOnly(async (transaction) => {
    const tables = await encryptedTables(transaction);
    const census = await takeCensus(transaction, keyring.labels);
    assertLabel(target, [...blobsByLabel(census).keys(), census.stored_label ?? '']);
    const undecryptable = await labelsWithoutKey(transaction, tables, census, keyring);
    if (undecryptable.length > 0 && !options.allowUndecryptable) throw missingKey(undecryptable, keys.source);

    const samples: KeySample[] = [];
    let millisecondsPerCharacter = 0;
    for (const [label, blobs] of blobsByLabel(census)) {
      if (!keyring.has(label)) continue;
      const sample = await sampleBlobs(transaction, tables, label, SAMPLE);
      if (sample.length === 0) continue;
      samples.push({
        label,
        blobs,
        tried: sample.length,
        opens: sample.some((blob) => isOpenedBy(keyring, blob)),
      });
      if (label !== target)
        millisecondsPerCharacter = Math.max(millisecondsPerCharacter, measure(sample, keyring));
    }
    assertKeysOpen(samples, target, keys.source);
    const proven = samples.some(({ label, opens }) => label === target && opens);
    await assertWritable(transaction, tables);
    return { tables, census, undecryptable, proven, millisecondsPerCharacter };
  });
  const [stale, { tables, census, undecryptable, proven, millisecondsPerCharacter }] = await Promise.all([
    counting,
    looking,
  ]);
  const rows = Object.values(stale).reduce((sum, table) => sum + table.rows, 0);
  const characters = Object.values(stale).reduce((sum, table) => sum + table.characters, 0);
  return {
    target, tables, census, stale, rows, undecryptable, target_key_proven: proven,
    estimate_ms: rows === 0 ? null : estimate(rows, characters, millisecondsPerCharacter, options.maxRowsPerSecond),
  }; // prettier-ignore
}

async function countStale(transaction: Transaction, target: string): Promise<Record<string, StaleRows>> {
  const stale: Record<string, StaleRows> = {};
  for (const table of await encryptedTables(transaction))
    stale[table.name] = await countStaleRows(transaction, table, target);
  return stale;
}

async function labelsWithoutKey(
  transaction: Transaction,
  tables: readonly EncryptedTable[],
  census: Census,
  keyring: Keyring,
): Promise<RotationPlan['undecryptable']> {
  const known: Census = { ...census, columns: census.columns.filter((column) => column.known) };
  const missing: RotationPlan['undecryptable'] = [];
  for (const [label, blobs] of blobsByLabel(known)) {
    if (keyring.has(label)) continue;
    missing.push({ label, blobs, examples: await rowsUnderLabel(transaction, tables, label, NAMED_ROWS) });
  }
  return missing;
}

function missingKey(missing: RotationPlan['undecryptable'], source: string): CgdiegoError {
  const details = missing.map(
    ({ label, blobs, examples }) =>
      `${blobs} blobs are under ${JSON.stringify(label)}: ${examples.join(', ')}${blobs > examples.length ? ', ...' : ''}`,
  );
  return new CgdiegoError(`The store uses keys that ${source} does not have. Nothing was written.`, {
    why: `${details.join('; ')}.`,
    next: 'Add the missing keys, or go on without these rows with --allow-undecryptable.',
  });
}

/** What came of trying a key on some of the blobs under its label. */
interface KeySample {
  label: string;
  blobs: number;
  tried: number;
  /** Whether it opened at least one. */
  opens: boolean;
}

/**
 * A key that opens none of its blobs has the wrong passphrase. Except for the few that an earlier rotation had to leave behind because
 * they are damaged: these are all that is left under their label, and the rest of the store is open. The run reports them again.
 * @throws {CgdiegoError}
 */
function assertKeysOpen(samples: readonly KeySample[], target: string, source: string): void {
  const open = samples.filter(({ opens }) => opens).reduce((sum, { blobs }) => sum + blobs, 0);
  for (const { label, blobs, tried, opens } of samples) {
    if (opens || (label !== target && tried === blobs && blobs < open)) continue;
    throw new CgdiegoError(`The passphrase of ${JSON.stringify(label)} is wrong. Nothing was written.`, {
      why: `The key in ${source} opens none of ${tried} blobs that are under this label.`,
      next: 'Take the passphrase from the manifest (or credential store) that the running BBS was deployed with.',
    });
  }
}

function isOpenedBy(keyring: Keyring, blob: string): boolean {
  try {
    openBlob(blob, keyring);
    return true;
  } catch (error) {
    if (error instanceof BlobError) return false;
    throw error;
  }
}

/** Milliseconds a character of opening, one by one. */
function measure(sample: readonly string[], keyring: Keyring): number {
  const characters = sample.reduce((sum, blob) => sum + blob.length, 0);
  const began = performance.now();
  for (const blob of sample) isOpenedBy(keyring, blob);
  return characters === 0 ? 0 : (performance.now() - began) / characters;
}

/** What a rotation takes before its first row, and how many times longer it takes than opening each blob once (npm run bench:rotate). */
const START_MS = 300;
const TIMES_OPENING = 8;

function estimate(
  rows: number,
  characters: number,
  perCharacter: number,
  maxRowsPerSecond: number | undefined,
): number {
  const work = START_MS + TIMES_OPENING * characters * perCharacter;
  const paced = maxRowsPerSecond === undefined ? 0 : (rows / maxRowsPerSecond) * 1000;
  return Math.ceil(Math.max(work, paced));
}

async function assertWritable(transaction: Transaction, tables: readonly EncryptedTable[]): Promise<void> {
  if (await isStandby(transaction)) {
    throw new CgdiegoError('This server is a standby, which takes no writes. Nothing was written.', {
      next: 'Connect to the primary: the one that the BBS writes to.',
    });
  }
  const missing = await missingPrivileges(transaction, tables);
  if (missing.length > 0) {
    throw new CgdiegoError('The database role may not rotate the keys. Nothing was written.', {
      why: `It lacks ${missing.join(', ')}.`,
      next: 'Grant it (see least privilege in the README), or use the role of the BBS.',
    });
  }
}
