import { Flags } from '@oclif/core';
import { BaseCommand } from '../../lib/cli/base-command.ts';
import { connectionFlags, keyFlags } from '../../lib/cli/connection-flags.ts';
import { bbsFlags } from '../../lib/cli/live-flags.ts';
import { formatFlags, formatOf } from '../../lib/cli/output-flags.ts';
import { ExitCode } from '../../lib/errors.ts';
import type { RotationRecord } from '../../lib/rotation/record.ts';

export default class RotateKey extends BaseCommand<typeof RotateKey> {
  static override summary =
    're-encrypt the store of the BBS under another key, online, leaving no row behind';
  static override description = `Every blob is decrypted under the key that its own label names, sealed under the target, opened again and
compared, and swapped in only where nobody changed the row meanwhile. The stored key label advances only when not one blob is under another label.
Killed at any point, it is finished by running it again. Exit code 3 when blobs are left that cannot be opened, or that a BBS keeps writing.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> --keys keys.yml --dry-run',
    '<%= config.bin %> <%= command.id %> --to key-2026-11 --keys keys.yml --record rotation.json',
    'credhub-interpolate keys.yml | <%= config.bin %> <%= command.id %> --keys - --yes --assume-deployed',
  ];
  static override flags = {
    to: Flags.string({
      description: 'label of the target key; by default the active_key_label of the keys',
      helpValue: '<label>',
    }),
    'dry-run': Flags.boolean({ description: 'show the plan and write nothing' }),
    yes: Flags.boolean({ char: 'y', description: 'do not ask for confirmation' }),
    'batch-size': Flags.integer({
      description: 'rows a transaction',
      default: 1000,
      min: 1,
      max: 10_000,
      helpValue: 'N',
    }),
    connections: Flags.integer({
      description: 'transactions at once',
      default: 4,
      min: 1,
      max: 64,
      helpValue: 'N',
    }),
    'max-rows-per-second': Flags.integer({ description: 'go no faster than this', min: 1, helpValue: 'N' }),
    record: Flags.string({
      description: 'write the evidence of the rotation to this new file, as JSON',
      helpValue: '<file>',
    }),
    'assume-deployed': Flags.boolean({ description: 'you know that every running BBS has the target key' }),
    'allow-undecryptable': Flags.boolean({ description: 'go on without the rows whose key is not given' }),
    ...connectionFlags,
    ...keyFlags,
    ...bbsFlags,
    ...formatFlags('table', 'json', 'ndjson'),
  };

  /** A closed pipe must not stop it half-way. */
  protected override readonly endsWithReader = false;

  protected async execute(): Promise<ExitCode> {
    const { openLocket, openStore, requireKeys } = await import('../../lib/cli/open.ts');
    const { reportProgress } = await import('../../lib/cli/report-progress.ts');
    const { resolveBbs } = await import('../../lib/diego/endpoint.ts');
    const { RecordFile } = await import('../../lib/rotation/record.ts');
    const { rotate, RotationStopped } = await import('../../lib/rotation/rotate.ts');
    const { confirmRotation } = await import('../../lib/views/rotation.ts');
    const { flags, signal } = this;
    const keys = await requireKeys(flags, this.context);
    const bbs = await resolveBbs({
      url: flags['bbs-url'],
      caFile: flags['ca-cert-file'],
      certFile: flags['client-cert-file'],
      keyFile: flags['client-key-file'],
      bbsConfig: flags['bbs-config'],
    });
    const store = await openStore(flags, this.context, flags.connections + 3);
    const progress = reportProgress(this.terminal, signal);
    try {
      const recordFile = flags.record === undefined ? undefined : await RecordFile.create(flags.record);
      const finish = async (record: RotationRecord) => {
        progress.stop();
        await recordFile?.write(record);
        await this.#show(record);
      };
      const locket = await openLocket(flags, this.context, store);
      try {
        const record = await rotate(store, {
          keys,
          to: flags.to,
          dryRun: flags['dry-run'],
          allowUndecryptable: flags['allow-undecryptable'],
          assumeDeployed: flags['assume-deployed'],
          batchSize: flags['batch-size'],
          connections: flags.connections,
          maxRowsPerSecond: flags['max-rows-per-second'],
          askBbs:
            bbs === undefined
              ? undefined
              : (await import('../../lib/rotation/ask-bbs.ts')).askBbsAt(bbs, signal),
          locket,
          confirm: (plan, evidence) =>
            confirmRotation(this.terminal, plan, evidence, { yes: flags.yes, signal }),
          version: this.config.version,
          signal,
          onProgress: progress.report,
          onPhase: (text) => {
            this.say(text.endsWith('.') ? text : `${text}.`);
          },
        });
        await finish(record);
        return record.outcome === 'leftovers' ? ExitCode.found : ExitCode.ok;
      } catch (error) {
        if (!(error instanceof RotationStopped)) {
          await recordFile?.discard();
          throw error;
        }
        await finish(error.record);
        throw error.cause;
      } finally {
        if (locket !== store) await locket?.close();
      }
    } finally {
      progress.stop();
      await store.close();
    }
  }

  async #show(record: RotationRecord): Promise<void> {
    const { writeOne } = await import('../../lib/output/one.ts');
    const { renderRotation } = await import('../../lib/views/rotation.ts');
    await writeOne(this.terminal, record, (terminal) => renderRotation(record, terminal), {
      format: formatOf(this.flags),
    });
  }
}
