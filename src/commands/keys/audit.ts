import { Flags } from '@oclif/core';
import { BaseCommand } from '../../lib/cli/base-command.ts';
import { connectionFlags, keyFlags } from '../../lib/cli/connection-flags.ts';
import { formatFlags, formatOf } from '../../lib/cli/output-flags.ts';
import { ExitCode } from '../../lib/errors.ts';

export default class KeysAudit extends BaseCommand<typeof KeysAudit> {
  static override summary = 'show which key every row of the store is encrypted under';
  static override description = `Counts the blobs of every encrypted column by key label, in one consistent snapshot and without any
passphrase: no blob leaves the server. With --verify and keys it also decrypts and decodes every blob.
Exit code 3 when blobs are under another label than the stored one, when something is no blob or fails to verify, or, with
--removable, when the label is still needed.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --verify --keys keys.yml',
    '<%= config.bin %> <%= command.id %> --removable key-2026-10 && echo "it can leave the manifest"',
  ];
  static override flags = {
    ...connectionFlags,
    ...keyFlags,
    ...formatFlags('table', 'json', 'yaml', 'ndjson'),
    verify: Flags.boolean({ description: 'decrypt and decode every blob (needs keys) and list what fails' }),
    removable: Flags.string({
      description: 'exit 0 only when not one blob is under this label, else 3',
      helpValue: '<label>',
      exclusive: ['verify'],
    }),
  };

  protected async execute(): Promise<ExitCode> {
    const { openStore, readKeys, requireKeys } = await import('../../lib/cli/open.ts');
    const { runAudit } = await import('../../lib/rotation/run-audit.ts');
    const { reportProgress } = await import('../../lib/cli/report-progress.ts');
    const { renderAudit, renderRemovable } = await import('../../lib/views/audit.ts');
    const { writeOne } = await import('../../lib/output/one.ts');
    const keys = await (this.flags.verify
      ? requireKeys(this.flags, this.context)
      : readKeys(this.flags, this.context));
    const store = await openStore(this.flags, this.context);
    try {
      const progress = reportProgress(this.terminal, this.signal);
      const report = await runAudit(store, { keys, verify: this.flags.verify, onProgress: progress.report });
      progress.stop();
      const format = { format: formatOf(this.flags) };
      if (this.flags.removable !== undefined) {
        const { removalObstacle } = await import('../../lib/rotation/audit.ts');
        const obstacle = removalObstacle(report, this.flags.removable);
        const result = {
          label: this.flags.removable,
          removable: obstacle === undefined,
          why: obstacle ?? null,
        };
        await writeOne(this.terminal, result, () => renderRemovable(result), format);
        return result.removable ? ExitCode.ok : ExitCode.found;
      }
      await writeOne(this.terminal, report, (terminal) => renderAudit(report, terminal), format);
      return report.findings.length === 0 ? ExitCode.ok : ExitCode.found;
    } finally {
      await store.close();
    }
  }
}
