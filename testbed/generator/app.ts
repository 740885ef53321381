import type { Random } from './random.ts';

/** What a desired LRP is made from: an app that somebody pushed. */
export interface App {
  /** 1 for the first. */
  number: number;
  appGuid: string;
  processGuid: string;
  name: string;
  organization: string;
  instances: number;
  memoryMb: number;
  diskMb: number;
  cpuWeight: number;
  rootfs: string;
  isDocker: boolean;
  isolated: boolean;
  nfs: boolean;
  hasSidecar: boolean;
  /** `app-5.apps.internal`, or nothing. */
  internalHostname: string | undefined;
  /** Unix nanoseconds. */
  createdAt: bigint;
}

interface Size {
  memoryMb: number;
  diskMb: number;
  cpuWeight: number;
}

/** The sizes of the captured foundation, and how often each occurs in it. */
const SIZES: readonly (readonly [Size, number])[] = [
  [{ memoryMb: 256, diskMb: 1024, cpuWeight: 4 }, 51],
  [{ memoryMb: 512, diskMb: 1024, cpuWeight: 7 }, 32],
  [{ memoryMb: 1024, diskMb: 1024, cpuWeight: 13 }, 27],
  [{ memoryMb: 512, diskMb: 2048, cpuWeight: 7 }, 22],
  [{ memoryMb: 4096, diskMb: 6144, cpuWeight: 50 }, 21],
  [{ memoryMb: 2048, diskMb: 4096, cpuWeight: 25 }, 18],
  [{ memoryMb: 64, diskMb: 256, cpuWeight: 1 }, 17],
  [{ memoryMb: 128, diskMb: 512, cpuWeight: 2 }, 16],
  [{ memoryMb: 1024, diskMb: 2048, cpuWeight: 13 }, 16],
];

const INSTANCES: readonly (readonly [number, number])[] = [
  [1, 51],
  [2, 55],
  [3, 56],
  [4, 55],
  [12, 3],
];

const STACKS: readonly (readonly [string, number])[] = [
  ['preloaded:cflinuxfs4', 183],
  ['preloaded:cflinuxfs3', 30],
];

const ORGANIZATIONS = 37;
const DAY_MS = 86_400_000;

/** Rare features come by number, as in the captured foundation, so that even a small one has each of them. */
export function makeApp(number: number, random: Random, now: number): App {
  const appGuid = random.guid();
  const isDocker = number % 29 === 0;
  return {
    number,
    appGuid,
    processGuid: `${appGuid}-${random.guid()}`,
    name: `app-${number}`,
    organization: `org-${number % ORGANIZATIONS}`,
    ...random.weighted(SIZES),
    instances: random.weighted(INSTANCES),
    rootfs: isDocker ? 'docker:///cloudfoundry/grace#latest' : random.weighted(STACKS),
    isDocker,
    isolated: number % 11 === 0,
    nfs: number % 17 === 0,
    hasSidecar: number % 13 === 0,
    internalHostname: number % 5 === 0 ? `app-${number}.apps.internal` : undefined,
    createdAt: nanoseconds(now - random.below(90 * DAY_MS), random),
  };
}

/** Diego's times are Unix nanoseconds. */
export function nanoseconds(milliseconds: number, random: Random): bigint {
  return BigInt(milliseconds) * 1_000_000n + BigInt(random.below(1_000_000));
}
