import process from 'node:process';
import { BaseCommand } from '../lib/cli/base-command.ts';
import { connectionFlags, keyFlags } from '../lib/cli/connection-flags.ts';
import { durationFlag } from '../lib/cli/duration.ts';
import { UsageError } from '../lib/errors.ts';

export default class Top extends BaseCommand<typeof Top> {
  static override summary = 'watch zones, cells and crashes on a terminal';
  static override description = `Reads the store again and again. q ends it, the arrows scroll, z, m and d order the cells by zone, memory and disk. Plain text, and the
terminal is as it was when it ends.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --interval 2s',
  ];
  static override flags = {
    ...connectionFlags,
    ...keyFlags,
    interval: durationFlag({
      description: 'how often to read',
      default: 5000,
      defaultHelp: () => Promise.resolve('5s'),
    }),
  };

  protected async execute(): Promise<undefined> {
    if (!this.terminal.isTerminal || !process.stdin.isTTY) {
      throw new UsageError('top needs a terminal.', {
        next: 'In a pipe, use cgdiego cells and cgdiego crashes.',
      });
    }
    if (this.flags.interval < 100) throw new UsageError('--interval must be at least 100ms.');
    const { runTop } = await import('../lib/cli/run-top.ts');
    await runTop(this.flags, { ...this.context, terminal: this.terminal });
  }
}
