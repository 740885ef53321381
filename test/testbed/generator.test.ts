import { beforeAll, describe, expect, test } from 'vitest';
import { BlobError, openBlob, parseBlob } from '../../src/lib/bbs/blob.ts';
import { ENCRYPTED_TABLES } from '../../src/lib/bbs/columns.ts';
import { Keyring } from '../../src/lib/bbs/keyring.ts';
import { payloadProblem } from '../../src/lib/bbs/payload.ts';
import {
  generateFoundation,
  type FoundationOptions,
  type GeneratedFoundation,
} from '../../testbed/generator/generate.ts';
import { createDatabase, PASSPHRASES, query } from '../support/database.ts';

const keys = new Map(Object.entries(PASSPHRASES));
const keyring = Keyring.fromPassphrases(keys);
const now = Date.UTC(2026, 10, 20, 12);

interface Made {
  url: string;
  made: GeneratedFoundation;
}

async function generate(options: Partial<FoundationOptions> = {}): Promise<Made> {
  const url = await createDatabase();
  const made = await generateFoundation(url, {
    desiredLrps: 220,
    keys,
    label: 'key-2026-10',
    now,
    ...options,
  });
  return { url, made };
}

interface Blob {
  table: string;
  column: string;
  text: string | null;
  problem: string | undefined;
  label: string | undefined;
}

/** Every encrypted column of a store, opened and decoded. */
async function openAll(url: string): Promise<Blob[]> {
  const blobs: Blob[] = [];
  for (const table of ENCRYPTED_TABLES) {
    const rows = await query<Record<string, string | null>>(url, `SELECT * FROM public.${table.name}`);
    for (const row of rows) {
      for (const column of table.columns) {
        const text = row[column.name]!;
        blobs.push({ table: table.name, column: column.name, text, ...open(text, column.payload) });
      }
    }
  }
  return blobs;
}

function open(text: string | null, payload: (typeof ENCRYPTED_TABLES)[number]['columns'][number]['payload']) {
  if (text === null) return { problem: 'NULL', label: undefined };
  try {
    const { label, plaintext } = openBlob(text, keyring);
    return { problem: payloadProblem(payload, plaintext), label };
  } catch (error) {
    if (!(error instanceof BlobError)) throw error;
    return { problem: error.fault, label: error.label };
  }
}

const share = (count: number, all: number) => count / all;

describe('a generated foundation', () => {
  let generated: Made;
  let captured: string;

  beforeAll(async () => {
    generated = await generate();
    captured = await createDatabase('diego-key-2026-10', 'locket');
  });

  test('has every blob under the label, and each opens and decodes', async () => {
    const blobs = await openAll(generated.url);
    expect(blobs.length).toBe(generated.made.blobs);
    expect(blobs.filter((blob) => blob.problem !== undefined)).toEqual([]);
    expect(new Set(blobs.map((blob) => blob.label))).toEqual(new Set(['key-2026-10']));
  });

  test('has the tables, columns, defaults and indexes of a captured store', async () => {
    const catalogue = async (url: string) => ({
      columns: await query(
        url,
        `SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default
         FROM information_schema.columns WHERE table_schema = 'public' ORDER BY table_name, ordinal_position`,
      ),
      indexes: await query(
        url,
        `SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY indexdef`,
      ),
    });
    expect(await catalogue(generated.url)).toEqual(await catalogue(captured));
  });

  test('has blobs of the size of captured ones', async () => {
    const sizes = async (url: string) => {
      const byColumn = new Map<string, number[]>();
      for (const { table, column, text } of await openAll(url)) {
        const lengths = byColumn.get(`${table}.${column}`) ?? [];
        byColumn.set(`${table}.${column}`, [...lengths, text!.length]);
      }
      return new Map(
        Array.from(byColumn, ([name, lengths]) => [
          name,
          lengths.reduce((sum, length) => sum + length, 0) / lengths.length,
        ]),
      );
    };
    const expected = await sizes(captured);
    const actual = await sizes(generated.url);
    expect([...actual.keys()].sort()).toEqual([...expected.keys()].sort());
    for (const [name, size] of actual) {
      expect(size / expected.get(name)!, name).toBeGreaterThan(0.9);
      expect(size / expected.get(name)!, name).toBeLessThan(1.1);
    }
  });

  test('has the proportions of the captured one', async () => {
    const proportions = async (url: string) => {
      const [desired] = await query<Record<string, number>>(
        url,
        `SELECT count(*)::int AS lrps, sum(instances)::int AS instances, avg(memory_mb)::float AS memory,
                sum((placement_tags <> 'null')::int)::int AS isolated, sum((rootfs LIKE 'docker:%')::int)::int AS docker
         FROM public.desired_lrps`,
      );
      const [actual] = await query<Record<string, number>>(
        url,
        `SELECT count(*)::int AS lrps, sum((state = 'RUNNING')::int)::int AS running, sum((crash_count > 0)::int)::int AS crashed,
                sum((placement_error <> '')::int)::int AS unplaced
         FROM public.actual_lrps`,
      );
      return {
        instances: share(desired!.instances!, desired!.lrps!),
        memory: desired!.memory!,
        isolated: share(desired!.isolated!, desired!.lrps!),
        docker: share(desired!.docker!, desired!.lrps!),
        running: share(actual!.running!, actual!.lrps!),
        crashed: share(actual!.crashed!, actual!.lrps!),
        unplaced: share(actual!.unplaced!, actual!.lrps!),
      };
    };
    const expected = await proportions(captured);
    const { url } = await generate({ desiredLrps: 1500 });
    const actual = await proportions(url);
    for (const name of Object.keys(expected) as (keyof typeof expected)[]) {
      expect(actual[name] / expected[name], name).toBeGreaterThan(0.5);
      expect(actual[name] / expected[name], name).toBeLessThan(2);
    }
  });

  test('has instances that evacuate, are suspect, crashed, claimed and not placed', async () => {
    const { url } = await generate({ desiredLrps: 1500 });
    const kinds = await query<{ kind: string }>(
      url,
      `SELECT DISTINCT state || presence AS kind FROM actual_lrps ORDER BY kind`,
    );
    expect(kinds.map(({ kind }) => kind)).toEqual([
      'CLAIMED0',
      'CRASHED0',
      'RUNNING0',
      'RUNNING1',
      'RUNNING2',
      'UNCLAIMED0',
    ]);
    const [{ suspects }] = (await query<{ suspects: number }>(
      url,
      `SELECT count(*)::int AS suspects FROM actual_lrps
       WHERE presence = 2 AND cell_id IN (SELECT path FROM locks)`,
    )) as [{ suspects: number }];
    expect(suspects, 'suspect instances on a cell that Locket knows').toBe(0);
  });

  test('puts no more on a cell than the cell has', async () => {
    const cells = await query<{ path: string; value: string; memory: number; containers: number }>(
      generated.url,
      `SELECT path, value, coalesce(sum(d.memory_mb), 0)::int AS memory, count(d.*)::int AS containers
       FROM locks LEFT JOIN actual_lrps a ON a.cell_id = path LEFT JOIN desired_lrps d USING (process_guid)
       WHERE type = 'presence' GROUP BY path, value`,
    );
    expect(cells.length).toBe(generated.made.cells.length);
    for (const { value, memory, containers } of cells) {
      const { capacity } = JSON.parse(value) as { capacity: { memory_mb: number; containers: number } };
      expect(memory).toBeLessThanOrEqual(capacity.memory_mb);
      expect(containers).toBeLessThanOrEqual(capacity.containers);
    }
  });

  test('spreads cells over as many zones as asked for, each with an isolated and an nfs cell', async () => {
    const { made } = await generate({ zones: 2, desiredLrps: 50 });
    expect(new Set(made.cells.map((cell) => cell.zone))).toEqual(new Set(['z1', 'z2']));
    for (const zone of ['z1', 'z2']) {
      const cells = made.cells.filter((cell) => cell.zone === zone);
      expect(cells.some((cell) => cell.placementTags.includes('isolated-egress'))).toBe(true);
      expect(cells.some((cell) => cell.volumeDrivers.includes('nfsv3driver'))).toBe(true);
    }
  });
});

