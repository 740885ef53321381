import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../lib/cli/base-command.ts';
import { connectionFlags } from '../../lib/cli/connection-flags.ts';
import { formatOf, listFlags, listOptionsOf } from '../../lib/cli/output-flags.ts';
import { ExitCode, UsageError } from '../../lib/errors.ts';

export default class ManifestCheck extends BaseCommand<typeof ManifestCheck> {
  static override summary = 'look for mistakes in deployment manifests';
  static override description = `Checks keys, store, zones, cells, add-ons, logging, metrics and leftovers of the DEAs in deployment manifests (with the cloud and runtime
configs beside them), spiff stubs, ops files and bbs.json. All files are looked at together. With a database the keys are held against the
store, too. Exit code 3 when something was found.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> diego.yml',
    '<%= config.bin %> <%= command.id %> cf-deployment.yml cloud-config.yml runtime-config.yml --vars-file vars.yml --fail-on error',
    '<%= config.bin %> <%= command.id %> --rules',
  ];
  static override records = {
    '': async () => (await import('../../lib/views/manifest.ts')).FINDINGS,
    '--rules': async () => (await import('../../lib/views/manifest.ts')).RULE_ROWS,
  };
  static override args = {
    file: Args.string({ multiple: true, description: 'the files, looked at together' }),
  };
  static override flags = {
    ...listFlags(),
    'vars-file': Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: '<file>',
      description: 'values of ((variables))',
    }),
    'fail-on': Flags.option({ options: ['warn', 'error'] as const, default: 'warn' as const })({
      description: 'the least severity that gives exit code 3',
    }),
    ignore: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: '<rule>',
      description: 'do not ask this rule',
    }),
    addon: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      default: ['auto'],
      helpValue: '<name>',
      description:
        "a release or job that every VM must carry; 18f for 18F's list, none for no such check; auto: 18F's list where one of it is used",
    }),
    rules: Flags.boolean({ description: 'list the rules' }),
    ...connectionFlags,
  };

  protected async execute(): Promise<ExitCode> {
    const { writeList } = await import('../../lib/output/list.ts');
    const { FINDINGS, RULE_ROWS, renderFindings } = await import('../../lib/views/manifest.ts');
    const { flags, terminal } = this;
    if (flags.rules) {
      const { RULES } = await import('../../lib/manifest/check/rules.ts');
      const rows = RULES.map(({ id, severity, what, why, next, source }) => ({
        id,
        severity,
        what,
        why,
        next,
        source,
      }));
      await writeList(terminal, RULE_ROWS, rows, listOptionsOf(flags));
      return ExitCode.ok;
    }
    const files = this.args.file ?? [];
    if (files.length === 0)
      throw new UsageError('No manifest was named.', { next: 'Give one or more files.' });
    const { checkFiles } = await import('../../lib/cli/check-manifests.ts');
    const findings = await checkFiles(files, flags, this.context);
    const options = listOptionsOf(flags);
    const plain =
      [options.columns, options.sort, options.limit].every((each) => each === undefined) &&
      flags.filter === undefined &&
      !flags.quiet;
    if (formatOf(flags) === 'table' && plain && !flags['no-header']) {
      const { writeText } = await import('../../lib/output/one.ts');
      await writeText(terminal, renderFindings(findings, files, terminal));
    } else await writeList(terminal, FINDINGS, findings, options);
    const failing = findings.filter(({ severity }) => flags['fail-on'] === 'warn' || severity === 'error');
    return failing.length > 0 ? ExitCode.found : ExitCode.ok;
  }
}
