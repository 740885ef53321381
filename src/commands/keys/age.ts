import { Flags } from '@oclif/core';
import { BaseCommand } from '../../lib/cli/base-command.ts';
import { connectionFlags } from '../../lib/cli/connection-flags.ts';
import { durationFlag } from '../../lib/cli/duration.ts';
import { manifestFlags } from '../../lib/cli/manifest-flags.ts';
import { formatFlags, formatOf } from '../../lib/cli/output-flags.ts';
import { ExitCode } from '../../lib/errors.ts';

const YEAR_MS = 365 * 86_400_000;

export default class KeysAge extends BaseCommand<typeof KeysAge> {
  static override summary = 'say how old the active key is, against a policy';
  static override description = `The active key is that of the manifest, else the store's. Its age comes from the record of the rotation to it (--record), else from the
date in its label (key-YYYY-MM). cloud.gov rotates yearly under SC-12. Exit code 3 when it is older than --max-age.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> --manifest diego-secrets.yml',
    '<%= config.bin %> <%= command.id %> --record rotation-2025.json --record rotation-2026.json --max-age 365d',
  ];
  static override flags = {
    ...manifestFlags,
    record: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: '<file>',
      description: 'a record that rotate-key --record wrote',
    }),
    'max-age': durationFlag({
      description: 'how old the key may be',
      default: YEAR_MS,
      defaultHelp: () => Promise.resolve('365d'),
    }),
    ...connectionFlags,
    ...formatFlags('table', 'json', 'yaml', 'ndjson'),
  };

  protected async execute(): Promise<ExitCode> {
    const { activeLabel } = await import('../../lib/cli/active-label.ts');
    const { readRecords } = await import('../../lib/rotation/read-records.ts');
    const { keyAge } = await import('../../lib/rotation/key-age.ts');
    const { renderAge } = await import('../../lib/views/key-status.ts');
    const { writeOne } = await import('../../lib/output/one.ts');
    const { flags } = this;
    const records = await readRecords(flags.record ?? []);
    const label = await activeLabel(flags, records, this.context);
    const age = keyAge(label, records, flags['max-age'], new Date());
    await writeOne(this.terminal, age, (terminal) => renderAge(age, terminal), { format: formatOf(flags) });
    if (age.verdict === 'unknown') {
      this.say('Neither a record nor a date in the label says when it came into use: give --record FILE.');
      return ExitCode.failure;
    }
    return age.verdict === 'due' ? ExitCode.found : ExitCode.ok;
  }
}
