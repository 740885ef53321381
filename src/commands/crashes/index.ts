import { Flags } from '@oclif/core';
import { BaseCommand } from '../../lib/cli/base-command.ts';
import { connectionFlags, keyFlags } from '../../lib/cli/connection-flags.ts';
import { durationFlag } from '../../lib/cli/duration.ts';
import { evidenceFlags } from '../../lib/cli/evidence-flags.ts';
import { foundationFlags } from '../../lib/cli/foundation-flags.ts';
import { bbsFlags } from '../../lib/cli/live-flags.ts';
import { listFlags, listOptionsOf } from '../../lib/cli/output-flags.ts';
import { GROUPINGS } from '../../lib/crashes/groups.ts';
import { ExitCode } from '../../lib/errors.ts';

/** Without `live`: reps know nothing of crashes. */
const sourceFlags = {
  ...connectionFlags,
  ...keyFlags,
  from: foundationFlags.from,
  source: foundationFlags.source,
};

export default class Crashes extends BaseCommand<typeof Crashes> {
  static override summary = 'show why instances crash, are not placed, or tasks fail, and who can end it';
  static override description = `Every instance with a crash (also those that went back to UNCLAIMED or run again: their text may be old),
every placement error, and every task that failed or was rejected, by a table of patterns (cgdiego crashes patterns). The
longest-crashing come first. Names of apps and organisations need the encryption keys; the cell of a crash needs --cf-events
or --rep-logs, as the store forgets it.
Exit code 3 with --fail-on when there are some of that class.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --by app --since 1h --keys keys.yml',
    '<%= config.bin %> <%= command.id %> --by cell --cf-events events.json',
    '<%= config.bin %> <%= command.id %> --fail-on copy-in,platform --current',
    '<%= config.bin %> <%= command.id %> --follow -o ndjson | jq .text',
  ];
  static override flags = {
    ...sourceFlags,
    ...bbsFlags,
    ...evidenceFlags,
    ...listFlags(),
    by: Flags.option({
      options: GROUPINGS,
      default: 'cause' as const,
      description: 'group by this, or show every instance',
    })(),
    since: durationFlag({ description: 'only what changed its state in the last so long' }),
    current: Flags.boolean({ description: 'leave out instances that run again' }),
    follow: Flags.boolean({
      char: 'f',
      description: "show new ones as they come: from the BBS's events (--bbs-url), else from the store",
      exclusive: ['from', 'fail-on'],
    }),
    interval: durationFlag({
      description: 'how often --follow reads the store',
      default: 5000,
      defaultHelp: () => Promise.resolve('5s'),
    }),
    'fail-on': Flags.string({
      description:
        'exit 3 when there are some of this class, pattern or actor (app, platform, sizing); any for all',
      multiple: true,
      helpValue: '<class>',
    }),
    patterns: Flags.string({ description: 'own patterns, tried first', helpValue: '<file>' }),
  };

  static override records = {
    '': async () => (await import('../../lib/views/crashes.ts')).crashGroupType('cause', 0),
    '--by instance': async () => (await import('../../lib/views/crashes.ts')).crashRecordType(0),
  };

  protected async execute(): Promise<ExitCode | undefined> {
    const { runCrashes, prepareCrashes } = await import('../../lib/cli/run-crashes.ts');
    const prepared = await prepareCrashes(this.flags, this.terminal, listOptionsOf(this.flags));
    if (this.flags.follow) {
      const { followCrashes } = await import('../../lib/cli/follow-crashes.ts');
      return followCrashes(this.flags, prepared, this.context);
    }
    return runCrashes(this.flags, prepared, this.context);
  }
}