describe('the seed', () => {
  const everything = (url: string) =>
    Promise.all(
      ['desired_lrps', 'actual_lrps', 'tasks', 'locks', 'configurations', 'domains'].map((table) =>
        query(url, `SELECT md5(string_agg(t::text, '' ORDER BY t::text)) FROM ${table} t`),
      ),
    );

  test('decides on every byte', async () => {
    const [one, same, other] = await Promise.all([
      generate({ seed: 7, desiredLrps: 40 }),
      generate({ seed: 7, desiredLrps: 40 }),
      generate({ seed: 8, desiredLrps: 40 }),
    ]);
    expect(await everything(same.url)).toEqual(await everything(one.url));
    expect((await everything(other.url)).slice(0, 4)).not.toEqual((await everything(one.url)).slice(0, 4));
  });
});

describe('a store in disorder', () => {
  test('has rows under other labels in the share asked for, and each row under one', async () => {
    const { url } = await generate({ otherLabels: { 'key-2026-11': 0.3 } });
    const blobs = await openAll(url);
    expect(blobs.filter((blob) => blob.problem !== undefined)).toEqual([]);
    const other = blobs.filter((blob) => blob.label === 'key-2026-11').length;
    expect(share(other, blobs.length)).toBeGreaterThan(0.2);
    expect(share(other, blobs.length)).toBeLessThan(0.4);
    const rows = await query<Record<string, string>>(url, 'SELECT * FROM desired_lrps');
    for (const row of rows) {
      const labels = ENCRYPTED_TABLES[0]!.columns.map((column) => parseBlob(row[column.name]!).label);
      expect(new Set(labels).size).toBe(1);
    }
  });

  test('has NULL in the columns that may be NULL', async () => {
    const { url } = await generate({ nullShare: 0.2 });
    const nulls = (await openAll(url)).filter((blob) => blob.text === null);
    expect(new Set(nulls.map((blob) => `${blob.table}.${blob.column}`))).toEqual(
      new Set(['desired_lrps.metric_tags', 'actual_lrps.internal_routes', 'actual_lrps.metric_tags']),
    );
  });

  test('has as many damaged run_infos as asked for, and says which', async () => {
    const { url, made } = await generate({ damaged: 3 });
    const broken = (await openAll(url)).filter((blob) => blob.problem !== undefined);
    expect(broken.map(({ column, problem }) => `${column} ${problem}`)).toEqual([
      'run_info not-authentic',
      'run_info not-authentic',
      'run_info not-authentic',
    ]);
    const rows = await query<{ process_guid: string; run_info: string }>(
      url,
      'SELECT process_guid, run_info FROM desired_lrps',
    );
    const guids = rows
      .filter((row) => broken.some((blob) => blob.text === row.run_info))
      .map((row) => row.process_guid);
    expect(guids.sort()).toEqual([...made.damaged].sort());
  });

  test('needs the passphrase of each label', async () => {
    await expect(generate({ label: 'key-2027-01' })).rejects.toThrow(
      'no passphrase for the label key-2027-01',
    );
    await expect(generate({ otherLabels: { 'key-2026-11': 1.5 } })).rejects.toThrow('more than 1');
  });
});
