import { Flags } from '@oclif/core';
import { BaseCommand } from '../../lib/cli/base-command.ts';
import { formatFlags, formatOf } from '../../lib/cli/output-flags.ts';
import { ExitCode } from '../../lib/errors.ts';

export default class KeysGenerate extends BaseCommand<typeof KeysGenerate> {
  static override summary = 'make a new key: a label and a random passphrase';
  static override description = `The passphrase has more than 256 bits from the system's random source. It is written to a new file that only you can read
(mode 0600; nothing is overwritten), and shown only with --stdout. The file is what keys add --new-key and --keys read.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --label key-2027-01 --file /secure/key-2027-01.yml',
  ];
  static override flags = {
    label: Flags.string({
      helpValue: '<label>',
      description: 'the label; key-YYYY-MM, made unique, without it',
    }),
    file: Flags.string({
      helpValue: '<file>',
      description: 'write the key to this new file; <label>.yml in the current folder without it',
      exclusive: ['stdout'],
    }),
    stdout: Flags.boolean({ description: 'print the key, passphrase and all, and write no file' }),
    manifest: Flags.string({
      char: 'm',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: '<file>',
      description: 'choose a label that is not used in this manifest yet',
    }),
    ...formatFlags('table', 'json', 'yaml'),
  };

  protected async execute(): Promise<ExitCode> {
    const { makeKey } = await import('../../lib/manifest/new-key.ts');
    const { writeOne } = await import('../../lib/output/one.ts');
    const format = formatOf(this.flags);
    const key = await makeKey({
      label: this.flags.label,
      file: this.flags.file,
      stdout: this.flags.stdout,
      manifests: this.flags.manifest ?? [],
      now: new Date(),
    });
    await writeOne(this.terminal, key.report, () => key.text, { format });
    if (key.report.file !== null) {
      this.say(`Wrote the key ${key.report.label} to ${key.report.file} (mode 0600).`);
      this.say(`Next: cgdiego keys add --new-key ${key.report.file} --manifest FILE`);
    }
    return ExitCode.ok;
  }
}
