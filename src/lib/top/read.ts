import { maskUrls } from '../bbs/mask.ts';
import { rfc3339 } from '../bbs/timestamps.ts';
import { cellRow, zoneRows, type CellRow, type ZoneRow } from '../foundation/cell-rows.ts';
import { readCells } from '../foundation/cells-answer.ts';
import type { StoreSource } from '../foundation/from-store.ts';
import { Gaps } from '../foundation/gaps.ts';
import { ValueOpener } from '../foundation/open-values.ts';
import { collect, streamDesiredLrps } from '../foundation/store-streams.ts';
import type { ActualLrpState } from '../foundation/types.ts';
import { readRecentCrashes } from '../store/recent-crashes.ts';

/** An instance that crashed lately. */
export interface TopCrash {
  process_guid: string;
  app_name: string | null;
  index: number;
  state: ActualLrpState;
  crash_count: number;
  crash_reason: string;
  since: string | null;
}

/** What one picture of `top` shows. */
export interface TopModel {
  zones: ZoneRow[];
  cells: CellRow[];
  crashes: TopCrash[];
  gaps: string[];
}

/** More than any terminal has lines. */
const CRASHES = 100;

/** Reads one picture from the store and Locket. */
export async function readTop(source: StoreSource): Promise<TopModel> {
  const gaps = new Gaps();
  const { cells, crashes } = await source.store.readOnly(async (transaction) => {
    const cells = await readCells(transaction, source, gaps);
    const rows = await readRecentCrashes(transaction, CRASHES);
    const names = await namesOf(source, transaction, [...new Set(rows.map((row) => row.process_guid))]);
    const crashes = rows.map((row) => ({
      process_guid: row.process_guid,
      app_name: names.get(row.process_guid) ?? null,
      index: row.index,
      state: row.state as ActualLrpState,
      crash_count: row.crash_count,
      crash_reason: maskUrls(row.crash_reason),
      since: rfc3339(row.since),
    }));
    return { cells, crashes };
  });
  return {
    zones: zoneRows(cells),
    cells: cells.map(cellRow),
    crashes,
    gaps: gaps.list().map(({ what, why }) => `${what}: ${why}`),
  };
}

type Transaction = Parameters<typeof readRecentCrashes>[0];

async function namesOf(
  { keyring }: StoreSource,
  transaction: Transaction,
  processGuids: readonly string[],
): Promise<Map<string, string | null>> {
  if (keyring === undefined) return new Map();
  const gaps = new Gaps();
  const desired = await collect(
    streamDesiredLrps(transaction, new ValueOpener(keyring, gaps), gaps, { processGuids }),
  );
  return new Map(desired.map((lrp) => [lrp.process_guid, lrp.app_name]));
}
