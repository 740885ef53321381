import { Flags } from '@oclif/core';
import { BaseCommand } from '../lib/cli/base-command.ts';
import { foundationFlags } from '../lib/cli/foundation-flags.ts';

export default class Snapshot extends BaseCommand<typeof Snapshot> {
  static override summary = 'save cells, LRPs and tasks in a file, for --from';
  static override description = `What the file holds is what inspection, sizing and diagnosis need: no environment, no actions, no routes, no keys. A name that ends in
.gz is packed.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> --file monday.json',
    '<%= config.bin %> cells --from monday.json',
  ];
  static override flags = {
    ...foundationFlags,
    file: Flags.string({ required: true, description: 'where to save it', helpValue: '<file>' }),
  };

  protected async execute(): Promise<undefined> {
    const { saveSnapshot } = await import('../lib/cli/save-snapshot.ts');
    await saveSnapshot(this.flags, { ...this.context, terminal: this.terminal });
  }
}
