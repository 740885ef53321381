import { Args } from '@oclif/core';
import { BaseCommand } from '../lib/cli/base-command.ts';
import type { ExitCode } from '../lib/errors.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

export default class Completion extends BaseCommand<typeof Completion> {
  static override summary = 'print the completion script for a shell';

  static override description = `Completes commands, flags, their values, columns, and the ids of cells, LRPs and tasks that were
listed lately (kept in $XDG_CACHE_HOME/cgdiego).`;

  static override examples = [
    { description: 'bash: in ~/.bashrc', command: 'source <(<%= config.bin %> completion bash)' },
    {
      description: 'zsh: in ~/.zshrc, after compinit',
      command: 'source <(<%= config.bin %> completion zsh)',
    },
    {
      description: 'fish',
      command: '<%= config.bin %> completion fish > ~/.config/fish/completions/<%= config.bin %>.fish',
    },
  ];

  static override args = {
    shell: Args.string({ required: true, options: [...SHELLS], description: 'bash, zsh or fish' }),
  };

  protected async execute(): Promise<ExitCode | undefined> {
    const { completionScript } = await import('../lib/cli/completion/script.ts');
    const { writeText } = await import('../lib/output/one.ts');
    await writeText(this.terminal, completionScript(this.args.shell as (typeof SHELLS)[number], this.config));
    return undefined;
  }
}
