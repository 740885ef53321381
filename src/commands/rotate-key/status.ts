import { Flags } from '@oclif/core';
import { BaseCommand } from '../../lib/cli/base-command.ts';
import { connectionFlags } from '../../lib/cli/connection-flags.ts';
import { manifestFlags } from '../../lib/cli/manifest-flags.ts';
import { formatFlags, formatOf } from '../../lib/cli/output-flags.ts';
import { ExitCode } from '../../lib/errors.ts';

export default class RotateKeyStatus extends BaseCommand<typeof RotateKeyStatus> {
  static override summary = 'say where a rotation stands, and the one next step';
  static override description = `Compares the keys in the manifest with the stored label, the census of the store and the active BBS. Reads only, and needs no
passphrase. Exit code 3 when the manifest must not be deployed as it is: a key that the store needs is missing, or no BBS would boot with it.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> --manifest diego-secrets.yml',
    '<%= config.bin %> <%= command.id %> --manifest cf-deployment.yml --ops-file rotate-key.yml --vars-file vars.yml -o json',
  ];
  static override flags = {
    ...manifestFlags,
    record: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: '<file>',
      description: 'a record that rotate-key --record wrote: tells an old key from a new one',
    }),
    ...connectionFlags,
    ...formatFlags('table', 'json', 'yaml', 'ndjson'),
  };

  protected async execute(): Promise<ExitCode> {
    const { openLocket, openStore } = await import('../../lib/cli/open.ts');
    const { commandFiles } = await import('../../lib/cli/add-key.ts');
    const { statusReport } = await import('../../lib/cli/rotation-status.ts');
    const { renderStatus } = await import('../../lib/views/key-status.ts');
    const { writeOne } = await import('../../lib/output/one.ts');
    const { flags } = this;
    const targets = {
      manifests: flags.manifest ?? [],
      opsFile: flags['ops-file'],
      varsFile: flags['vars-file'],
    };
    const store = await openStore(flags, this.context);
    try {
      const locket = await openLocket(flags, this.context, store);
      try {
        const report = await statusReport(targets, commandFiles(flags), flags.record ?? [], store, locket);
        await writeOne(this.terminal, report, (terminal) => renderStatus(report, terminal), {
          format: formatOf(flags),
        });
        return report.stage === 'key-missing' || report.stage === 'invalid' ? ExitCode.found : ExitCode.ok;
      } finally {
        if (locket !== store) await locket?.close();
      }
    } finally {
      await store.close();
    }
  }
}
