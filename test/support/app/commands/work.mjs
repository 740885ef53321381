import { once } from 'node:events';
import { setImmediate } from 'node:timers';
import { BaseCommand } from '../../../../dist/lib/cli/base-command.js';
import { writeText } from '../../../../dist/lib/output/one.js';

/** Work that must not end because nobody reads: writes a line, waits for a line on stdin, writes more and finishes. */
export default class Work extends BaseCommand {
  endsWithReader = false;

  async execute() {
    await writeText(this.terminal, 'begun');
    await once(process.stdin, 'data');
    for (let n = 0; n < 3; n++) {
      await writeText(this.terminal, `step ${n}`);
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.say(`finished, aborted: ${this.signal.aborted}`);
    process.stdin.destroy();
    return 3;
  }
}
