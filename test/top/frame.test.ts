import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cellRow, zoneRows } from '../../src/lib/foundation/cell-rows.ts';
import { cellsOf } from '../../src/lib/foundation/cells.ts';
import { displayWidth } from '../../src/lib/output/width.ts';
import { clampScroll, crashKey, topFrame, type FrameOptions, type TopView } from '../../src/lib/top/frame.ts';
import type { TopCrash, TopModel } from '../../src/lib/top/read.ts';
import { keysOf } from '../../src/lib/top/screen.ts';

const NOW = Date.parse('2026-11-22T18:00:00Z');

function cells(count: number) {
  return cellsOf(
    Array.from({ length: count }, (_, i) => ({
      cell_id: `cell-${String(i).padStart(4, '0')}`,
      rep_address: '',
      rep_url: '',
      zone: `z${(i % 3) + 1}`,
      capacity: { memory_mb: 1000, disk_mb: 1000, containers: 100 },
      rootfs_providers: [],
      placement_tags: [],
      optional_placement_tags: [],
    })),
    Array.from({ length: count }, (_, i) => ({
      cell_id: `cell-${String(i).padStart(4, '0')}`,
      state: 'RUNNING' as const,
      presence: 'ordinary' as const,
      zone: 'z1',
      count: 3,
      memory_mb: (i * 37) % 1100,
      disk_mb: 100,
      unsized: 0,
    })),
    [],
  );
}

function model(count: number, crashes: TopCrash[] = []): TopModel {
  const all = cells(count);
  return { zones: zoneRows(all), cells: all.map(cellRow), crashes, gaps: [] };
}

const crash = (index: number, reason = 'Exited with status 1'): TopCrash => ({
  process_guid: 'guid',
  app_name: 'app',
  index,
  state: 'CRASHED',
  crash_count: 4,
  crash_reason: reason,
  since: '2026-11-22T17:55:00.000000000Z',
});

const VIEW: TopView = { scroll: 0, order: 'zone' };
const options = (more: Partial<FrameOptions> = {}): FrameOptions => ({
  columns: 80,
  rows: 20,
  color: false,
  unicode: false,
  now: NOW,
  readAt: NOW - 3000,
  fresh: new Set(),
  ...more,
});

describe('a frame of top', () => {
  it('never leaves the screen', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 80 }),
        fc.integer({ min: 0, max: 40 }),
        fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 20 }),
        fc.nat(60),
        fc.boolean(),
        (columns, rows, count, reasons, scroll, unicode) => {
          const lines = topFrame(
            model(
              count,
              reasons.map((reason, i) => crash(i, reason)),
            ),
            { ...VIEW, scroll },
            options({ columns, rows, unicode }),
          );
          expect(lines.length).toBeLessThanOrEqual(rows);
          for (const line of lines) {
            expect(displayWidth(line)).toBeLessThanOrEqual(columns);
            expect(line).not.toMatch(/\p{Cc}/u);
          }
        },
      ),
    );
  });

  it('shows zones, cells and crashes with bars', () => {
    expect(topFrame(model(4, [crash(0)]), VIEW, options({ rows: 16 })).join('\n')).toMatchInlineSnapshot(`
      "cgdiego top  4 cells  12 running  read 3s ago
      ZONE  MEMORY                   DISK                   
      z1    #.................   6%  ##................  10%  2 cells, 6 LRPs, 0 tasks
      z2    #.................   4%  ##................  10%  1 cell, 3 LRPs, 0 tasks
      z3    #.................   7%  ##................  10%  1 cell, 3 LRPs, 0 tasks

      CELL         MEMORY                      DISK                      
      z1 cell-000  .....................   0%  ##...................  10%  3/100
      z1 cell-000  ##...................  11%  ##...................  10%  3/100
      z2 cell-000  #....................   4%  ##...................  10%  3/100
      z3 cell-000  ##...................   7%  ##...................  10%  3/100

      CRASHES, the latest first (* since top began)
          5m  app/0                     4x CRASHED  Exited with status 1

      q quit   up/down scroll   z/m/d order by zone, memory, disk"
    `);
  });

  it('marks the crashes that happened meanwhile', () => {
    const lines = topFrame(
      model(1, [crash(0), crash(1)]),
      VIEW,
      options({ fresh: new Set([crashKey(crash(1))]) }),
    );
    expect(lines.filter((line) => line.includes('app/')).map((line) => line.slice(0, 2))).toEqual([
      '  ',
      '* ',
    ]);
  });

  it('orders by memory, scrolls, and says what could not be read', () => {
    const first = (view: TopView) =>
      topFrame(model(30), view, options()).find((line) => line.includes('cell-'))!;
    expect(first({ scroll: 0, order: 'memory' })).toMatch(/^z\d cell-00/u);
    expect(first({ scroll: 0, order: 'memory' })).toContain('107%');
    expect(first({ scroll: 5, order: 'zone' })).not.toBe(first(VIEW));
    expect(topFrame(model(1), VIEW, options({ failure: 'connection lost' }))[0]).toContain(
      'FAILED: connection lost',
    );
    expect(clampScroll(99, 10)).toBe(9);
    expect(clampScroll(-1, 10)).toBe(0);
  });
});

describe('keys', () => {
  it.each([
    ['q', ['quit']],
    ['\u0003', ['interrupt']],
    ['\u001b[A\u001b[B', ['up', 'down']],
    ['jjk', ['down', 'down', 'up']],
    ['\u001b[5~m\u001b[6~', ['page-up', 'memory', 'page-down']],
    ['x\u001b[15~\u001b', []],
  ])('%j', (input, keys) => {
    expect(keysOf(input)).toEqual(keys);
  });
});
