import { hostname, userInfo } from 'node:os';
import { deriveKey, type KeyConfig } from '../bbs/keyring.ts';
import { InterruptedError, messageOf } from '../errors.ts';
import { deleteCanaries, hasCanaries } from '../store/canary.ts';
import { blobsByLabel, malformedBlobs, takeCensus, type Census } from '../store/census.ts';
import { storeKeyLabel } from '../store/configuration.ts';
import type { Database } from '../store/database.ts';
import { redactedUrl } from '../store/settings.ts';
import { removalObstacle } from './audit.ts';
import type { AskBbs, CanaryVerdict } from './canary.ts';
import { noCounts, type Faults, type RotationCounts } from './engine.ts';
import { findEvidence, type Evidence } from './evidence.ts';
import { nextSteps } from './next-steps.ts';
import { PassThread, type PassTask } from './pass-thread.ts';
import { makePlan, type RotationPlan } from './plan.ts';
import { RECORD_SCHEMA, type RotationOutcome, type RotationRecord } from './record.ts';
import { persistently } from './retry.ts';
import type { OnProgress } from './run-audit.ts';
import { withRunLock } from './run-lock.ts';

export interface RotateOptions {
  keys: KeyConfig;
  to?: string | undefined;
  dryRun: boolean;
  allowUndecryptable: boolean;
  assumeDeployed: boolean;
  batchSize: number;
  connections: number;
  maxRowsPerSecond?: number | undefined;
  /** Asks the running BBS; `undefined` when nobody said where it is. */
  askBbs?: AskBbs | undefined;
  locket: Database | undefined;
  /** Shows the plan and asks; resolves to whether to go on. */
  confirm: (plan: RotationPlan, evidence: Evidence) => Promise<boolean>;
  version: string;
  signal?: AbortSignal | undefined;
  onProgress?: OnProgress | undefined;
  /** A piece of work begins: a sentence for the operator. */
  onPhase?: ((text: string) => void) | undefined;
}

/** So often is a store gone over while a BBS goes on to write under an old label. */
const MOST_PASSES = 6;

/**
 * Rotates the store to the target key: plan, evidence, confirmation, passes over all rows, and the label when not one blob is left.
 * The record says what was done, also when it throws (`error.record`).
 * @throws {RotationStopped} when it could not go on; what was committed stays and the next run goes on from there
 */
export async function rotate(store: Database, options: RotateOptions): Promise<RotationRecord> {
  if (options.dryRun) return new Rotation(store, options).run();
  return withRunLock(store, options.signal, async (signal) => {
    const thread = new PassThread();
    try {
      return await new Rotation(store, { ...options, signal }, thread).run();
    } finally {
      await thread.close();
    }
  });
}

/** A rotation that ended early, with the record of what it had done. `cause` says why. */
export class RotationStopped extends Error {
  readonly record: RotationRecord;

  constructor(cause: unknown, record: RotationRecord) {
    super(messageOf(cause), { cause });
    this.name = 'RotationStopped';
    this.record = record;
  }
}

class Rotation {
  readonly #store: Database;
  readonly #options: RotateOptions;
  readonly #thread: PassThread | undefined;
  readonly #startedAt = new Date();
  readonly #counts: RotationCounts = noCounts();
  #rewritingMs = 0;
  #passes = 0;
  #faults: Faults = { count: 0, examples: [] };
  #evidence: Evidence | null = null;
  #after: Census | null = null;

  /** @param thread not needed for a dry run */
  constructor(store: Database, options: RotateOptions, thread?: PassThread) {
    this.#store = store;
    this.#options = options;
    this.#thread = thread;
  }

