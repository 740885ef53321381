import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
export const BIN = join(ROOT, 'bin', 'run.js');

/** The demo's keys: the one that the store is under, and the one to rotate to. */
export const DEMO_KEYS = new Map([
  ['key-2026-10', 'my october passphrase'],
  ['key-2026-11', 'my november passphrase'],
]);
export const OLD_LABEL = 'key-2026-10';
export const NEW_LABEL = 'key-2026-11';

/** @throws when `npm run build` has not been run */
export function assertBuilt(): void {
  if (!existsSync(join(ROOT, 'dist', 'lib', 'cli', 'main.js'))) {
    throw new Error('cgdiego is not built. Run npm install (or npm run build) first.');
  }
}

/**
 * Puts a keys file and a `cgdiego` for the PATH into a folder.
 * @returns what a shell needs in its environment so that `cgdiego` works on the store
 */
export async function makeWorkspace(folder: string, databaseUrl: string): Promise<Record<string, string>> {
  const keysFile = join(folder, 'keys.json');
  const keys = { active_key_label: NEW_LABEL, encryption_keys: Object.fromEntries(DEMO_KEYS) };
  await writeFile(keysFile, `${JSON.stringify(keys, null, 2)}\n`, { mode: 0o600 });
  const bin = join(folder, 'bin');
  await mkdir(bin);
  const shim = `#!/bin/sh\nexec ${quote(process.execPath)} ${quote(BIN)} "$@"\n`;
  await writeFile(join(bin, 'cgdiego'), shim, { mode: 0o755 });
  return {
    CGDIEGO_DATABASE_URL: databaseUrl,
    CGDIEGO_KEYS: keysFile,
    PATH: [bin, process.env.PATH].join(delimiter),
  };
}

/** As a POSIX shell takes a word literally. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
