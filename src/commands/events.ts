import { Flags } from '@oclif/core';
import { BaseCommand } from '../lib/cli/base-command.ts';
import { bbsFlags, bbsLocation } from '../lib/cli/live-flags.ts';
import { formatFlags, formatOf } from '../lib/cli/output-flags.ts';
import { ExitCode, UsageError } from '../lib/errors.ts';

export default class Events extends BaseCommand<typeof Events> {
  static override summary = "the BBS's events as they happen";

  static override description = `Desired LRPs, instances and crashes, or with --tasks tasks, as one JSON value a line in the form that cfdot prints, or with
-o table as a line to read. It connects again when the connection breaks, and says so on stderr. Environment values, image passwords
and private keys are masked unless --reveal.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %> -o table',
    `<%= config.bin %> <%= command.id %> --cell 9e6f82e5 | jq -c 'select(.type == "actual_lrp_crashed")'`,
    '<%= config.bin %> <%= command.id %> --tasks --limit 10',
  ];

  static override flags = {
    tasks: Flags.boolean({ description: 'the events of tasks instead of those of LRPs' }),
    cell: Flags.string({
      helpValue: '<id>',
      description: 'only those of instances or tasks on this cell (its id or how that begins)',
    }),
    process: Flags.string({
      helpValue: '<guid>',
      description: 'only those of this process guid, or of all processes of this app guid',
      exclusive: ['tasks'],
    }),
    reveal: Flags.boolean({ description: 'show secrets' }),
    limit: Flags.integer({ min: 1, helpValue: 'N', description: 'end after so many events' }),
    ...bbsFlags,
    'bbs-config': Flags.string({
      description: 'a bbs.json, for what cfdot has in its environment',
      env: 'CGDIEGO_BBS_CONFIG',
      helpGroup: 'BBS',
      helpValue: '<file>',
    }),
    ...formatFlags('ndjson', 'table', 'json'),
  };

  protected async execute(): Promise<ExitCode> {
    const { tasks, cell, process: processGuid, reveal, limit = Infinity } = this.flags;
    if (reveal && formatOf(this.flags) === 'table') {
      throw new UsageError('--reveal makes no sense with -o table: its lines have no secrets in them.');
    }
    const [{ requireBbs }, { bbsEvents }, { matchesEvent }, { eventJson }, views, { ClosedPipeError, Sink }] =
      await Promise.all([
        import('../lib/diego/endpoint.ts'),
        import('../lib/diego/events.ts'),
        import('../lib/diego/event-subject.ts'),
        import('../lib/diego/event-types.ts'),
        import('../lib/views/events.ts'),
        import('../lib/output/sink.ts'),
      ]);
    const asText = formatOf(this.flags) === 'table';
    const sink = new Sink(this.terminal.stdout);
    const events = bbsEvents(await requireBbs(bbsLocation(this.flags)), {
      stream: tasks ? 'tasks' : 'lrp_instances',
      signal: this.signal,
      onNotice: (notice) => {
        this.say(views.noticeLine(notice));
      },
    });
    let written = 0;
    try {
      for await (const event of events) {
        if (!matchesEvent(event, { cell, process: processGuid })) continue;
        const line = asText ? views.eventLine(event, new Date(), this.terminal) : eventJson(event, !reveal);
        await sink.write(`${line}\n`);
        if (++written >= limit) break;
      }
      await sink.end();
    } catch (error) {
      // `| head -3` has what it wanted.
      if (!(error instanceof ClosedPipeError)) throw error;
    } finally {
      sink.release();
    }
    return ExitCode.ok;
  }
}