  async run(): Promise<RotationRecord> {
    const { onPhase } = this.#options;
    await this.#removeOldCanaries();
    onPhase?.('Taking the census');
    const plan = await makePlan(this.#store, {
      ...this.#options,
      to: this.#options.to,
      maxRowsPerSecond: this.#options.maxRowsPerSecond,
    });
    try {
      if (plan.rows === 0 && plan.census.stored_label === plan.target && malformedBlobs(plan.census) === 0) {
        return this.#record(plan, 'nothing-to-do');
      }
      this.#evidence = await this.#findEvidence(plan);
      if (this.#options.dryRun) return this.#record(plan, 'planned');
      if (!(await this.#options.confirm(plan, this.#evidence)))
        throw new InterruptedError('Not confirmed. Nothing was written.');
      return await this.#rewriteAndVerify(plan);
    } catch (error) {
      const outcome =
        error instanceof InterruptedError || this.#options.signal?.aborted === true
          ? 'interrupted'
          : 'failed';
      throw new RotationStopped(error, this.#record(plan, outcome, messageOf(error)));
    }
  }

  async #removeOldCanaries(): Promise<void> {
    if (this.#options.dryRun || !(await this.#store.readOnly(hasCanaries))) return;
    await this.#store.readWrite((transaction) => deleteCanaries(transaction));
    this.#options.onPhase?.('Removed a canary row that an earlier run had left behind');
  }

  async #findEvidence(plan: RotationPlan): Promise<Evidence> {
    const { keys, askBbs, dryRun, locket, assumeDeployed } = this.#options;
    const known = plan.census.stored_label;
    const knownPassphrase = known === null ? undefined : keys.passphrases.get(known);
    const target = deriveKey(plan.target, keys.passphrases.get(plan.target)!);
    let canary: (() => Promise<CanaryVerdict>) | undefined;
    let whyNoCanary = 'Nobody said where the BBS is, so it was not asked (--bbs-url, --bbs-config).';
    if (askBbs !== undefined && dryRun)
      whyNoCanary = 'A dry run does not write the canary row that asks the BBS.';
    else if (askBbs !== undefined && (known === null || knownPassphrase === undefined)) {
      whyNoCanary = 'The BBS could not be asked: the key of the stored label is not among the keys.';
    } else if (askBbs !== undefined) {
      canary = async () => {
        const { tryCanary } = await import('./canary.ts');
        this.#options.onPhase?.('Asking the BBS whether it has the key');
        return tryCanary(this.#store, target, deriveKey(known!, knownPassphrase!), askBbs);
      };
    }
    const find = () =>
      findEvidence(plan, { store: this.#store, locket, canary, whyNoCanary, assumeDeployed: assumeDeployed });
    if (!dryRun) return find();
    // A dry run shows the plan even where a real run would be refused, and says that it would be.
    return find().catch((error: unknown) => ({ kind: 'none', detail: messageOf(error) }) as const);
  }

  async #rewriteAndVerify(plan: RotationPlan): Promise<RotationRecord> {
    const { keys, signal, batchSize, connections, maxRowsPerSecond, onPhase, onProgress } = this.#options;
    const { applicationName, statementTimeoutMs, lockTimeoutMs, anchorTable } = this.#store.options;
    const task: PassTask = {
      settings: this.#store.settings,
      database: {
        applicationName,
        statementTimeoutMs,
        lockTimeoutMs,
        anchorTable,
        connections: connections + plan.tables.length,
      },
      keys: Array.from(keys.passphrases, ([label, passphrase]) => deriveKey(label, passphrase)),
      target: plan.target,
      tables: plan.tables,
      totals: Object.fromEntries(Object.entries(plan.stale).map(([table, { rows }]) => [table, rows])),
      counts: this.#counts,
      // Slowed down, the store shall not get a second's rows at once.
      batchSize: Math.min(batchSize, Math.ceil((maxRowsPerSecond ?? Infinity) / 4)),
      connections,
      maxRowsPerSecond,
    };
    const onRetry = (why: string) => onPhase?.(`Trying again: ${why}`);
    for (;;) {
      this.#passes++;
      const began = performance.now();
      this.#faults = await this.#thread!.run(task, { signal, onProgress, onRetry });
      this.#rewritingMs += performance.now() - began;
      onPhase?.('Verifying: a fresh census');
      const advanced = await persistently(
        () => this.#checkAndAdvance(plan),
        signal,
        () => undefined,
      );
      if (advanced) return this.#record(plan, 'rotated');
      const others = this.#othersAfter(plan.target, true);
      // What cannot be opened stays; only what somebody wrote meanwhile is worth another pass.
      if (others <= this.#faults.count || this.#passes >= MOST_PASSES) return this.#record(plan, 'leftovers');
      onPhase?.(`${others - this.#faults.count} blobs are under another label: going over the store again`);
    }
  }

  /** A fresh census, and in the same transaction the label, if not one blob is under another. */
  async #checkAndAdvance(plan: RotationPlan): Promise<boolean> {
    return this.#store.readWrite(
      async (transaction) => {
        const census = await takeCensus(transaction, [plan.target]);
        this.#after = census;
        if (this.#othersAfter(plan.target) > 0) return false;
        if (census.stored_label === plan.target) return true;
        const stored = await storeKeyLabel(transaction, plan.target, census.stored_label);
        if (stored) census.stored_label = plan.target;
        return stored;
      },
      { isolation: 'REPEATABLE READ' },
    );
  }

  /**
   * Blobs that are not under the target, and what is no blob at all, by the last census. Columns that cgdiego does not know hold the
   * label back, too, but no pass will change them.
   */
  #othersAfter(target: string, knownOnly = false): number {
    if (this.#after === null) return 0;
    const columns = this.#after.columns.filter(({ known }) => known || !knownOnly);
    const census = { ...this.#after, columns };
    const blobs = blobsByLabel(census);
    blobs.delete(target);
    return [...blobs.values()].reduce((sum, count) => sum + count, 0) + malformedBlobs(census);
  }

  #record(plan: RotationPlan, outcome: RotationOutcome, error: string | null = null): RotationRecord {
    const finished = new Date();
    const counts = this.#counts;
    const after = outcome === 'nothing-to-do' ? plan.census : this.#after;
    const record: RotationRecord = {
      schema: RECORD_SCHEMA,
      cgdiego_version: this.#options.version,
      outcome,
      dry_run: this.#options.dryRun,
      started_at: this.#startedAt.toISOString(),
      finished_at: finished.toISOString(),
      duration_ms: finished.getTime() - this.#startedAt.getTime(),
      operator: { user: userInfo().username, host: hostname() },
      store: redactedUrl(this.#store.settings),
      target_label: plan.target,
      stored_label_before: plan.census.stored_label,
      stored_label_after: after === null ? plan.census.stored_label : after.stored_label,
      evidence: this.#evidence,
      planned_rows: plan.rows,
      estimate_ms: plan.estimate_ms,
      rows_rewritten: counts.rows,
      blobs_rewritten: counts.blobs,
      tables: counts.byTable,
      rows_per_second: this.#rewritingMs === 0 ? null : Math.round(counts.rows / (this.#rewritingMs / 1000)),
      passes: this.#passes,
      conflicts: counts.conflicts,
      retries: counts.retries,
      longest_lock_ms: Math.ceil(counts.longest_lock_ms),
      undecryptable: this.#faults.count,
      leftovers: this.#faults.examples,
      census_before: plan.census,
      census_after: after,
      removable_labels: [],
      next: [],
      error,
    };
    if (after !== null) {
      record.removable_labels = [...this.#options.keys.passphrases.keys()].filter(
        (label) => label !== plan.target && removalObstacle(after, label) === undefined,
      );
    }
    record.next = nextSteps(record, this.#othersAfter(plan.target, true));
    return record;
  }
}
