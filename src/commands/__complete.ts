import { Args } from '@oclif/core';
import { BaseCommand } from '../lib/cli/base-command.ts';
import type { ExitCode } from '../lib/errors.ts';

/** What the completion scripts ask for when the key is pressed. Answers one word a line, or nothing. */
export default class Complete extends BaseCommand<typeof Complete> {
  static override hidden = true;
  static override summary = 'answer a completion script';

  static override args = {
    what: Args.string({ required: true, description: 'columns, profiles, cells, lrps, tasks or zones' }),
    command: Args.string({ description: 'the command whose columns are meant' }),
  };

  protected async execute(): Promise<ExitCode | undefined> {
    const { answerCompletion } = await import('../lib/cli/completion/answer.ts');
    const { writeText } = await import('../lib/output/one.ts');
    const words = await answerCompletion(this.config, this.args.what, this.args.command ?? '');
    await writeText(this.terminal, words.map((word) => `${word}\n`).join(''));
    return undefined;
  }
}
