import { BaseCommand } from '../lib/cli/base-command.ts';
import { connectionFlags } from '../lib/cli/connection-flags.ts';
import { listFlags, listOptionsOf } from '../lib/cli/output-flags.ts';

export default class Locks extends BaseCommand<typeof Locks> {
  static override summary = 'show who is the active BBS and auctioneer, and which cells are present';
  static override description = `Reads Locket's locks and presences, with the seconds after which each expires when it is not renewed.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --filter type=lock -o json',
  ];
  static override records = { '': async () => (await import('../lib/views/locks.ts')).LOCK_RECORD };
  static override flags = { ...connectionFlags, ...listFlags() };

  protected async execute(): Promise<undefined> {
    const { showLocks } = await import('../lib/cli/show-locks.ts');
    await showLocks(this.flags, listOptionsOf(this.flags), { ...this.context, terminal: this.terminal });
  }
}
