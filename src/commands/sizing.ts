import { BaseCommand } from '../lib/cli/base-command.ts';
import { foundationFlags } from '../lib/cli/foundation-flags.ts';
import { formatFlags, formatOf } from '../lib/cli/output-flags.ts';
import { auctioneerFlags, questionFlags, recoveryFlags } from '../lib/cli/sizing-flags.ts';
import type { ExitCode } from '../lib/errors.ts';

export default class Sizing extends BaseCommand<typeof Sizing> {
  static override summary = "show capacity, and lose a zone on paper with Diego's own auction";
  static override description = `Without flags: what is free by zone and pool, and how much of it can be used. With --az-loss what each zone holds is placed on the others as Diego's auctioneer would, instance by instance, with the placement errors that it would give; then the smallest number of cells that makes the loss survivable is found by simulating again, or how many could go. Nothing is changed anywhere. Exit code 3 when an instance, or the staging headroom, finds no place. -o json has everything; csv the table that was asked for.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --az-loss --explain',
    '<%= config.bin %> <%= command.id %> --az-loss --zone z1 --drain 1 --add z2:2',
    '<%= config.bin %> <%= command.id %> --az-loss --what-if foundation.yml -o json',
    '<%= config.bin %> <%= command.id %> --simulate-placement 4G:8G:3 --tags isolated-egress',
  ];
  static override flags = {
    ...foundationFlags,
    ...questionFlags,
    ...auctioneerFlags,
    ...recoveryFlags,
    ...formatFlags('table', 'wide', 'json', 'yaml', 'ndjson', 'csv'),
  };

  protected async execute(): Promise<ExitCode> {
    const { runSizing } = await import('../lib/cli/run-sizing.ts');
    return runSizing(this.flags, formatOf(this.flags), { ...this.context, terminal: this.terminal });
  }
}
