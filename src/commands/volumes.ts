import { Flags } from '@oclif/core';
import { BaseCommand } from '../lib/cli/base-command.ts';
import { foundationFlags } from '../lib/cli/foundation-flags.ts';
import { listFlags, listOptionsOf } from '../lib/cli/output-flags.ts';

export default class Volumes extends BaseCommand<typeof Volumes> {
  static override summary = 'show the LRPs with volume mounts, and which cells can take them';
  static override description = `A cell can take an LRP when it offers its volume drivers and matches its placement tags and root file system. Presences do not carry
drivers: without --live a cell is known to have one only while an instance that needs it runs there.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --live --filter placeable=no',
    '<%= config.bin %> <%= command.id %> --by driver',
  ];
  static override records = {
    '': async () => (await import('../lib/views/volumes.ts')).VOLUME_RECORD,
    '--by driver': async () => (await import('../lib/views/volumes.ts')).DRIVER_RECORD,
  };
  static override flags = {
    ...foundationFlags,
    by: Flags.option({ options: ['driver'] as const, description: 'only the totals by volume driver' })(),
    ...listFlags(),
  };

  protected async execute(): Promise<undefined> {
    const { showVolumes } = await import('../lib/cli/show-volumes.ts');
    await showVolumes(this.flags, listOptionsOf(this.flags), { ...this.context, terminal: this.terminal });
  }
}
