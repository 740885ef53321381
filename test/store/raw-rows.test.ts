import { EventEmitter } from 'node:events';
import fc from 'fast-check';
import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import { rawRowsOf, RowTap, textAt, type RawRows } from '../../src/lib/store/raw-rows.ts';
import { createDatabase } from '../support/database.ts';
import { withDatabase } from '../support/foundation.ts';

function values(rows: RawRows): (string | null)[][] {
  return Array.from({ length: rows.count }, (_, row) =>
    Array.from({ length: rows.columns }, (__, column) => textAt(rows, row * rows.columns + column)),
  );
}

/** A message of PostgreSQL's protocol. */
function message(code: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5, code);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

function dataRow(row: readonly (string | null)[]): Buffer {
  const parts = row.map((text) => {
    const bytes = Buffer.from(text ?? '');
    const length = Buffer.alloc(4);
    length.writeInt32BE(text === null ? -1 : bytes.length);
    return Buffer.concat([length, bytes]);
  });
  const count = Buffer.alloc(2);
  count.writeInt16BE(row.length);
  return message('D', Buffer.concat([count, ...parts]));
}

describe('the tap between the socket and pg', () => {
  const value = fc.option(fc.string({ unit: 'grapheme', maxLength: 40 }));
  const row = fc.record({ row: fc.tuple(value, value) });
  const other = fc.record({
    code: fc.constantFrom('N', 's', 'C', 'T'),
    body: fc.uint8Array({ maxLength: 30 }),
  });

  it('keeps the rows and passes everything else on, however the network cuts it up', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(row, other), { maxLength: 20 }),
        fc.array(fc.integer({ min: 1, max: 25 }), { minLength: 1 }),
        (messages, cuts) => {
          let passed = Buffer.alloc(0);
          const connection = {
            attachListeners(stream: EventEmitter) {
              stream.on('data', (chunk: Buffer) => (passed = Buffer.concat([passed, chunk])));
            },
          };
          const tap = new RowTap(connection as unknown as pg.Connection);
          const socket = new EventEmitter();
          connection.attachListeners(socket);
          tap.open();
          const bytesOf = (one: (typeof messages)[number]) =>
            'row' in one ? dataRow(one.row) : message(one.code, Buffer.from(one.body));
          const wire = Buffer.concat(messages.map(bytesOf));
          for (let at = 0, cut = 0; at < wire.length; cut++) {
            const size = cuts[cut % cuts.length]!;
            socket.emit('data', wire.subarray(at, at + size));
            at += size;
          }
          expect(values(tap.take())).toEqual(messages.flatMap((one) => ('row' in one ? [one.row] : [])));
          expect(passed).toEqual(Buffer.concat(messages.filter((one) => !('row' in one)).map(bytesOf)));
        },
      ),
    );
  });
});

describe('rows as bytes', () => {
  const SQL = `SELECT g, CASE WHEN g % 3 > 0 THEN repeat('ü', g % 400) END, g % 2 = 0 FROM generate_series(1, 2500) g`;

  it('are the rows of the query, batch after batch', async () => {
    await withDatabase(await createDatabase(), (database) =>
      database.readOnly(async (transaction) => {
        const read: (string | null)[][] = [];
        for await (const rows of transaction.streamRaw(SQL, [], 1000)) {
          expect(rows.count).toBeLessThanOrEqual(1000);
          read.push(...values(rows));
        }
        const plain: (string | null)[][] = [];
        for await (const rows of transaction.stream(SQL)) plain.push(...values(rawRowsOf(rows)));
        expect(read).toHaveLength(2500);
        expect(read).toEqual(plain);
      }),
    );
  });

  it('leave the connection in order when somebody stops early, or the query fails on the way', async () => {
    await withDatabase(await createDatabase(), (database) =>
      database.readOnly(async (transaction) => {
        const one = () => transaction.query<{ one: number }>('SELECT 1 AS one');
        for await (const rows of transaction.streamRaw(SQL, [], 10)) {
          expect(values(rows)[0]![0]).toBe('1');
          break;
        }
        expect(await one()).toEqual([{ one: 1 }]);
        const failing = async () => {
          const sql = 'SELECT 1 / (100 - g) FROM generate_series(1, 200) g';
          for await (const rows of transaction.streamRaw(sql, [], 10)) expect(rows.count).toBe(10);
        };
        await transaction.execute('SAVEPOINT here');
        await expect(failing()).rejects.toThrow('division by zero');
        await transaction.execute('ROLLBACK TO here');
        expect(await one()).toEqual([{ one: 1 }]);
      }),
    );
  });
});
