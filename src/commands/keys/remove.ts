import { Args } from '@oclif/core';
import { BaseCommand } from '../../lib/cli/base-command.ts';
import { connectionFlags } from '../../lib/cli/connection-flags.ts';
import { changeFlags, manifestFlags } from '../../lib/cli/manifest-flags.ts';
import { formatFlags, formatOf } from '../../lib/cli/output-flags.ts';
import { ExitCode } from '../../lib/errors.ts';

export default class KeysRemove extends BaseCommand<typeof KeysRemove> {
  static override summary = 'take a key out of the manifest, once the store does not need it';
  static override description = `Asks the store first, as keys audit --removable does: while one blob is under the label, or it is the stored label, nothing is
written and the exit code is 3. The active key is never removed. Shows the diff and asks before it writes.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> key-2026-10 --manifest diego-secrets.yml',
    '<%= config.bin %> <%= command.id %> key-2016-06 --manifest cf-deployment.yml --ops-file rotate-key.yml --dry-run',
  ];
  static override args = { label: Args.string({ required: true, description: 'the label of the key' }) };
  static override flags = {
    ...manifestFlags,
    ...changeFlags,
    ...connectionFlags,
    ...formatFlags('table', 'json', 'yaml'),
  };

  protected async execute(): Promise<ExitCode> {
    const { removeFromManifests } = await import('../../lib/cli/remove-key.ts');
    const { openStore } = await import('../../lib/cli/open.ts');
    return removeFromManifests(this.args.label, this.flags, () => openStore(this.flags, this.context), {
      ...this.context,
      terminal: this.terminal,
      format: formatOf(this.flags),
      dryRun: this.flags['dry-run'],
      yes: this.flags.yes,
    });
  }
}
