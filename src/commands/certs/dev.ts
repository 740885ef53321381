import { Flags } from '@oclif/core';
import { BaseCommand } from '../../lib/cli/base-command.ts';
import { ExitCode } from '../../lib/errors.ts';

// Written out here so that --help does not load node-forge; the compiler holds them against the library's.
const SERVERS = ['bbs_server', 'rep_server', 'locket_server'] as const;
const NAMES = [...SERVERS, 'bbs_client', 'rep_client', 'locket_client', 'client'] as const;

export default class CertsDev extends BaseCommand<typeof CertsDev> {
  static override summary = 'make a throw-away CA and certificates for a test bed';

  static override description = `Writes ca, bbs_server, bbs_client, rep_server, rep_client, locket_server, locket_client and client, each as a
.crt and a .key (PEM, RSA 2048; keys have mode 0600) and prints their paths. Existing files are never overwritten.
Not for production: the CA's key lies beside what it signed.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %> --out ./dev-certs',
    '<%= config.bin %> <%= command.id %> --out ./expired --expired rep_server --host 10.0.0.5',
  ];

  static override flags = {
    out: Flags.string({ required: true, helpValue: 'DIR', description: 'directory to write to' }),
    host: Flags.string({
      multiple: true,
      helpValue: 'NAME|IP',
      description: 'name or address in the server certificates, in place of localhost, 127.0.0.1 and ::1',
    }),
    days: Flags.integer({ default: 365, helpValue: 'N', description: 'validity in days' }),
    expired: Flags.option({ options: NAMES, multiple: true })({
      description: 'make this certificate one that expired yesterday',
    }),
    'wrong-name': Flags.option({ options: SERVERS, multiple: true })({
      description: 'make this server certificate name wrong.example.com only',
    }),
  };

  protected async execute(): Promise<ExitCode> {
    const { createDevCertificates } = await import('../../lib/certificates/dev.ts');
    const { host, days, expired, 'wrong-name': wrongName } = this.flags;
    const made = await createDevCertificates(this.flags.out, {
      days,
      ...(host === undefined ? {} : { hosts: host }),
      ...(expired === undefined ? {} : { expired }),
      ...(wrongName === undefined ? {} : { wrongName }),
    });
    for (const { certificateFile, privateKeyFile } of Object.values(made)) {
      this.terminal.stdout.write(`${certificateFile}\n${privateKeyFile}\n`);
    }
    this.say('For a test bed only. cfdot and cgdiego take them as');
    this.say(
      `  CA_CERT_FILE=${made.ca.certificateFile} CLIENT_CERT_FILE=${made.client.certificateFile} CLIENT_KEY_FILE=${made.client.privateKeyFile}`,
    );
    return ExitCode.ok;
  }
}
