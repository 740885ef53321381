import process from 'node:process';
import { Flags } from '@oclif/core';
import type { BbsLocation, TlsLocation } from '../diego/endpoint.ts';

/** How commands that talk to the BBS find it: cfdot's environment, or a bbs.json. */
export const bbsFlags = {
  'bbs-url': Flags.string({
    description: 'the BBS, as cfdot has it: https://bbs.service.cf.internal:8889',
    env: 'BBS_URL',
    helpGroup: 'BBS',
    helpValue: '<url>',
  }),
  'ca-cert-file': Flags.string({
    description: 'the CA that signed the certificates of the BBS and the reps',
    env: 'CA_CERT_FILE',
    helpGroup: 'BBS',
    helpValue: '<file>',
  }),
  'client-cert-file': Flags.string({
    description: 'client certificate',
    env: 'CLIENT_CERT_FILE',
    helpGroup: 'BBS',
    helpValue: '<file>',
  }),
  'client-key-file': Flags.string({
    description: 'key of the client certificate',
    env: 'CLIENT_KEY_FILE',
    helpGroup: 'BBS',
    helpValue: '<file>',
  }),
};

export interface BbsFlags {
  'bbs-url'?: string | undefined;
  'ca-cert-file'?: string | undefined;
  'client-cert-file'?: string | undefined;
  'client-key-file'?: string | undefined;
  'bbs-config'?: string | undefined;
}

/** Where the flags and cfdot's environment say that the BBS is, for `requireBbs` and `resolveBbs`. */
export function bbsLocation(flags: BbsFlags, env: NodeJS.ProcessEnv = process.env): BbsLocation {
  return { url: flags['bbs-url'], ...repLocation(flags, env) };
}

/** What the flags and cfdot's environment say for reps, for `requireRepTls`. */
export function repLocation(flags: BbsFlags, env: NodeJS.ProcessEnv = process.env): TlsLocation {
  return {
    caFile: flags['ca-cert-file'],
    certFile: flags['client-cert-file'],
    keyFile: flags['client-key-file'],
    skipCertVerify: env.SKIP_CERT_VERIFY,
    bbsConfig: flags['bbs-config'],
  };
}
