import { clearInterval, setInterval } from 'node:timers';
import { Flags } from '@oclif/core';
import { BaseCommand } from '../../../../dist/lib/cli/base-command.js';

/** Waits until it is interrupted, cleans up and then fails as a cancelled query would. */
export default class Wait extends BaseCommand {
  static flags = { resolves: Flags.boolean() };

  async execute() {
    this.say('waiting');
    const alive = setInterval(() => undefined, 1000);
    await new Promise((resolve) => this.signal.addEventListener('abort', resolve, { once: true }));
    clearInterval(alive);
    this.say('cleaned up');
    if (!this.flags.resolves) throw new Error('canceling statement due to user request');
    return 0;
  }
}
