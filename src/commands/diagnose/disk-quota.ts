import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../lib/cli/base-command.ts';
import { evidenceFlags } from '../../lib/cli/evidence-flags.ts';
import { foundationFlags } from '../../lib/cli/foundation-flags.ts';
import { bbsFlags } from '../../lib/cli/live-flags.ts';
import { listFlags, listOptionsOf } from '../../lib/cli/output-flags.ts';
import { UsageError, type ExitCode } from '../../lib/errors.ts';

export default class DiagnoseDiskQuota extends BaseCommand<typeof DiagnoseDiskQuota> {
  static override summary = 'tell why processes fail for disk, how sure that is, and what to do';
  static override description = `For each process that crashed, was not placed, or failed staging for disk: the evidence, the verdict
(placement, host-disk-full, image-counts, over-enforcement, quota-too-small, filled-at-run-time, staging, undetermined), how sure
it is, and the remedy with its command. Every source of evidence is optional; each that is missing is named with how to get it.
Exit code 0 when nothing was found, 3 when something was (with --quota-advice: quotas about to fail or far too large).`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> my-app --keys keys.yml --cf-events events.json --rep-logs rep.log rep.log.1.gz',
    "bosh -d cf ssh diego-cell -c 'sudo cat /var/vcap/sys/log/rep/rep.stdout.log' | <%= config.bin %> <%= command.id %> --rep-logs -",
    '<%= config.bin %> <%= command.id %> --summary -o json',
    '<%= config.bin %> <%= command.id %> --quota-advice --live -o csv',
  ];
  static override args = {
    guid: Args.string({
      multiple: true,
      description: 'processes or apps: a guid, the beginning of one, or (with keys) the name of an app',
    }),
  };
  static override flags = {
    ...foundationFlags,
    ...bbsFlags,
    ...evidenceFlags,
    ...listFlags(),
    'max-app-disk': Flags.custom<number>({
      description: "the foundation's largest disk quota of an app, in MB or as in 10G; no more is suggested",
      default: 10_240,
      helpValue: '<mb>',
      parse: (text) => Promise.resolve(parseQuota(text)),
    })(),
    summary: Flags.boolean({
      description: 'the foundation at a glance: apps by verdict, cell and stack, and what that points at',
    }),
    'quota-advice': Flags.boolean({
      description: 'every process: its quota against the largest use seen (needs --live, or --rep-logs)',
    }),
    current: Flags.boolean({ description: 'leave out processes that run again' }),
    patterns: Flags.string({ description: 'own patterns for crash texts, tried first', helpValue: '<file>' }),
  };

  static override records = {
    '': async () => (await import('../../lib/views/disk-quota.ts')).FINDING_TYPE,
    '--summary': async () => (await import('../../lib/views/disk-quota.ts')).SUMMARY_TYPE,
    '--quota-advice': async () => (await import('../../lib/views/disk-quota.ts')).ADVICE_TYPE,
  };

  protected async execute(): Promise<ExitCode> {
    const { runDiskQuota } = await import('../../lib/cli/run-disk-quota.ts');
    return runDiskQuota(
      this.flags,
      this.args.guid ?? [],
      this.terminal,
      listOptionsOf(this.flags),
      this.context,
    );
  }
}

function parseQuota(text: string): number {
  const match = /^(\d+)\s*(M|MB|MiB|G|GB|GiB)?$/i.exec(text.trim());
  const mb = match === null ? 0 : Number(match[1]) * (/^g/i.test(match[2] ?? '') ? 1024 : 1);
  if (mb > 0) return mb;
  throw new UsageError(`--max-app-disk: "${text}" is no size.`, { next: 'Write a number of MB, or 10G.' });
}
