import { Args } from '@oclif/core';
import { BaseCommand } from '../../lib/cli/base-command.ts';
import { changeFlags, manifestFlags } from '../../lib/cli/manifest-flags.ts';
import { formatFlags, formatOf } from '../../lib/cli/output-flags.ts';
import { ExitCode } from '../../lib/errors.ts';

export default class KeysActivate extends BaseCommand<typeof KeysActivate> {
  static override summary = 'make a key of the manifest the active one';
  static override description = `Changes active_key_label only. The key must be among the keys of the manifest: a BBS whose active label is not among its keys
does not boot. Shows the diff and asks before it writes.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> key-2026-11 --manifest diego-secrets.yml',
    '<%= config.bin %> <%= command.id %> key-2026-11 --manifest cf-deployment.yml --ops-file rotate-key.yml',
  ];
  static override args = { label: Args.string({ required: true, description: 'the label of the key' }) };
  static override flags = { ...manifestFlags, ...changeFlags, ...formatFlags('table', 'json', 'yaml') };

  protected async execute(): Promise<ExitCode> {
    const { changeKeys, targetsOf } = await import('../../lib/cli/change-keys.ts');
    const { planActivate } = await import('../../lib/manifest/plan.ts');
    const { label } = this.args;
    const plan = await planActivate(targetsOf(this.flags), label);
    const next = [
      `Next: deploy. The BBS then writes under ${label} and begins to re-encrypt when it boots, with gaps. Then finish it: cgdiego rotate-key --to ${label} --keys FILE`,
    ];
    const done = await changeKeys(label, plan, next, {
      ...this.context,
      terminal: this.terminal,
      format: formatOf(this.flags),
      dryRun: this.flags['dry-run'],
      yes: this.flags.yes,
    });
    return done ? ExitCode.ok : ExitCode.failure;
  }
}
