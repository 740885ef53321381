import { Flags } from '@oclif/core';
import { UsageError } from '../errors.ts';
import { parseDuration } from '../output/units.ts';
import { durationFlag } from './duration.ts';

const RECOVERY = 'RECOVERY TIME';
const AUCTION = 'AUCTIONEER';

/** `2s..60s`, or one duration for both ends, in milliseconds. */
const durationRange = Flags.custom<readonly [number, number]>({
  helpValue: '<best>..<worst>',
  parse: (input) => {
    const [best, worst, ...more] = input.split('..').map((text) => parseDuration(text.trim()));
    const end = worst ?? best;
    if (best === undefined || end === undefined || more.length > 0 || end < best || input.endsWith('..')) {
      throw new UsageError(`${JSON.stringify(input)} is not a range of durations.`, {
        next: 'Write 2s..60s, or 10s for both ends.',
      });
    }
    return Promise.resolve([best, end] as const);
  },
});

const count = (description: string, fallback: number, min = 0) =>
  Flags.integer({ description, default: fallback, min, max: 1_000_000, helpValue: 'N' });

/** The question. */
export const questionFlags = {
  'az-loss': Flags.boolean({ description: 'lose every zone in turn, the worst first' }),
  zone: Flags.string({
    description: 'lose this zone only (repeatable)',
    helpValue: '<zone>',
    multiple: true,
    multipleNonGreedy: true,
  }),
  cell: Flags.string({
    description: 'lose this cell (too); the beginning of its id is enough (repeatable)',
    helpValue: '<id>',
    multiple: true,
    multipleNonGreedy: true,
  }),
  drain: count('a rolling deploy has so many cells out of each zone at that moment', 0),
  'headroom-tasks': count('so many staging tasks at once per zone must still find a place', 2),
  'headroom-task-size': Flags.string({
    description: 'memory and disk of such a task',
    default: '1G:4G',
    helpValue: 'MEM:DISK',
  }),
  add: Flags.string({
    description: 'with these cells added: N in every zone, ZONE:N or ZONE:N:POOL (repeatable)',
    helpValue: '<cells>',
    multiple: true,
    multipleNonGreedy: true,
  }),
  remove: Flags.string({
    description: 'without these cells: ids, or as with --add (repeatable)',
    helpValue: '<cells>',
    multiple: true,
    multipleNonGreedy: true,
  }),
  'scale-apps': Flags.string({
    description: 'with so many percent more instances (or fewer, with a minus)',
    helpValue: '<percent>',
  }),
  'cell-size': Flags.string({
    description: 'size of cells that are added; without it, of those that the pool has',
    helpValue: 'MEM:DISK[:CONTAINERS]',
  }),
  'proxy-memory': Flags.integer({
    description:
      "what every LRP's proxy takes, in MB; without it, what the reps say or the store lets conclude",
    min: 0,
    max: 1_000_000,
    helpValue: 'MB',
  }),
  seeds: Flags.integer({
    description: 'repeat with ties drawn otherwise, as Diego leaves them to chance',
    default: 20,
    min: 0,
    max: 1000,
    helpValue: 'N',
  }),
  growth: Flags.string({
    description: 'when the loss stops being survivable if instances grow by so many percent a month',
    helpValue: '<percent>[/month]',
  }),
  search: Flags.boolean({
    description: 'search for the cells to add, or those that could go',
    default: true,
    allowNo: true,
  }),
  'simulate-placement': Flags.string({
    description: 'would such an app fit, and where',
    helpValue: 'MEM:DISK[:INSTANCES]',
  }),
  tags: Flags.string({
    description: 'its placement tags',
    helpValue: 'a,b',
    dependsOn: ['simulate-placement'],
  }),
  stack: Flags.string({
    description: 'its stack, or root file system with a scheme; without it, cflinuxfs4',
    helpValue: '<stack>',
    dependsOn: ['simulate-placement'],
  }),
  'volume-drivers': Flags.string({
    description: 'its volume drivers',
    helpValue: 'a,b',
    dependsOn: ['simulate-placement'],
  }),
  explain: Flags.boolean({ description: 'the rule behind each verdict, with its numbers' }),
  'what-if': Flags.string({
    description: 'a foundation that is not built yet: YAML with groups of cells and mixes of apps',
    helpValue: '<file>',
    helpGroup: 'SOURCE',
    exclusive: ['from', 'live', 'source'],
  }),
};

