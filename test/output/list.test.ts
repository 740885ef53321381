import { Writable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { UsageError } from '../../src/lib/errors.ts';
import { prepareList, writeList, type ListOptions } from '../../src/lib/output/list.ts';
import { defineRecord } from '../../src/lib/output/record.ts';
import { fakeTerminal } from '../support/terminal.ts';

interface CellRow {
  cell_id: string;
  zone: string;
  memory_pct: number | null;
  evacuating: boolean;
  tags: string[];
}

const CELLS = defineRecord<CellRow>({
  name: 'cell',
  plural: 'cells',
  id: 'cell_id',
  columns: [
    { name: 'cell_id', description: 'the cell', shorten: 'guid' },
    { name: 'zone', description: 'its zone' },
    {
      name: 'memory_pct',
      description: 'allocated memory in percent',
      heading: 'MEM%',
      level: (row) => ((row.memory_pct ?? 0) >= 90 ? 'bad' : undefined),
    },
    { name: 'evacuating', description: 'whether it evacuates', show: 'wide' },
    { name: 'tags', description: 'placement tags', show: 'hidden' },
  ],
});

const ROWS: CellRow[] = [
  { cell_id: 'a', zone: 'z1', memory_pct: 9, evacuating: false, tags: [] },
  { cell_id: 'b', zone: 'z2', memory_pct: 95, evacuating: true, tags: ['iso', 'gpu'] },
  { cell_id: 'c', zone: 'z1', memory_pct: null, evacuating: false, tags: ['gpu'] },
  { cell_id: 'd', zone: 'z1', memory_pct: 100, evacuating: false, tags: [] },
];

async function render(options: Partial<ListOptions>, rows = ROWS): Promise<string> {
  const terminal = fakeTerminal();
  await writeList(terminal, CELLS, rows, { format: 'ndjson', ...options });
  return terminal.out();
}

const idsOf = async (options: Partial<ListOptions>) =>
  (await render({ ...options, quiet: true })).split('\n').slice(0, -1).join(' ');

describe('formats', () => {
  it('writes ndjson with every field of the record', async () => {
    const lines = (await render({ format: 'ndjson' })).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(ROWS);
  });

  it('writes json as an array with one row a line', async () => {
    const text = await render({ format: 'json' });
    expect(JSON.parse(text)).toEqual(ROWS);
    expect(text.split('\n')).toHaveLength(ROWS.length + 3);
    expect(await render({ format: 'json' }, [])).toBe('[]\n');
  });

  it('writes yaml as a list', async () => {
    expect(parse(await render({ format: 'yaml' }))).toEqual(ROWS);
    expect(parse(await render({ format: 'yaml' }, []))).toEqual([]);
  });

  it('writes csv with a header, empty fields for nothing and lists joined', async () => {
    expect(await render({ format: 'csv' })).toBe(
      'cell_id,zone,memory_pct,evacuating,tags\na,z1,9,false,\nb,z2,95,true,iso;gpu\nc,z1,,false,gpu\nd,z1,100,false,\n',
    );
    expect(await render({ format: 'csv', header: false, columns: 'zone,cell_id', limit: 1 })).toBe('z1,a\n');
  });

  it('writes a plain table into a pipe', async () => {
    expect(await render({ format: 'table' })).toBe(
      'CELL_ID  ZONE  MEM%\na        z1       9\nb        z2      95\nc        z1       -\nd        z1     100\n',
    );
    expect((await render({ format: 'wide' })).split('\n')[0]).toBe('CELL_ID  ZONE  MEM%  EVACUATING');
    expect(await render({ format: 'table', columns: 'tags', header: false, limit: 2 })).toBe('-\niso,gpu\n');
  });

  it('limits json to --columns, in their order', async () => {
    expect(await render({ columns: 'zone,cell_id', limit: 1 })).toBe('{"zone":"z1","cell_id":"a"}\n');
  });

  it('writes any text as csv that a reader of RFC 4180 reads back', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: 'binary' }), { minLength: 1 }), async (texts) => {
        const rows = texts.map((text) => ({ ...ROWS[0]!, cell_id: text }));
        const csv = await render({ format: 'csv', columns: 'cell_id,zone', header: false }, rows);
        expect(readCsv(csv).map(([id]) => id)).toEqual(texts);
      }),
    );
  });
});

