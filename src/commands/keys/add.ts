import { Flags } from '@oclif/core';
import { BaseCommand } from '../../lib/cli/base-command.ts';
import { changeFlags, manifestFlags } from '../../lib/cli/manifest-flags.ts';
import { formatFlags, formatOf } from '../../lib/cli/output-flags.ts';
import { ExitCode } from '../../lib/errors.ts';

export default class KeysAdd extends BaseCommand<typeof KeysAdd> {
  static override summary = 'add a key to the manifest, beside the active one';
  static override description = `Edits the operator's own files in place and changes only the lines that must change. Where passphrases are ((variables)),
the new one is a variable, too: its value goes to the --vars-file, or you set it in CredHub. The active key stays active.
Shows the diff with passphrases masked and asks before it writes.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> --new-key key-2026-11.yml --manifest diego-secrets.yml',
    '<%= config.bin %> <%= command.id %> --new-key key-2026-11.yml --manifest cf-deployment.yml --ops-file rotate-key.yml --vars-file vars.yml',
  ];
  static override flags = {
    ...manifestFlags,
    'new-key': Flags.string({
      helpValue: '<file>',
      description: 'the key, as keys generate wrote it, or - for standard input; without it one is made',
    }),
    label: Flags.string({ helpValue: '<label>', description: 'the label of the new key' }),
    variable: Flags.string({ helpValue: '<name>', description: 'the ((variable)) for its passphrase' }),
    ...changeFlags,
    ...formatFlags('table', 'json', 'yaml'),
  };

  protected async execute(): Promise<ExitCode> {
    const { addToManifests } = await import('../../lib/cli/add-key.ts');
    const done = await addToManifests(this.flags, {
      ...this.context,
      terminal: this.terminal,
      format: formatOf(this.flags),
      dryRun: this.flags['dry-run'],
      yes: this.flags.yes,
      now: new Date(),
    });
    return done ? ExitCode.ok : ExitCode.failure;
  }
}
