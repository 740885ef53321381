import { UsageError } from '../errors.ts';
import { variableName } from '../manifest/generate.ts';
import { keyToAdd } from '../manifest/new-key.ts';
import { planAdd } from '../manifest/plan.ts';
import { type ChangeOptions, changeKeys, targetsOf } from './change-keys.ts';
import type { ManifestFlags } from './manifest-flags.ts';

interface AddFlags extends ManifestFlags {
  'new-key'?: string | undefined;
  label?: string | undefined;
  variable?: string | undefined;
}

/** `keys add`: takes or makes the key, plans the edits, shows them and writes them. */
export async function addToManifests(
  flags: AddFlags,
  options: ChangeOptions & { now: Date },
): Promise<boolean> {
  const targets = targetsOf(flags);
  const { label, passphrase, generated, warnings } = await keyToAdd(
    { newKey: flags['new-key'], label: flags.label, now: options.now },
    targets,
  );
  for (const warning of warnings) options.say(warning);
  const variable = flags.variable ?? variableName(label);
  const plan = await planAdd(targets, { label, passphrase, variable });
  if (plan.unsetVariable !== undefined && generated) {
    throw new UsageError(`The passphrase of ${label} would be lost.`, {
      why: `The manifest has its passphrases in variables, and nothing says where ((${plan.unsetVariable})) is kept.`,
      next: 'Give --vars-file FILE, or make the key first (cgdiego keys generate) and give it with --new-key.',
    });
  }
  const next =
    plan.unsetVariable === undefined
      ? []
      : [
          `Set the variable: credhub set -t password -n /<director>/<deployment>/${plan.unsetVariable} asks for the passphrase, which is in ${flags['new-key'] ?? 'the key file'}.`,
        ];
  const files = commandFiles(flags);
  next.push(`Next: cgdiego keys activate ${label} ${files}`);
  return changeKeys(label, plan, next, options);
}

/** The flags of this command that the next one needs, too. */
export function commandFiles(flags: ManifestFlags): string {
  return [
    ...(flags.manifest ?? []).map((file) => `--manifest ${shellWord(file)}`),
    ...(flags['ops-file'] === undefined ? [] : [`--ops-file ${shellWord(flags['ops-file'])}`]),
    ...(flags['vars-file'] === undefined ? [] : [`--vars-file ${shellWord(flags['vars-file'])}`]),
  ].join(' ');
}

/** A word as a POSIX shell needs it. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