describe('choosing rows', () => {
  it.each([
    ['zone=z1', 'a c d'],
    ['zone!=z1', 'b'],
    ['zone~^Z', 'a b c d'],
    ['zone!~2$', 'a c d'],
    ['memory_pct>9', 'b d'],
    ['memory_pct>=9', 'a b d'],
    ['memory_pct<95', 'a'],
    ['memory_pct<=95.0', 'a b'],
    ['memory_pct=95.0', 'b'],
    ['memory_pct=', 'c'],
    ['evacuating=true', 'b'],
    ['tags=gpu', 'b c'],
    ['tags!=gpu', 'a d'],
    ['tags~^is', 'b'],
    ['tags=', 'a d'],
    [' zone == z2 ', 'b'],
  ])('--filter %s', async (filter, ids) => {
    expect(await idsOf({ filter: [filter] })).toBe(ids);
  });

  it('refuses to compare a number with what is none', async () => {
    await expect(idsOf({ filter: ['memory_pct>disk_pct'] })).rejects.toThrow('"disk_pct" is no number');
  });

  it('ands several filters', async () => {
    expect(await idsOf({ filter: ['zone=z1', 'memory_pct>50'] })).toBe('d');
  });

  it.each([
    ['memory_pct', 'a b d c'],
    ['-memory_pct', 'd b a c'],
    ['zone,-memory_pct', 'd a c b'],
    ['-zone,cell_id', 'b a c d'],
    ['memory_pct:desc', 'd b a c'],
    ['memory_pct:asc', 'a b d c'],
  ])('--sort %s', async (sort, ids) => {
    expect(await idsOf({ sort })).toBe(ids);
  });

  it('gives the same first rows with a limit as without', async () => {
    const row = fc.record({ cell_id: fc.uuid(), memory_pct: fc.integer({ min: 0, max: 5 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(row, { size: 'large' }), fc.nat({ max: 20 }), async (some, limit) => {
        const rows = some.map((values) => ({ ...ROWS[0]!, ...values }));
        const all = (await render({ sort: '-memory_pct' }, rows)).split('\n').slice(0, -1);
        const first = (await render({ sort: '-memory_pct', limit }, rows)).split('\n').slice(0, -1);
        expect(first).toEqual(all.slice(0, limit));
      }),
      { numRuns: 30 },
    );
  });

  it('keeps only a few rows while it looks for the largest', async () => {
    const count = 50_000;
    const rows = (function* () {
      for (let n = 0; n < count; n++)
        yield { ...ROWS[0]!, cell_id: String(n), memory_pct: (n * 7919) % count };
    })();
    const terminal = fakeTerminal();
    await writeList(terminal, CELLS, rows, {
      format: 'ndjson',
      sort: '-memory_pct',
      limit: 2,
      columns: 'memory_pct',
    });
    expect(terminal.out()).toBe(`{"memory_pct":${count - 1}}\n{"memory_pct":${count - 2}}\n`);
  });
});

describe('what is wrong is said before anything is read', () => {
  it.each([
    [{ columns: 'cell_id,zoen' }, /--columns: cells have no column "zoen"\. Did you mean "zone"\?/u],
    [{ sort: '-memory' }, /--sort: cells have no column "memory"\. Did you mean "memory_pct"\?/u],
    [{ filter: ['state=x'] }, /--filter: cells have no column "state"/u],
    [{ filter: ['zone'] }, /"zone" is not a filter/u],
    [{ filter: ['zone~('] }, /not a regular expression/u],
    [{ columns: ',' }, /at least one column/u],
    [{ limit: -1 }, /--limit/u],
  ])('%j', (options, message) => {
    const prepare = () => prepareList(fakeTerminal(), CELLS, { format: 'table', ...options });
    expect(prepare).toThrow(UsageError);
    expect(prepare).toThrow(message);
  });

  it('lists the valid columns', () => {
    expect(() => prepareList(fakeTerminal(), CELLS, { format: 'table', columns: 'x' })).toThrow(
      expect.objectContaining({ next: 'Columns: cell_id, zone, memory_pct, evacuating, tags.' }) as Error,
    );
  });
});

describe('needs', () => {
  const needs = (options: Partial<ListOptions>) => {
    const list = prepareList(fakeTerminal(), CELLS, { format: 'table', ...options });
    return CELLS.columns.map(({ name }) => name).filter((name) => list.needs(name));
  };

  it.each<[Partial<ListOptions>, string[]]>([
    [{}, ['cell_id', 'zone', 'memory_pct']],
    [{ format: 'wide' }, ['cell_id', 'zone', 'memory_pct', 'evacuating']],
    [{ format: 'csv' }, ['cell_id', 'zone', 'memory_pct', 'evacuating', 'tags']],
    [{ format: 'csv', columns: 'tags' }, ['tags']],
    [{ quiet: true, sort: '-memory_pct', filter: ['tags=gpu'] }, ['cell_id', 'memory_pct', 'tags']],
  ])('%j', (options, fields) => {
    expect(needs(options)).toEqual(fields);
  });
});

describe('streaming', () => {
  /** An endless source that says how far it was read and whether it was closed. */
  function endless() {
    const state = { read: 0, closed: false };
    async function* rows(): AsyncGenerator<CellRow[]> {
      try {
        for (;;) {
          await Promise.resolve();
          state.read += 100;
          yield Array.from({ length: 100 }, () => ROWS[1]!);
        }
      } finally {
        state.closed = true;
      }
    }
    return { state, rows: rows() };
  }

  it.each<Partial<ListOptions>>([
    { format: 'ndjson' },
    { format: 'json' },
    { format: 'csv' },
    { format: 'yaml' },
    { format: 'table' },
    { quiet: true },
    { format: 'ndjson', filter: ['zone=z2'] },
  ])('stops at --limit and closes the source: %j', async (options) => {
    const { state, rows } = endless();
    const result = await writeList(fakeTerminal(), CELLS, rows, { format: 'table', ...options, limit: 250 });
    expect(result).toEqual({ written: 250, closed: false });
    expect(state).toEqual({ read: 300, closed: true });
  });

  it('reads nothing for --limit 0', async () => {
    const { state, rows } = endless();
    await writeList(fakeTerminal(), CELLS, rows, { format: 'ndjson', limit: 0 });
    expect(state.read).toBe(0);
  });

  it('waits for a slow reader instead of filling memory', async () => {
    const { state, rows } = endless();
    const pending: (() => void)[] = [];
    const stdout = new Writable({
      highWaterMark: 1024,
      write: (_chunk, _encoding, done) => void pending.push(done),
    });
    const writing = writeList(fakeTerminal({ stdout }), CELLS, rows, { format: 'ndjson', limit: 1_000_000 });
    const settled = async () => {
      for (let seen = -1; seen !== state.read;) {
        seen = state.read;
        await new Promise((resolve) => setImmediate(resolve));
        await new Promise((resolve) => setImmediate(resolve));
      }
      return state.read;
    };
    const first = await settled();
    expect(first).toBeLessThan(5_000);
    pending.shift()!();
    const second = await settled();
    expect(second).toBeGreaterThan(first);
    expect(second).toBeLessThan(2 * first + 5_000);
    stdout.destroy();
    expect(await writing).toMatchObject({ closed: true });
    expect(state.closed).toBe(true);
  });

  it('ends and closes the source when the reader is gone', async () => {
    const { state, rows } = endless();
    const stdout = new Writable({
      write: (_chunk, _encoding, done) => {
        done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
      },
    });
    const result = await writeList(fakeTerminal({ stdout }), CELLS, rows, { format: 'csv' });
    expect(result.closed).toBe(true);
    expect(state.closed).toBe(true);
  });

  it('reports a full disk as an error', async () => {
    const { state, rows } = endless();
    const stdout = new Writable({
      write: (_chunk, _encoding, done) => {
        done(Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' }));
      },
    });
    await expect(writeList(fakeTerminal({ stdout }), CELLS, rows, { format: 'csv' })).rejects.toMatchObject({
      message: 'Could not write the output.',
      why: 'ENOSPC: no space left on device, write',
    });
    expect(state.closed).toBe(true);
  });

  it('shows the rows of a slow source as they come', async () => {
    const terminal = fakeTerminal();
    let release!: () => void;
    const held = new Promise<void>((resolve) => (release = resolve));
    async function* rows(): AsyncGenerator<CellRow> {
      yield ROWS[0]!;
      await held;
      yield ROWS[1]!;
    }
    const writing = writeList(terminal, CELLS, rows(), { format: 'ndjson', columns: 'cell_id' });
    while (terminal.out() === '') await new Promise((resolve) => setImmediate(resolve));
    expect(terminal.out()).toBe('{"cell_id":"a"}\n');
    release();
    await writing;
    expect(terminal.out()).toBe('{"cell_id":"a"}\n{"cell_id":"b"}\n');
  });

  it('passes on what goes wrong in the source', async () => {
    async function* rows(): AsyncGenerator<CellRow> {
      yield await Promise.resolve(ROWS[0]!);
      throw new Error('connection lost');
    }
    await expect(writeList(fakeTerminal(), CELLS, rows(), { format: 'json' })).rejects.toThrow(
      'connection lost',
    );
  });
});

/** A reader after the grammar of RFC 4180, with LF as the line end. */
function readCsv(text: string): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  let position = 0;
  while (position < text.length) {
    let field = '';
    if (text[position] === '"') {
      position++;
      while (text[position] !== '"' || text[position + 1] === '"') {
        if (text[position] === '"') position++;
        field += text[position++]!;
      }
      position++;
    } else {
      while (text[position] !== ',' && text[position] !== '\n') field += text[position++]!;
    }
    record.push(field);
    if (text[position++] === '\n') {
      records.push(record);
      record = [];
    }
  }
  return records;
}
