import type { Transaction } from './transaction.ts';

/** bbs/db/sqldb/encryption_db.go: where the BBS keeps the label of the key that the store is encrypted under. */
const KEY_LABEL = 'encryption_key_label';

/** The stored key label; `null` when no BBS has stored one, or the store has no `configurations`. */
export async function storedKeyLabel(transaction: Transaction): Promise<string | null> {
  const [table] = await transaction.query<{ found: boolean }>(
    `SELECT to_regclass('configurations') IS NOT NULL AS found`,
  );
  if (!table!.found) return null;
  const rows = await transaction.query<{ value: string | null }>(
    'SELECT value FROM configurations WHERE id = $1',
    [KEY_LABEL],
  );
  return rows[0]?.value ?? null;
}

/**
 * Advances the stored key label. PostgreSQL compares with the label that was read before, so a BBS that stored another one
 * meanwhile is not overruled.
 * @returns whether it was stored
 */
export async function storeKeyLabel(
  transaction: Transaction,
  label: string,
  before: string | null,
): Promise<boolean> {
  if (before === null) {
    return (
      (await transaction.execute(
        `INSERT INTO configurations (id, value) VALUES ($1, $2)
         ON CONFLICT (id) DO UPDATE SET value = excluded.value WHERE configurations.value IS NULL`,
        [KEY_LABEL, label],
      )) === 1
    );
  }
  return (
    (await transaction.execute('UPDATE configurations SET value = $2 WHERE id = $1 AND value = $3', [
      KEY_LABEL,
      label,
      before,
    ])) === 1
  );
}
