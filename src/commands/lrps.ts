import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../lib/cli/base-command.ts';
import { foundationFlags } from '../lib/cli/foundation-flags.ts';
import { listFlags, listOptionsOf } from '../lib/cli/output-flags.ts';

export default class Lrps extends BaseCommand<typeof Lrps> {
  static override summary = 'show the LRPs: how many instances run, where, and why some do not';
  static override description = `Lists the desired LRPs with their instances added up; json, ndjson and yaml have everything that the BBS stores about them.
--instances lists one row an instance, --full the desired LRPs alone, decrypted and decoded. With a process guid, an app's guid or the
beginning of one it shows everything about that LRP. --live asks the reps which instances they have and marks where that differs. Environment values, passwords and private keys are masked unless --reveal.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    "<%= config.bin %> <%= command.id %> --filter 'crash_count>0' --sort -crash_count",
    '<%= config.bin %> <%= command.id %> --instances --filter state=UNCLAIMED',
    '<%= config.bin %> <%= command.id %> 71e796a2',
    '<%= config.bin %> <%= command.id %> --full -o ndjson > desired.ndjson',
  ];
  static override records = {
    '': async () => {
      const { liveSummaryRecord, LRP_RECORD } = await import('../lib/views/lrps.ts');
      return liveSummaryRecord(LRP_RECORD);
    },
    '--instances': async () => (await import('../lib/views/lrps.ts')).instanceRecord(0, true),
    '--full': async () => (await import('../lib/views/lrps.ts')).LRP_FULL_RECORD,
  };
  static override args = {
    process_guid: Args.string({ description: "a process guid, an app's guid, or the beginning of one" }),
  };
  static override flags = {
    ...foundationFlags,
    instances: Flags.boolean({ description: 'one row an instance', exclusive: ['full'] }),
    full: Flags.boolean({
      description: 'the desired LRPs with all that is encrypted, without instances',
      exclusive: ['live'],
    }),
    reveal: Flags.boolean({ description: 'show environment values, passwords and private keys' }),
    ...listFlags(),
  };

  protected async execute(): Promise<undefined> {
    const { showLrps } = await import('../lib/cli/show-lrps.ts');
    await showLrps(this.args.process_guid, this.flags, listOptionsOf(this.flags), {
      ...this.context,
      terminal: this.terminal,
    });
  }
}
