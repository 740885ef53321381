import { CgdiegoError } from '../errors.ts';
import { bbsLockOwner, possibleBbsSessions } from '../store/bbs-presence.ts';
import type { Database } from '../store/database.ts';
import type { CanaryVerdict } from './canary.ts';
import type { RotationPlan } from './plan.ts';

/** Why it is safe to write rows under the target: no BBS will meet one that it cannot read. `none`: only in a dry run. */
export interface Evidence {
  kind: 'stored-label' | 'canary' | 'no-bbs' | 'operator' | 'none';
  detail: string;
}

export interface EvidenceSources {
  store: Database;
  /** Locket's database; `undefined` when there is none. */
  locket: Database | undefined;
  /** Asks the running BBS; `undefined` when nobody said where it is, or nothing may be written (dry run). */
  canary: (() => Promise<CanaryVerdict>) | undefined;
  /** Why there is no canary, for the refusal. */
  whyNoCanary: string;
  assumeDeployed: boolean;
}

/**
 * Finds the first evidence, strongest first: the stored label, the running BBS's own proof, no BBS anywhere, the operator's word. A BBS
 * that proves to lack the key outweighs the operator's word.
 * @throws {CgdiegoError} that says what was looked at, and what to do
 */
export async function findEvidence(plan: RotationPlan, sources: EvidenceSources): Promise<Evidence> {
  const { target } = plan;
  const looked: string[] = [];
  if (plan.census.stored_label === target) {
    if (plan.target_key_proven) {
      return { kind: 'stored-label', detail: `The stored label is ${target}: a BBS has booted with it.` };
    }
    looked.push(`The stored label is ${target}, but no blob is under it to check the passphrase with.`);
  } else {
    looked.push(`The stored label is ${plan.census.stored_label ?? 'missing'}, not ${target}.`);
  }
  if (sources.canary === undefined) {
    looked.push(sources.whyNoCanary);
  } else {
    const verdict = await sources.canary();
    if (verdict.kind === 'knows') {
      return { kind: 'canary', detail: `The running BBS read a row that was sealed under ${target}.` };
    }
    if (verdict.kind === 'lacks') {
      throw new CgdiegoError(
        `The running BBS does not have the key ${JSON.stringify(target)}. Nothing was written.`,
        {
          why: `${verdict.why} It would delete every row under it.`,
          next: 'Add the key to encryption_keys of the manifest (without removing any), deploy, and run this again.',
        },
      );
    }
    looked.push(verdict.why);
  }
  const absence = await bbsAbsence(sources);
  if (absence.absent) return { kind: 'no-bbs', detail: absence.detail };
  looked.push(absence.detail);
  if (sources.assumeDeployed) {
    return { kind: 'operator', detail: 'The operator says that every BBS has the key (--assume-deployed).' };
  }
  throw new CgdiegoError(
    `There is no evidence that the BBS has the key ${JSON.stringify(target)}. Nothing was written.`,
    {
      why: `${looked.join(' ')} A BBS without the key deletes the rows that are under it.`,
      next:
        'Deploy the key first; then give --bbs-url with certificates (or --bbs-config) so that the BBS can be asked, ' +
        'or say --assume-deployed if you know that every BBS has it.',
    },
  );
}

async function bbsAbsence({ store, locket }: EvidenceSources): Promise<{ absent: boolean; detail: string }> {
  if (locket === undefined) {
    return {
      absent: false,
      detail: "Locket's database is not known, so nobody can tell whether a BBS holds its lock.",
    };
  }
  const owner = await locket.readOnly(bbsLockOwner);
  if (owner !== null) return { absent: false, detail: `The BBS ${owner} holds the lock in Locket.` };
  const sessions = await store.readOnly(possibleBbsSessions);
  if (sessions.length > 0) {
    const names = sessions.slice(0, 5).join(', ');
    return {
      absent: false,
      detail: `Nobody holds the BBS's lock, but the store has sessions that may be a BBS: ${names}.`,
    };
  }
  return {
    absent: true,
    detail: "Nobody holds the BBS's lock in Locket and no BBS is connected to the store.",
  };
}
