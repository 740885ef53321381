import { counted } from './words.ts';

/**
 * How long it takes from the cut until the last instance runs again. The figures are Diego's defaults; each can be
 * changed, since each is a property somewhere.
 */
export interface RecoveryOptions {
  /** Locket's TTL of a cell's presence, and how often a rep renews it. */
  presenceTtlSeconds: number;
  presenceRefreshSeconds: number;
  /** How often Locket looks for what has expired. */
  presenceCheckSeconds: number;
  /** How often the BBS converges. Nothing starts it early. */
  convergenceSeconds: number;
  /** When the BBS or the auctioneer that held its lock was in the zone too: the lock's TTL and the retry. */
  lockTtlSeconds: number;
  lockRetrySeconds: number;
  /** The longest that the auctioneer waits for a cell's state. */
  cellStateSeconds: number;
  /** At most so many downloads, and creations of containers, at once on a cell. */
  downloadsAtOnce: number;
  creationsAtOnce: number;
  /** How long one takes: best and worst. */
  downloadSeconds: readonly [number, number];
  creationSeconds: readonly [number, number];
  /** How long an app takes to be healthy: at best, and by the default timeout. */
  startSeconds: readonly [number, number];
  /** Between two auctions of what found no place. */
  roundSeconds: readonly [number, number];
}

export const DEFAULT_RECOVERY: RecoveryOptions = {
  presenceTtlSeconds: 15,
  presenceRefreshSeconds: 5,
  presenceCheckSeconds: 5,
  convergenceSeconds: 30,
  lockTtlSeconds: 15,
  lockRetrySeconds: 5,
  cellStateSeconds: 10,
  downloadsAtOnce: 5,
  creationsAtOnce: 32,
  downloadSeconds: [1, 10],
  creationSeconds: [1, 5],
  startSeconds: [2, 60],
  roundSeconds: [30, 60],
};

/**
 * What the real auctioneer takes for one instance and one cell, and for every instance that the cell holds. Fitted to what
 * was measured with its own code on two shared cores: 83,358 instances on 1,000 cells with 200 instances each in 331 s,
 * and 250,000 instances on 1,500 empty cells in 1,427 s.
 */
export const SCHEDULING_SECONDS = { perCell: 3.66e-6, perInstanceOnCell: 1.8e-9 } as const;

export interface RecoveryFacts {
  /** How many instances are auctioned, on how many cells, which hold how many instances on average during the batch. */
  instances: number;
  cells: number;
  instancesPerCell: number;
  /** How many rounds placed something. */
  rounds: number;
  /** The most instances that one cell has to start. */
  mostPerCell: number;
}

export interface RecoveryPhase {
  phase:
    | 'noticed'
    | 'locks'
    | 'convergence'
    | 'cell_states'
    | 'scheduling'
    | 'further_rounds'
    | 'downloads_and_creation'
    | 'health_check';
  best_seconds: number;
  worst_seconds: number;
  why: string;
}

export interface Recovery {
  phases: RecoveryPhase[];
  best_seconds: number;
  worst_seconds: number;
  /** The phase with the largest worst case. */
  dominated_by: RecoveryPhase['phase'];
}

/** The phases one after another, each with its best and its worst case. */
export function recoveryTime(facts: RecoveryFacts, options: RecoveryOptions): Recovery {
  const scheduling =
    facts.instances *
    facts.cells *
    (SCHEDULING_SECONDS.perCell + SCHEDULING_SECONDS.perInstanceOnCell * facts.instancesPerCell);
  const furtherRounds = Math.max(0, facts.rounds - 1);
  const downloads = Math.ceil(facts.mostPerCell / options.downloadsAtOnce);
  const creations = Math.ceil(facts.mostPerCell / options.creationsAtOnce);
  const starting = (which: 0 | 1) =>
    downloads * options.downloadSeconds[which] + creations * options.creationSeconds[which];
  const phase = (name: RecoveryPhase['phase'], best: number, worst: number, why: string): RecoveryPhase => ({
    phase: name,
    best_seconds: tenths(best),
    worst_seconds: tenths(worst),
    why,
  });
  const phases = [
    phase(
      'noticed',
      options.presenceTtlSeconds - options.presenceRefreshSeconds,
      options.presenceTtlSeconds + options.presenceCheckSeconds,
      `TTL ${options.presenceTtlSeconds} s, renewed each ${options.presenceRefreshSeconds} s, seen each ${options.presenceCheckSeconds} s`,
    ),
    phase(
      'locks',
      0,
      options.lockTtlSeconds + options.lockRetrySeconds,
      `TTL ${options.lockTtlSeconds} s + ${options.lockRetrySeconds} s, if a lock's holder is lost`,
    ),
    phase(
      'convergence',
      0,
      options.convergenceSeconds,
      `every ${options.convergenceSeconds} s, nothing starts it early`,
    ),
    phase(
      'cell_states',
      0,
      options.cellStateSeconds,
      `${options.cellStateSeconds} s once a cell does not answer`,
    ),
    phase(
      'scheduling',
      scheduling / 2,
      scheduling * 1.5,
      `${facts.instances} on ${counted(facts.cells, 'cell')} before any starts`,
    ),
    phase(
      'further_rounds',
      furtherRounds * options.roundSeconds[0],
      furtherRounds * options.roundSeconds[1],
      furtherRounds === 0
        ? 'one round places what can be placed'
        : `${furtherRounds} more for what the first did not place`,
    ),
    phase(
      'downloads_and_creation',
      starting(0),
      starting(1),
      `up to ${facts.mostPerCell} on a cell; ${options.downloadsAtOnce} and ${options.creationsAtOnce} at once`,
    ),
    phase('health_check', options.startSeconds[0], options.startSeconds[1], 'the app starts and answers'),
  ];
  return {
    phases,
    best_seconds: tenths(phases.reduce((sum, each) => sum + each.best_seconds, 0)),
    worst_seconds: tenths(phases.reduce((sum, each) => sum + each.worst_seconds, 0)),
    dominated_by: phases.reduce((most, each) => (each.worst_seconds > most.worst_seconds ? each : most))
      .phase,
  };
}

function tenths(seconds: number): number {
  return Math.round(seconds * 10) / 10;
}