/** The auctioneer's properties. */
export const auctioneerFlags = {
  'starting-container-weight': Flags.string({
    description: "the auctioneer's starting_container_weight",
    default: '0.25',
    helpValue: '<weight>',
    helpGroup: AUCTION,
  }),
  'bin-pack-first-fit-weight': Flags.string({
    description: "the auctioneer's bin_pack_first_fit_weight",
    default: '0',
    helpValue: '<weight>',
    helpGroup: AUCTION,
  }),
  'starting-container-count-maximum': Flags.integer({
    description: "the auctioneer's starting_container_count_maximum; 0: none",
    default: 0,
    min: 0,
    helpValue: 'N',
    helpGroup: AUCTION,
  }),
};

const step = (description: string, fallback: number) =>
  durationFlag({
    description,
    default: fallback * 1000,
    defaultHelp: () => Promise.resolve(`${fallback}s`),
    helpGroup: RECOVERY,
  });
const range = (description: string, best: number, worst: number) =>
  durationRange({
    description,
    default: [best * 1000, worst * 1000] as const,
    defaultHelp: () => Promise.resolve(`${best}s..${worst}s`),
    helpGroup: RECOVERY,
  });

/** Diego's figures for how long the phases of a recovery take. */
export const recoveryFlags = {
  'presence-ttl': step("how long a cell's presence lasts in Locket", 15),
  'presence-refresh': step('how often it is renewed', 5),
  'presence-check': step('how often Locket looks for expired ones', 5),
  'convergence-interval': step('how often the BBS converges', 30),
  'lock-ttl': step("the TTL of the BBS's and the auctioneer's lock", 15),
  'lock-retry': step('how often others try to get it', 5),
  'cell-state-timeout': step("how long the auctioneer waits for a cell's state", 10),
  downloads: Flags.integer({
    description: 'downloads at once on a cell',
    default: 5,
    min: 1,
    helpValue: 'N',
    helpGroup: RECOVERY,
  }),
  creations: Flags.integer({
    description: 'creations of containers at once on a cell',
    default: 32,
    min: 1,
    helpValue: 'N',
    helpGroup: RECOVERY,
  }),
  'download-time': range('how long a download takes', 1, 10),
  'creation-time': range('how long a creation takes', 1, 5),
  'start-time': range('until an app answers its health check (the default timeout is 60 s)', 2, 60),
  'round-time': range('from one auction to the next of what found no place', 30, 60),
};

export interface SizingFlags {
  'az-loss': boolean;
  zone?: readonly string[] | undefined;
  cell?: readonly string[] | undefined;
  drain: number;
  'headroom-tasks': number;
  'headroom-task-size': string;
  add?: readonly string[] | undefined;
  remove?: readonly string[] | undefined;
  'scale-apps'?: string | undefined;
  'cell-size'?: string | undefined;
  'proxy-memory'?: number | undefined;
  seeds: number;
  growth?: string | undefined;
  search: boolean;
  'simulate-placement'?: string | undefined;
  tags?: string | undefined;
  stack?: string | undefined;
  'volume-drivers'?: string | undefined;
  explain: boolean;
  'what-if'?: string | undefined;
  'starting-container-weight': string;
  'bin-pack-first-fit-weight': string;
  'starting-container-count-maximum': number;
  'presence-ttl': number;
  'presence-refresh': number;
  'presence-check': number;
  'convergence-interval': number;
  'lock-ttl': number;
  'lock-retry': number;
  'cell-state-timeout': number;
  downloads: number;
  creations: number;
  'download-time': readonly [number, number];
  'creation-time': readonly [number, number];
  'start-time': readonly [number, number];
  'round-time': readonly [number, number];
}
