import { describe, expect, it } from 'vitest';
import {
  matchLevel,
  MatchLevel,
  mismatchError,
  ROOTFS_MISMATCH,
  tagMismatch,
  VOLUME_DRIVER_MISMATCH,
} from '../../src/lib/auction/constraints.ts';
import { parseRootfs } from '../../src/lib/auction/rootfs.ts';
import type { CellOffer, PlacementConstraint } from '../../src/lib/auction/types.ts';

describe('a root file system', () => {
  // What Go 1.23's url.Parse makes of them.
  it.each([
    ['preloaded:cflinuxfs4', { scheme: 'preloaded', opaque: 'cflinuxfs4' }],
    ['PRELOADED:cflinuxfs4', { scheme: 'preloaded', opaque: 'cflinuxfs4' }],
    ['preloaded+layer:cflinuxfs4?layer=https://x/y#z', { scheme: 'preloaded+layer', opaque: 'cflinuxfs4' }],
    ['preloaded:cflinuxfs4#frag', { scheme: 'preloaded', opaque: 'cflinuxfs4' }],
    ['preloaded://cflinuxfs4', { scheme: 'preloaded', opaque: '' }],
    ['preloaded:/cflinuxfs4', { scheme: 'preloaded', opaque: '' }],
    ['docker:///library/busybox#1.36', { scheme: 'docker', opaque: '' }],
    ['docker://registry.example.com:5000/a/b', { scheme: 'docker', opaque: '' }],
    ['docker://user:pass@[::1]:5000/a', { scheme: 'docker', opaque: '' }],
    ['/var/vcap/rootfs', { scheme: '', opaque: '' }],
    ['cflinuxfs4', { scheme: '', opaque: '' }],
    ['', { scheme: '', opaque: '' }],
    [':cflinuxfs4', null],
    ['1preloaded:cflinuxfs4', null],
    ['pre_loaded:cflinuxfs4', null],
    ['docker://registry.example.com:port/a', null],
    ['docker://bad host/a', null],
    ['docker://[::1/a', null],
    ['docker:///a%zz', null],
    ['docker:///a#%zz', null],
    ['preloaded:cflinuxfs4\n', null],
  ])('%j is read as %j', (rootfs, expected) => {
    expect(parseRootfs(rootfs)).toEqual(expected);
  });
});

const offer: CellOffer = {
  rootfsProviders: new Map<string, 'any' | Set<string>>([
    ['preloaded', new Set(['cflinuxfs4'])],
    ['docker', 'any'],
  ]),
  placementTags: ['iso-1'],
  optionalPlacementTags: ['gpu'],
  volumeDrivers: ['nfsv3driver'],
};

describe('a constraint', () => {
  const constraint = (
    placementTags: string[],
    volumeDrivers: string[] = [],
    rootfs = 'preloaded:cflinuxfs4',
  ) => ({ rootfs, placementTags, volumeDrivers }) satisfies PlacementConstraint;

  it.each([
    ['all of a cell', constraint(['iso-1']), MatchLevel.all],
    ['an optional tag too', constraint(['gpu', 'iso-1']), MatchLevel.all],
    ['a tag twice', constraint(['iso-1', 'iso-1']), MatchLevel.all],
    ['no tag that the cell requires', constraint([]), MatchLevel.drivers],
    ['an optional tag alone', constraint(['gpu']), MatchLevel.drivers],
    ['a tag that the cell does not have', constraint(['iso-1', 'ssd']), MatchLevel.drivers],
    ['its driver', constraint(['iso-1'], ['nfsv3driver']), MatchLevel.all],
    ['a driver that it lacks', constraint(['iso-1'], ['nfsv3driver', 'smbdriver']), MatchLevel.rootfs],
    ['another stack', constraint(['iso-1'], [], 'preloaded:cflinuxfs3'), MatchLevel.nothing],
    [
      'a scheme that it does not offer',
      constraint(['iso-1'], [], 'preloaded+layer:cflinuxfs4'),
      MatchLevel.nothing,
    ],
    ['any image of a scheme', constraint(['iso-1'], [], 'docker:///any/image'), MatchLevel.all],
  ])('asking for %s', (_, asked, level) => {
    expect(matchLevel(offer, asked)).toBe(level);
  });

  const { nothing, rootfs, drivers } = MatchLevel;
  it.each([
    [[nothing], ROOTFS_MISMATCH],
    [[rootfs, nothing], VOLUME_DRIVER_MISMATCH],
    [[nothing, rootfs], VOLUME_DRIVER_MISMATCH],
    [[rootfs, drivers], tagMismatch(['ssd'])],
    [[drivers, rootfs], VOLUME_DRIVER_MISMATCH],
    [[drivers, nothing], ROOTFS_MISMATCH],
    [[drivers, nothing, rootfs], VOLUME_DRIVER_MISMATCH],
  ])('says for zones that match as far as %j: %s', (levels, text) => {
    expect(mismatchError(levels, constraint(['ssd']))).toBe(text);
  });
});
