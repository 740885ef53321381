import { existsSync } from 'node:fs';
import process from 'node:process';
import { assertLabel } from '../bbs/keyring.ts';
import { readKeysFile } from '../bbs/keys-file.ts';
import { UsageError } from '../errors.ts';
import { defaultLabel, generatePassphrase, keyFileName, keyFileText } from './generate.ts';
import { labelsIn, type Targets } from './targets.ts';
import { createPrivateFile } from './write.ts';

export interface MakeKeyOptions {
  label: string | undefined;
  file: string | undefined;
  stdout: boolean;
  manifests: readonly string[];
  now: Date;
}

/** What `keys generate` prints: `passphrase` is there only when standard output was asked for. */
export interface KeyReport {
  label: string;
  file: string | null;
  passphrase?: string;
}

/** Makes a key and writes it to a new private file, or gives its text when standard output was asked for. */
export async function makeKey(options: MakeKeyOptions): Promise<{ report: KeyReport; text: string }> {
  const taken =
    options.manifests.length > 0 ? await labelsIn({ manifests: options.manifests }) : new Set<string>();
  if (options.label !== undefined) {
    assertLabel(options.label);
    if (taken.has(options.label)) throw labelTaken(options.label, options.manifests);
  }
  const fileOf = (label: string): string => options.file ?? keyFileName(label);
  const label =
    options.label ??
    defaultLabel(
      options.now,
      (name) =>
        taken.has(name) || (options.file === undefined && !options.stdout && existsSync(fileOf(name))),
    );
  const passphrase = generatePassphrase();
  const text = keyFileText(label, passphrase, options.now);
  if (options.stdout) return { report: { label, file: null, passphrase }, text };
  const file = fileOf(label);
  await createPrivateFile(file, text);
  return { report: { label, file }, text: `${file}\n` };
}

/** The key that `keys add` adds: from a file that `keys generate` wrote, from standard input, or made now. */
export async function keyToAdd(
  options: { newKey: string | undefined; label: string | undefined; now: Date },
  targets: Targets,
): Promise<{ label: string; passphrase: string; generated: boolean; warnings: string[] }> {
  const { newKey, now } = options;
  if (newKey === undefined) {
    const taken = await labelsIn(targets);
    const label = options.label ?? defaultLabel(now, (name) => taken.has(name));
    assertLabel(label);
    if (taken.has(label)) throw labelTaken(label, targets.manifests);
    return { label, passphrase: generatePassphrase(), generated: true, warnings: [] };
  }
  const { config, warnings } = await readKeysFile(newKey, process.stdin);
  const labels = [...config.passphrases.keys()];
  const label = options.label ?? (labels.length === 1 ? labels[0]! : config.activeLabel);
  const passphrase = label === undefined ? undefined : config.passphrases.get(label);
  if (label === undefined || passphrase === undefined) {
    throw new UsageError(`Which key of ${config.source} is the new one cannot be told.`, {
      why: `It has ${labels.length === 0 ? 'no key' : `the keys ${labels.join(', ')}`}.`,
      next: 'Name it with --label, or give the file that keys generate wrote.',
    });
  }
  assertLabel(label);
  return { label, passphrase, generated: false, warnings };
}

function labelTaken(label: string, manifests: readonly string[]): UsageError {
  return new UsageError(`The label ${label} is taken in ${manifests.join(', ')}.`, {
    why: 'Every key needs a label of its own: the BBS finds the key of a row by it.',
    next: 'Choose another --label, or leave it out.',
  });
}
