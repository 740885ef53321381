import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../lib/cli/base-command.ts';
import { foundationFlags } from '../lib/cli/foundation-flags.ts';
import { listFlags, listOptionsOf } from '../lib/cli/output-flags.ts';

export default class Cells extends BaseCommand<typeof Cells> {
  static override summary = 'show the cells, what they hold and what is left of them';
  static override description = `What is allocated is what the store implies: the sum over the instances and tasks that are placed on a cell. A rep may not have
seen a claimed instance yet, and adds its proxy's memory to each: --live shows its own figures beside. With the id of a cell (or the
beginning of one) it shows that cell with its instances, tasks and crashes.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --sort -memory_pct --limit 10',
    "<%= config.bin %> <%= command.id %> --filter 'zone=z1' --filter 'memory_pct>90' -o csv",
    '<%= config.bin %> <%= command.id %> --by zone',
    '<%= config.bin %> <%= command.id %> 5b1484f2',
  ];
  static override records = {
    '': async () => (await import('../lib/views/cells.ts')).cellRecord(true),
    '--by zone': async () => (await import('../lib/views/cells.ts')).ZONE_RECORD,
    '--by pool': async () => (await import('../lib/views/cells.ts')).POOL_RECORD,
  };
  static override args = { cell_id: Args.string({ description: 'a cell, or the beginning of its id' }) };
  static override flags = {
    ...foundationFlags,
    by: Flags.option({
      options: ['zone', 'pool'] as const,
      description: 'only the totals: by zone, or by pool (placement tags and root file systems)',
    })(),
    ...listFlags(),
  };

  protected async execute(): Promise<undefined> {
    const { showCells } = await import('../lib/cli/show-cells.ts');
    await showCells(this.args.cell_id, this.flags, listOptionsOf(this.flags), {
      ...this.context,
      terminal: this.terminal,
    });
  }
}
