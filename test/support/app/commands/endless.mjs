import { BaseCommand } from '../../../../dist/lib/cli/base-command.js';
import { listFlags, listOptionsOf } from '../../../../dist/lib/cli/output-flags.js';
import { writeList } from '../../../../dist/lib/output/list.js';

/** Lists numbers without end, and tells on stderr when its source was closed. */
export default class Endless extends BaseCommand {
  static flags = listFlags();

  async execute() {
    const { stderr } = this.terminal;
    async function* rows() {
      try {
        for (let n = 0; ; n += 1000) {
          yield Array.from({ length: 1000 }, (_, index) => ({ n: n + index }));
        }
      } finally {
        stderr.write('source closed\n');
      }
    }
    const type = { name: 'number', plural: 'numbers', id: 'n', columns: [{ name: 'n', description: '' }] };
    await writeList(this.terminal, type, rows(), listOptionsOf(this.flags));
    return 3;
  }
}
