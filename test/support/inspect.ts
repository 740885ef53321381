import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cgdiego, type CliOptions, type CliResult } from './cli.ts';
import { PASSPHRASES } from './database.ts';

/** A keys file with the fixture's two keys. */
export function keysFile(passphrases: Record<string, string> = PASSPHRASES): string {
  const path = join(mkdtempSync(join(tmpdir(), 'cgdiego-keys-')), 'keys.json');
  const content = { encryption_keys: passphrases, active_key_label: Object.keys(passphrases)[0] };
  writeFileSync(path, JSON.stringify(content), { mode: 0o600 });
  return path;
}

let keys: string | undefined;

/** Runs cgdiego on a store, with the fixture's keys. */
export function inspect(url: string, args: string[], options: CliOptions = {}): Promise<CliResult> {
  keys ??= keysFile();
  return cgdiego(args, {
    ...options,
    env: { CGDIEGO_DATABASE_URL: url, CGDIEGO_KEYS: keys, ...options.env },
  });
}

/** ndjson as objects. */
export function parseLines<Row = Record<string, unknown>>(text: string): Row[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row);
}
