import { Keyring, type KeyConfig } from '../bbs/keyring.ts';
import { takeCensus, type Census } from '../store/census.ts';
import type { Database } from '../store/database.ts';
import { auditFindings, auditLabels, type LabelAudit } from './audit.ts';
import { verifyStore, type BlobFailure, type Verification } from './verify.ts';

/** The result of `keys audit`, as `-o json` prints it. */
export interface AuditReport extends Census {
  labels: LabelAudit[];
  /** `null` without `--verify`. The first {@link MAX_FAILURES} failures; `failed` counts them all. */
  verification: (Verification & { failed: number; failures: BlobFailure[] }) | null;
  /** What the operator must act on, in words. */
  findings: string[];
}

export interface AuditOptions {
  keys: KeyConfig | undefined;
  verify: boolean;
  /** Called as rows are verified: so many more of a table, and how many it has. */
  onProgress?: OnProgress | undefined;
}

/** `rows` more rows of a piece of work are done, out of `total`. */
export type OnProgress = (task: string, rows: number, total: number) => void;

/** So many failures are listed one by one: with a wrong passphrase, every row fails. */
export const MAX_FAILURES = 1000;

/** Takes the census, and verifies if asked to, in one consistent snapshot. */
export async function runAudit(store: Database, options: AuditOptions): Promise<AuditReport> {
  const { keys } = options;
  return store.readOnly(async (transaction) => {
    const census = await takeCensus(transaction, keys?.passphrases.keys());
    const findings = auditFindings(census, keys);
    let verification: AuditReport['verification'] = null;
    if (options.verify && keys !== undefined) {
      const onChecked = (table: string, rows: number) =>
        options.onProgress?.(table, rows, census.rows[table] ?? 0);
      const failures: BlobFailure[] = [];
      const check = verifyStore(transaction, Keyring.fromPassphrases(keys.passphrases), onChecked);
      let next = await check.next();
      while (next.done !== true) {
        if (failures.length < MAX_FAILURES) failures.push(next.value);
        next = await check.next();
      }
      const failed = next.value.checked - next.value.passed;
      verification = { ...next.value, failed, failures };
      if (failed > 0) {
        findings.push(
          `${failed} of ${next.value.checked} blobs fail to decrypt or decode: the BBS deletes such rows when it lists them.`,
        );
      }
    }
    return { ...census, labels: auditLabels(census, keys), verification, findings };
  });
}
