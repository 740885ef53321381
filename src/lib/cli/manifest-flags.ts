import { Flags } from '@oclif/core';

/** Which files a change of the keys is about, and how it is confirmed. */
export const manifestFlags = {
  manifest: Flags.string({
    char: 'm',
    multiple: true,
    multipleNonGreedy: true,
    helpValue: '<file>',
    helpGroup: 'MANIFEST',
    description:
      'the file with the keys: a deployment manifest, spiff secrets, ops file, bbs.json or keys file; may be given several times',
  }),
  'ops-file': Flags.string({
    helpValue: '<file>',
    helpGroup: 'MANIFEST',
    description: 'write an ops file (or add to it) in place of editing the manifest',
  }),
  'vars-file': Flags.string({
    helpValue: '<file>',
    helpGroup: 'MANIFEST',
    description: 'where the values of the ((variables)) of the manifest are kept',
  }),
};

export const changeFlags = {
  'dry-run': Flags.boolean({ description: 'show what would change, and change nothing' }),
  yes: Flags.boolean({ char: 'y', description: 'do it without asking' }),
};

export interface ManifestFlags {
  manifest?: string[] | undefined;
  'ops-file'?: string | undefined;
  'vars-file'?: string | undefined;
}
