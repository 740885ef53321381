import type { LockRow as StoredLock } from '../store/locks.ts';
import { cellPresences } from './presences.ts';
import { Gaps } from './gaps.ts';

/** locket/models TypeCode. */
const TYPE_CODES: Readonly<Record<string, number>> = { lock: 1, presence: 2 };

/** Who the well-known locks make active: the path is the component's name (cmd/bbs and cmd/auctioneer, main.go). */
const HOLDERS: Readonly<Record<string, string>> = {
  bbs: 'active BBS',
  auctioneer: 'active auctioneer',
};

/** A lock or a presence as `cgdiego locks` shows it; names are those that cfdot prints. */
export interface LockRow {
  key: string;
  owner: string;
  value: string;
  type: string;
  type_code: number;
  /** Seconds without a renewal after which Locket lets it expire. */
  ttl: number | null;
  modified_index: number | null;
  modified_id: string | null;
  /** What the row means: `active BBS`, `cell in z1`. */
  means: string;
}

export function lockRows(rows: readonly StoredLock[]): LockRow[] {
  const zones = new Map(cellPresences(rows, new Gaps()).map(({ cell_id, zone }) => [cell_id, zone]));
  return rows.map((row) => {
    const zone = row.type === 'presence' ? zones.get(row.path) : undefined;
    return {
      key: row.path,
      owner: row.owner,
      value: row.value,
      type: row.type,
      type_code: TYPE_CODES[row.type] ?? 0,
      ttl: row.ttl === null ? null : Number(row.ttl),
      modified_index: row.modified_index === null ? null : Number(row.modified_index),
      modified_id: row.modified_id,
      means:
        row.type === 'lock'
          ? (HOLDERS[row.path] ?? 'lock')
          : zone === undefined
            ? 'presence'
            : `cell in ${zone}`,
    };
  });
}

/** Who is active, in sentences. A lock that nobody holds means that nobody does that work now. */
export function activeComponents(rows: readonly LockRow[]): { text: string; held: boolean }[] {
  return ['bbs', 'auctioneer'].map((key) => {
    const lock = rows.find((row) => row.type === 'lock' && row.key === key);
    const name = key === 'bbs' ? 'BBS' : 'auctioneer';
    return lock === undefined
      ? { text: `No ${name} is active: nobody holds the lock "${key}".`, held: false }
      : { text: `The active ${name} is ${lock.owner}.`, held: true };
  });
}
