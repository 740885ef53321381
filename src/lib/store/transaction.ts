import type pg from 'pg';
import { throwIfAborted } from '../errors.ts';
import type { RawRows, RowTap } from './raw-rows.ts';

/** One transaction. When it is read only, all that is read in it is of one moment. */
export interface Transaction {
  query: <Row extends object>(sql: string, values?: readonly unknown[]) => Promise<Row[]>;
  /** Resolves to how many rows the statement touched. */
  execute: (sql: string, values?: readonly unknown[]) => Promise<number>;
  /**
   * Rows in batches through a server-side cursor, each row an array in the order of the select list. A slow consumer slows
   * the query down; leaving the loop closes the cursor.
   */
  stream(
    sql: string,
    values?: readonly unknown[],
    batchSize?: number,
  ): AsyncGenerator<unknown[][], void, undefined>;
  /**
   * The same without a string for each value, and the next batch is asked for before this one is given out. At most two batches are
   * in memory.
   */
  streamRaw(
    sql: string,
    values?: readonly unknown[],
    batchSize?: number,
  ): AsyncGenerator<RawRows, void, undefined>;
}

const DEFAULT_BATCH = 1000;

/** The transaction that is open on a client of a `Database`. Its statements are refused once the signal is aborted. */
export function transactionOn(client: pg.PoolClient, signal: AbortSignal | undefined): Transaction {
  const run = <Row extends object>(sql: string, values: readonly unknown[] = []) => {
    throwIfAborted(signal);
    return client.query<Row & pg.QueryResultRow>(sql, [...values]);
  };
  return {
    query: async <Row extends object>(sql: string, values?: readonly unknown[]) =>
      (await run<Row>(sql, values)).rows,
    execute: async (sql, values) => (await run(sql, values)).rowCount ?? 0,
    async *stream(sql, values = [], batchSize = DEFAULT_BATCH) {
      throwIfAborted(signal);
      const cursor = await openCursor(client, sql, values);
      try {
        for (;;) {
          const rows = await cursor.read(batchSize);
          throwIfAborted(signal);
          if (rows.length === 0) return;
          yield rows;
        }
      } finally {
        await cursor.close();
      }
    },
    async *streamRaw(sql, values = [], batchSize = DEFAULT_BATCH) {
      throwIfAborted(signal);
      const cursor = await openCursor(client, sql, values);
      const { rowTap } = client as pg.PoolClient & { rowTap: RowTap };
      rowTap.open();
      try {
        let read = cursor.read(batchSize);
        for (;;) {
          await read;
          throwIfAborted(signal);
          const rows = rowTap.take();
          if (rows.count < batchSize) {
            if (rows.count > 0) yield rows;
            return;
          }
          read = cursor.read(batchSize);
          // Nobody waits for it while the rows are given out; what goes wrong is thrown above, at the next turn.
          read.catch(() => undefined);
          yield rows;
        }
      } finally {
        await cursor.close();
        rowTap.close();
      }
    },
  };
}

interface OpenCursor {
  read(count: number): Promise<unknown[][]>;
  close(): Promise<void>;
}

async function openCursor(
  client: pg.PoolClient,
  sql: string,
  values: readonly unknown[],
): Promise<OpenCursor> {
  const { default: Cursor } = await import('pg-cursor');
  const cursor = client.query(new Cursor<unknown[]>(sql, [...values], { rowMode: 'array' }));
  let onLost!: () => void;
  const lost = new Promise<void>((resolve) => (onLost = resolve));
  client.once('end', onLost);
  let hasFailed = false;
  return {
    read: async (count) => {
      try {
        return await cursor.read(count);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    },
    close: async () => {
      // A cursor that failed is closed already, and one whose connection is lost would wait for an answer for ever.
      if (!hasFailed) await Promise.race([cursor.close(), lost]);
      client.off('end', onLost);
    },
  };
}
