import { randomInt } from 'node:crypto';
import { scalarText } from './scalars.ts';

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ALPHABET = `${LETTERS}0123456789`;
/** 52 times 62^43 is more than 2^261: at least the 256 bits of the AES key that is made from it. */
const LENGTH = 44;

/**
 * A passphrase from the system's random source that no YAML, JSON, URL or shell needs to quote: it begins with a letter, so that nobody
 * takes it for a number.
 */
export function generatePassphrase(): string {
  const characters = Array.from({ length: LENGTH - 1 }, () => ALPHABET[randomInt(ALPHABET.length)]!);
  return LETTERS[randomInt(LETTERS.length)]! + characters.join('');
}

/** `key-YYYY-MM` of the day, with `-2`, `-3`, … when that is taken. */
export function defaultLabel(now: Date, taken: (label: string) => boolean): string {
  const base = `key-${now.toISOString().slice(0, 7)}`;
  let label = base;
  for (let number = 2; taken(label); number++) label = `${base}-${number}`;
  return label;
}

/** The day in a label such as `key-2026-10` or `key-2026-10-15-2`; the first of the month when it has no day. */
export function dateOfLabel(label: string): Date | undefined {
  const match = /(?<!\d)(20\d{2})-?(0[1-9]|1[0-2])(?:-?(0[1-9]|[12]\d|3[01]))?(?!\d)/.exec(label);
  if (!match) return undefined;
  const [, year, month, day = '01'] = match;
  const date = new Date(`${year}-${month}-${day}T00:00:00Z`);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** A keys file with one key, as `--keys` and `keys add --new-key` read it. */
export function keyFileText(label: string, passphrase: string, now: Date): string {
  return [
    `# Key for the Diego BBS, made by cgdiego on ${now.toISOString().slice(0, 10)}. Keep it secret.`,
    'encryption_keys:',
    `- label: ${scalarText(label, 'plain')}`,
    `  passphrase: ${scalarText(passphrase, 'plain')}`,
    '',
  ].join('\n');
}

/** A file name for the key's label: what a path could take amiss becomes an underscore. */
export function keyFileName(label: string): string {
  return `${label.replace(/[^\w.-]/g, '_').replace(/^\./, '_')}.yml`;
}

/** The variable for the passphrase of a key, in cf-deployment's way of naming. */
export function variableName(label: string): string {
  return `diego_bbs_encryption_keys_passphrase_${label.replace(/\W/g, '_')}`;
}
