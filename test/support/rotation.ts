import { BlobError, openBlob } from '../../src/lib/bbs/blob.ts';
import { ENCRYPTED_TABLES } from '../../src/lib/bbs/columns.ts';
import { Keyring } from '../../src/lib/bbs/keyring.ts';
import type { RotationRecord } from '../../src/lib/rotation/record.ts';
import { cgdiego, type CliOptions, type CliResult } from './cli.ts';
import { PASSPHRASES, query } from './database.ts';

export const OCTOBER = 'key-2026-10';
export const NOVEMBER = 'key-2026-11';

const KEYRING = Keyring.fromPassphrases(new Map(Object.entries(PASSPHRASES)));

/** The text of a keys file. */
export function keysJson(passphrases: Record<string, string> = PASSPHRASES, active = NOVEMBER): string {
  return JSON.stringify({ active_key_label: active, encryption_keys: passphrases });
}

export interface RotateRun extends CliResult {
  record: RotationRecord | undefined;
}

export interface RotateRunOptions extends CliOptions {
  to?: string;
  /** The text of the keys file. */
  keys?: string;
  args?: string[];
  /** Without `--assume-deployed`. */
  isUnproven?: boolean;
}

/** Runs `cgdiego rotate-key … --yes -o json` with the keys on standard input. */
export async function rotateKey(url: string, options: RotateRunOptions = {}): Promise<RotateRun> {
  const { to = NOVEMBER, keys = keysJson(), args = [], isUnproven = false } = options;
  const result = await cgdiego(
    [
      ...['rotate-key', '--to', to, '--keys', '-', '--yes', '-o', 'json'],
      ...(isUnproven ? [] : ['--assume-deployed']),
      ...args,
    ],
    { ...options, stdin: keys, env: { CGDIEGO_DATABASE_URL: url, ...options.env } },
  );
  return {
    ...result,
    record: result.stdout.trim() === '' ? undefined : (JSON.parse(result.stdout) as RotationRecord),
  };
}

/** An encrypted column of one row. */
export interface Content {
  text: string | null;
  /** `NULL`, `''`, or the label in front of the blob. */
  label: string;
  /** The plaintext in base64, or why there is none. */
  plaintext: string;
}

/** Every encrypted column of a store by `table/key/column`, opened with both keys. */
export async function contentsOf(url: string): Promise<Map<string, Content>> {
  const contents = new Map<string, Content>();
  for (const table of ENCRYPTED_TABLES) {
    const rows = await query<Record<string, unknown>>(url, `SELECT * FROM public.${table.name}`);
    for (const row of rows) {
      const key = table.primaryKey.map(({ name }) => String(row[name])).join('/');
      for (const { name } of table.columns) {
        contents.set(`${table.name}/${key}/${name}`, open(row[name] as string | null));
      }
    }
  }
  return contents;
}

function open(text: string | null): Content {
  if (text === null || text === '') return { text, label: text ?? 'NULL', plaintext: '' };
  try {
    const { label, plaintext } = openBlob(text, KEYRING);
    return { text, label, plaintext: plaintext.toString('base64') };
  } catch (error) {
    if (!(error instanceof BlobError)) throw error;
    return { text, label: error.label ?? '', plaintext: error.fault };
  }
}

/** What a rotation must leave as it was: which columns there are, and what they hold. */
export function plaintextsOf(contents: ReadonlyMap<string, Content>): Record<string, string> {
  return Object.fromEntries(
    Array.from(contents, ([name, { text, plaintext }]): [string, string] => [
      name,
      text === null ? 'NULL' : plaintext,
    ]).sort(),
  );
}

/** How many columns are under each label. */
export function labelsOf(contents: ReadonlyMap<string, Content>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { label } of contents.values()) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}

export async function storedLabel(url: string): Promise<string | undefined> {
  const [row] = await query<{ value: string }>(
    url,
    `SELECT value FROM public.configurations WHERE id = 'encryption_key_label'`,
  );
  return row?.value;
}
