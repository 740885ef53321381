import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeList } from '../../src/lib/output/list.ts';
import { defineRecord } from '../../src/lib/output/record.ts';
import type { Terminal } from '../../src/lib/output/terminal.ts';
import { displayWidth } from '../../src/lib/output/width.ts';
import { fakeTerminal } from '../support/terminal.ts';

interface Row {
  process_guid: string;
  app_name: string;
  instances: number;
  placement_error: string;
}

const LRPS = defineRecord<Row>({
  name: 'LRP',
  plural: 'LRPs',
  id: 'process_guid',
  columns: [
    { name: 'process_guid', description: '', shorten: 'guid' },
    { name: 'app_name', description: '' },
    { name: 'instances', description: '', level: (row) => (row.instances === 0 ? 'bad' : 'good') },
    { name: 'placement_error', description: '' },
  ],
});

const GUID = '4ae1c0de-0001-4000-8000-000000000001-b2b1f3c9-0001-4000-8000-000000000001';
const ROW: Row = { process_guid: GUID, app_name: 'web', instances: 3, placement_error: '' };

async function table(rows: Iterable<Row>, terminal: Partial<Terminal>, format: 'table' | 'wide' = 'table') {
  const fake = fakeTerminal(terminal);
  await writeList(fake, LRPS, rows, { format });
  return { out: fake.out(), err: fake.err() };
}

describe('on a terminal', () => {
  it('shows whole values where there is room', async () => {
    expect((await table([ROW], { width: 200 })).out).toBe(
      `PROCESS_GUID${' '.repeat(63)}APP_NAME  INSTANCES  PLACEMENT_ERROR\n${GUID}  web               3  -\n`,
    );
  });

  it('shortens guids first, and keeps them distinct', async () => {
    const other = GUID.replace('b2b1f3c9', 'ffffffff');
    const third = `77777777${GUID.slice(8)}`;
    const rows = [GUID, other, third].map((guid) => ({ ...ROW, process_guid: guid }));
    const { out } = await table(rows, { width: 100 });
    expect(out.split('\n').map((line) => line.split(' ')[0])).toEqual([
      'PROCESS_GUID',
      GUID.slice(0, 45),
      other.slice(0, 45),
      '77777777',
      '',
    ]);
  });

  it('then cuts the widest text, never a number', async () => {
    const rows = [{ ...ROW, instances: 123456789012, placement_error: 'insufficient resources: memory' }];
    const { out } = await table(rows, { width: 60 });
    expect(out).toBe(
      'PROCESS_GUID  APP_NAME     INSTANCES  PLACEMENT_ERROR\n4ae1c0de      web       123456789012  insufficient resource…\n',
    );
    expect((await table(rows, { width: 60, unicode: false })).out).toContain('insufficient resour...\n');
  });

  it('leaves out columns only when nothing else helps, and says so', async () => {
    const { out, err } = await table([ROW], { width: 24 });
    expect(out.split('\n')[0]).toBe('PROCESS_GUID  APP_NAME');
    expect(err).toBe(
      'Not shown for lack of width: instances, placement_error. -o wide shows everything, --columns what you choose.\n',
    );
  });

  it('keeps -o wide whole', async () => {
    expect((await table([ROW], { width: 24 }, 'wide')).out).toContain(GUID);
  });

  it('fits any width for any text', async () => {
    const row = fc.record({
      process_guid: fc.oneof(fc.uuid(), fc.string()),
      app_name: fc.string({ unit: 'grapheme' }),
      instances: fc.nat({ max: 999 }),
      placement_error: fc.string({ unit: 'binary' }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(row), fc.integer({ min: 20, max: 150 }), async (rows, width) => {
        const { out } = await table(rows, { width, color: true });
        const lines = out.split('\n').slice(0, -1);
        expect(lines).toHaveLength(rows.length + 1);
        for (const line of lines)
          expect(displayWidth(stripVTControlCharacters(line))).toBeLessThanOrEqual(width);
      }),
      { numRuns: 60 },
    );
  });

  it('colours what needs attention, and a table without colour is the same text', async () => {
    const rows = [ROW, { ...ROW, instances: 0 }];
    const { out } = await table(rows, { width: 80, color: true });
    expect(out).toContain('\u001b[31m0\u001b[39m');
    expect(out).toContain('\u001b[32m3\u001b[39m');
    expect(stripVTControlCharacters(out)).toBe((await table(rows, { width: 80 })).out);
  });

  it('lays out the same through cli-table3 as by its own writer', async () => {
    const name = fc.stringMatching(/^[a-z0-9 é語]{0,12}$/u);
    await fc.assert(
      fc.asyncProperty(fc.array(name, { minLength: 1 }), async (names) => {
        const rows = names.map((app_name) => ({ ...ROW, app_name }));
        const byLibrary = await table(rows, { width: 200, isTerminal: true });
        const byHand = await table(rows, { width: 200, isTerminal: false });
        expect(byLibrary.out).toBe(byHand.out);
      }),
      { numRuns: 60 },
    );
  });

  it('writes a heading over an empty list', async () => {
    expect((await table([], { width: 80 })).out).toBe('PROCESS_GUID  APP_NAME  INSTANCES  PLACEMENT_ERROR\n');
  });
});

describe('into a pipe', () => {
  it('neither colours nor cuts', async () => {
    const { out } = await table([{ ...ROW, placement_error: 'x'.repeat(300) }], {});
    expect(out).toContain(GUID);
    expect(out).toContain('x'.repeat(300));
    expect(out).not.toContain('\u001b');
  });

  it('streams long tables with the widths of the first thousand rows', async () => {
    const rows = Array.from({ length: 2500 }, (_, n) => ({ ...ROW, process_guid: `p${n}`, app_name: 'web' }));
    rows[2400]!.app_name = 'a-name-that-is-longer-than-any-before';
    const lines = (await table(rows, {})).out.split('\n');
    expect(lines).toHaveLength(2502);
    expect(lines[1]).toBe('p0            web               3  -');
    expect(lines[2500]).toBe('p2499         web               3  -');
    expect(lines[2401]).toBe('p2400         a-name-that-is-longer-than-any-before          3  -');
  });
});

it('makes control characters in values visible and harmless', async () => {
  const nasty = 'a\u001b[2J\u001b]0;owned\u0007b\nc\u009b31m\u202etxt';
  for (const terminal of [{}, { width: 200 }]) {
    const { out } = await table([{ ...ROW, app_name: nasty }], terminal);
    expect(out).toContain('a\\e[2J\\e]0;owned\\x07b\\nc\\x9b31m\\u202etxt');
    expect(out.split('\n')).toHaveLength(3);
  }
});
