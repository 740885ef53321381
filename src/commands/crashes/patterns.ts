import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../lib/cli/base-command.ts';
import { listFlags, listOptionsOf } from '../../lib/cli/output-flags.ts';

export default class CrashesPatterns extends BaseCommand<typeof CrashesPatterns> {
  static override summary = 'show the table of patterns that crash texts are told by, or try it on a text';
  static override description = `The first pattern that matches wins. Own patterns (--patterns) are tried first: a YAML or JSON list of
entries with id, pattern (a regular expression), class, cause, who (app, platform, sizing), todo and source.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> -o wide',
    '<%= config.bin %> <%= command.id %> "APP/PROC/WEB: Exited with status 137 (out of memory)"',
    'cf events my-app | <%= config.bin %> <%= command.id %> - --patterns own.yml -o json',
  ];
  static override args = {
    text: Args.string({ description: 'a text to classify, or - for one text a line from standard input' }),
  };
  static override flags = {
    ...listFlags(),
    patterns: Flags.string({ description: 'own patterns, tried first', helpValue: '<file>' }),
  };

  static override records = {
    '': async () => (await import('../../lib/views/crashes.ts')).PATTERN_TYPE,
    TEXT: async () => (await import('../../lib/views/crashes.ts')).CLASSIFIED_TYPE,
  };

  protected async execute(): Promise<undefined> {
    const { readOwnPatterns } = await import('../../lib/cli/evidence-flags.ts');
    const { CRASH_PATTERNS } = await import('../../lib/crashes/patterns.ts');
    const { writeList } = await import('../../lib/output/list.ts');
    const views = await import('../../lib/views/crashes.ts');
    const own = await readOwnPatterns(this.flags.patterns);
    const options = listOptionsOf(this.flags);
    if (this.args.text === undefined) {
      const rows = [...own, ...CRASH_PATTERNS].map(views.patternRow);
      await writeList(this.terminal, views.PATTERN_TYPE, rows, options);
      return;
    }
    const { classifyTexts } = await import('../../lib/crashes/classify-texts.ts');
    const rows = await classifyTexts(this.args.text, own, process.stdin);
    await writeList(this.terminal, views.CLASSIFIED_TYPE, rows, options);
  }
}
