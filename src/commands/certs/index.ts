import process from 'node:process';
import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../lib/cli/base-command.ts';
import { durationFlag } from '../../lib/cli/duration.ts';
import { listFlags, listOptionsOf } from '../../lib/cli/output-flags.ts';
import { CgdiegoError, ExitCode } from '../../lib/errors.ts';

export default class Certs extends BaseCommand<typeof Certs> {
  static override summary = 'show and check the X.509 certificates around Diego';

  static override description = `Reads PEM and DER files, directories of them, manifests, ops and vars files, a bbs.json, and live TLS endpoints.
Exit code 3 when a certificate expires within --within, has expired, does not match the key beside it, does not lead
to its CA, or lacks what its place needs (BBS, rep, Locket, auctioneer, SSH proxy). Private keys are compared and never shown.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %> /var/vcap/jobs/bbs/config/certs --within 90d',
    '<%= config.bin %> <%= command.id %> --manifest diego.yml --manifest creds.yml',
    '<%= config.bin %> <%= command.id %> bbs.service.cf.internal:8889 --ca ca.crt -o json',
  ];

  static override args = {
    target: Args.string({ multiple: true, description: 'files, directories, HOST:PORT' }),
  };

  static override records = {
    '': async () => (await import('../../lib/certificates/record.ts')).certificateRecord,
  };

  static override flags = {
    'bbs-config': Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'FILE',
      description: 'a bbs.json: the files that it names',
    }),
    manifest: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'FILE',
      description: 'a YAML manifest, ops file or vars file',
    }),
    ca: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'FILE',
      description:
        'the CA that files and endpoints should lead to; manifests and bbs.json have their own. Without it: ca.crt beside a file, and CA_CERT_FILE for endpoints',
    }),
    within: durationFlag({
      default: 60 * 86_400_000,
      defaultHelp: () => Promise.resolve('60d'),
      description: 'one that expires so soon is a finding',
    }),
    'client-cert': Flags.string({
      env: 'CLIENT_CERT_FILE',
      helpValue: 'FILE',
      description: 'shown to endpoints that ask for one',
    }),
    'client-key': Flags.string({
      env: 'CLIENT_KEY_FILE',
      helpValue: 'FILE',
      description: 'the key of --client-cert',
    }),
    servername: Flags.string({
      helpValue: 'NAME',
      description: 'the name to ask endpoints for, when they are given by address',
    }),
    timeout: durationFlag({
      default: 10_000,
      defaultHelp: () => Promise.resolve('10s'),
      description: 'for each endpoint',
    }),
    ...listFlags(),
  };

  protected async execute(): Promise<ExitCode> {
    const [
      { collectCertificates },
      { checkCertificates },
      { certificateRecord, findingLines },
      { prepareList },
    ] = await Promise.all([
      import('../../lib/certificates/inventory.ts'),
      import('../../lib/certificates/check.ts'),
      import('../../lib/certificates/record.ts'),
      import('../../lib/output/list.ts'),
    ]);
    const list = prepareList(this.terminal, certificateRecord, listOptionsOf(this.flags));
    const { found, failures } = await collectCertificates({
      targets: this.args.target ?? [],
      bbsConfigs: this.flags['bbs-config'] ?? [],
      manifests: this.flags.manifest ?? [],
      caFiles: this.flags.ca ?? [],
      endpointCaFile: process.env.CA_CERT_FILE,
      clientCertificateFile: this.flags['client-cert'],
      clientKeyFile: this.flags['client-key'],
      servername: this.flags.servername,
      timeoutMs: this.flags.timeout,
      signal: this.signal,
    });
    const [failure] = failures;
    if (found.length === 0 && failures.length === 1 && failure instanceof CgdiegoError) throw failure;

    const rows = checkCertificates(found, { now: new Date(), withinMs: this.flags.within });
    await list.write(rows);
    const { renderError } = await import('../../lib/output/error.ts');
    for (const error of failures) this.say(renderError(error, false).text);
    for (const line of findingLines(rows)) this.say(line);
    if (rows.some(({ findings }) => findings.length > 0)) return ExitCode.found;
    return failures.length > 0 ? ExitCode.failure : ExitCode.ok;
  }
}
