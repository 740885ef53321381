import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../lib/cli/base-command.ts';
import { foundationFlags } from '../lib/cli/foundation-flags.ts';
import { listFlags, listOptionsOf } from '../lib/cli/output-flags.ts';

export default class Tasks extends BaseCommand<typeof Tasks> {
  static override summary = 'show the tasks: staging, one-off tasks, what waits and what failed';
  static override description = `json, ndjson and yaml have everything that the BBS stores about a task. With the guid of a task (or the beginning of one) it shows
that task. --live asks the reps which of them they have. Environment values and passwords are masked unless --reveal.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --filter state=Pending --sort created_at',
    '<%= config.bin %> <%= command.id %> 12686776',
  ];
  static override records = { '': async () => (await import('../lib/views/tasks.ts')).taskRecord(0, true) };
  static override args = { task_guid: Args.string({ description: 'a task, or the beginning of its guid' }) };
  static override flags = {
    ...foundationFlags,
    reveal: Flags.boolean({ description: 'show environment values and passwords' }),
    ...listFlags(),
  };

  protected async execute(): Promise<undefined> {
    const { showTasks } = await import('../lib/cli/show-tasks.ts');
    await showTasks(this.args.task_guid, this.flags, listOptionsOf(this.flags), {
      ...this.context,
      terminal: this.terminal,
    });
  }
}
