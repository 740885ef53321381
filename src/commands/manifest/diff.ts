import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../lib/cli/base-command.ts';
import { formatFlags, formatOf } from '../../lib/cli/output-flags.ts';
import { ExitCode } from '../../lib/errors.ts';

export default class ManifestDiff extends BaseCommand<typeof ManifestDiff> {
  static override summary = 'say what a new manifest changes for the BBS, the cells and the zones';
  static override description = `In an operator's words: keys, instances by zone, capacities, the store, releases. Secrets are masked; that one changes is told.`;
  static override examples = ['<%= config.bin %> <%= command.id %> deployed.yml new.yml'];
  static override args = {
    old: Args.string({ required: true, description: 'the manifest as it is deployed (bosh manifest)' }),
    new: Args.string({ required: true, description: 'the manifest that shall be deployed' }),
  };
  static override flags = {
    'vars-file': Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: '<file>',
      description: 'values of ((variables)), for both',
    }),
    'cloud-config': Flags.string({
      helpValue: '<file>',
      description: 'the cloud config, for the sizes of VM types',
    }),
    ...formatFlags('table', 'json', 'yaml', 'ndjson'),
  };

  protected async execute(): Promise<ExitCode> {
    const { readManifestSet } = await import('../../lib/manifest/check/check.ts');
    const { diffManifests } = await import('../../lib/manifest/diff/diff.ts');
    const { renderChanges } = await import('../../lib/views/manifest.ts');
    const { writeOne } = await import('../../lib/output/one.ts');
    const { flags, args } = this;
    const beside = flags['cloud-config'] === undefined ? [] : [flags['cloud-config']];
    const read = (file: string) => readManifestSet([file, ...beside], flags['vars-file'] ?? []);
    const changes = diffManifests(await read(args.old), await read(args.new)).map((change) => ({
      ...change,
      level: change.level ?? null,
    }));
    const shown = changes.map((change) => ({ ...change, level: change.level ?? undefined }));
    await writeOne(
      this.terminal,
      { old: args.old, new: args.new, changes },
      (terminal) => renderChanges(shown, terminal),
      { format: formatOf(flags) },
    );
    return ExitCode.ok;
  }
}
