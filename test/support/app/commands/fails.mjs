import { setTimeout } from 'node:timers';
import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../../../dist/lib/cli/base-command.js';

/** Breaks in the way that its argument names. */
export default class Fails extends BaseCommand {
  static args = { how: Args.string({}) };
  static flags = { zone: Flags.string({ multiple: true }) };

  async execute() {
    if (this.args.how === 'bug') throw new TypeError('this is undefined');
    if (this.args.how === 'later') {
      setTimeout(() => {
        throw new Error('thrown in a callback');
      });
      await new Promise((resolve) => setTimeout(resolve, 60_000));
    }
    this.terminal.stdout.write(`how=${this.args.how} zone=${this.flags.zone}\n`);
  }
}
