import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BlobError, parseBlob, sealBlob } from '../../src/lib/bbs/blob.ts';
import { deriveKey } from '../../src/lib/bbs/keyring.ts';
import { takeCensus, type Census } from '../../src/lib/store/census.ts';
import { Database } from '../../src/lib/store/database.ts';
import { resolveStore } from '../../src/lib/store/resolve.ts';
import { createDatabase, query } from '../support/database.ts';

async function open(url: string): Promise<Database> {
  return Database.open(await resolveStore({ databaseUrl: url }, {}), {
    applicationName: 'cgdiego/test census',
    statementTimeoutMs: 60_000,
    lockTimeoutMs: 10_000,
    anchorTable: 'desired_lrps',
  });
}

async function censusOf(url: string, labels: string[] = []): Promise<Census> {
  const store = await open(url);
  try {
    return await store.readOnly((transaction) => takeCensus(transaction, labels));
  } finally {
    await store.close();
  }
}

/** What parseBlob says of a value, as the census counts it. */
function kindOf(value: string | null): string {
  if (value === null) return 'null';
  if (value === '') return 'empty';
  try {
    return `label ${parseBlob(value).label}`;
  } catch (error) {
    if (error instanceof BlobError) return 'malformed';
    throw error;
  }
}

describe('the census', () => {
  test('tells every value as the code that opens blobs does', async () => {
    const labels = ['a', 'ab', 'abc', 'key-2026-10', 'key-2026-11', 'x'.repeat(127), 'schlüssel', 'a:b'];
    const blob = fc
      .tuple(fc.constantFrom(...labels), fc.uint8Array({ maxLength: 40 }))
      .map(([label, plaintext]) => sealBlob(plaintext, deriveKey(label, 'x')));
    const damaged = fc.tuple(blob, fc.nat(400)).map(([text, at]) => text.slice(0, at));
    const other = fc.string({ maxLength: 80 }).map((text) => `02${text}`);
    const value = fc.oneof(
      { weight: 4, arbitrary: blob },
      damaged,
      other,
      fc.constant(null),
      fc.constant(''),
    );
    const values = fc.sample(fc.array(value, { minLength: 400, maxLength: 400 }), {
      numRuns: 1,
      seed: 42,
    })[0]!;

    const url = await createDatabase();
    await query(
      url,
      `CREATE TABLE desired_lrps (process_guid varchar(255) PRIMARY KEY, run_info text);
       CREATE TABLE actual_lrps (net_info text); CREATE TABLE tasks (task_definition text)`,
    );
    await query(
      url,
      `INSERT INTO desired_lrps SELECT n, v FROM unnest($1::text[]) WITH ORDINALITY AS u (v, n)`,
      [values],
    );
    const expected: Record<string, number> = {};
    for (const kind of values.map(kindOf)) expected[kind] = (expected[kind] ?? 0) + 1;

    for (const likely of [[], ['a', 'key-2026-10'], labels]) {
      const [column] = (await censusOf(url, likely)).columns;
      const found: Record<string, number> = {
        null: column!.null,
        empty: column!.empty,
        malformed: column!.malformed,
      };
      for (const [label, count] of Object.entries(column!.labels)) found[`label ${label}`] = count;
      expect(found).toEqual(expected);
    }
  });

  test('counts what the real BBS left behind', async () => {
    const census = await censusOf(await createDatabase('diego-after-bbs-rotation-leftovers'));
    expect(census.stored_label).toBe('key-2026-11');
    expect(census.rows).toEqual({ desired_lrps: 220, actual_lrps: 585, tasks: 22 });
    const netInfo = census.columns.find(
      ({ table, column }) => table === 'actual_lrps' && column === 'net_info',
    );
    expect(netInfo).toMatchObject({ labels: { 'key-2026-10': 30, 'key-2026-11': 555 }, null: 0 });
    const routes = census.columns.find(({ column }) => column === 'internal_routes');
    expect(routes).toMatchObject({ labels: { 'key-2026-11': 555 }, null: 30 });
  });

  test('reports a column that looks encrypted and that nobody knows', async () => {
    const url = await createDatabase('diego-key-2026-10');
    await query(url, 'ALTER TABLE tasks ADD COLUMN secrets text');
    await query(
      url,
      'UPDATE tasks SET secrets = task_definition WHERE guid IN (SELECT guid FROM tasks LIMIT 3)',
    );
    const census = await censusOf(url);
    expect(census.columns.filter(({ known }) => !known)).toEqual([
      {
        table: 'tasks',
        column: 'secrets',
        known: false,
        labels: { 'key-2026-10': 3 },
        null: 19,
        empty: 0,
        malformed: 0,
      },
    ]);
  });

  test('reads a store in a schema of its own, and one of an older release', async () => {
    const url = await createDatabase('diego-key-2026-10');
    await query(url, 'CREATE SCHEMA cfdb');
    for (const table of ['desired_lrps', 'actual_lrps', 'tasks', 'configurations', 'domains']) {
      await query(url, `ALTER TABLE ${table} SET SCHEMA cfdb`);
    }
    await query(url, 'ALTER TABLE cfdb.actual_lrps DROP COLUMN internal_routes, DROP COLUMN metric_tags');
    const census = await censusOf(url);
    expect(census.stored_label).toBe('key-2026-10');
    expect(census.columns.filter(({ table }) => table === 'actual_lrps').map(({ column }) => column)).toEqual(
      ['net_info'],
    );
  });
});
