import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { barChart, barText } from '../../src/lib/output/chart.ts';
import { displayWidth } from '../../src/lib/output/width.ts';
import { fakeTerminal } from '../support/terminal.ts';

describe('barText', () => {
  it.each([
    [{ used: 0, total: 100 }, '..........'],
    [{ used: 1, total: 100 }, '#.........'],
    [{ used: 50, total: 100 }, '#####.....'],
    [{ used: 99.9, total: 100 }, '#########.'],
    [{ used: 100, total: 100 }, '##########'],
    [{ used: 101, total: 100 }, '#########>'],
    [{ used: 30, added: 40, total: 100 }, '###++++...'],
    [{ used: 70, added: 1, total: 100 }, '######+...'],
    [{ used: 60, added: 60, total: 100 }, '######+++>'],
    [{ used: 5, total: 0 }, '.........>'],
    [{ used: 0, total: 0 }, '..........'],
  ])('%j', (bar, text) => {
    expect(barText(bar, 10, false)).toBe(text);
  });

  it('is always as long as asked for', () => {
    const amount = fc.double({ min: 0, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(amount, amount, amount, fc.integer({ min: 1, max: 80 }), (used, added, total, width) => {
        expect(barText({ used, added, total }, width, true)).toHaveLength(width);
      }),
    );
  });
});

describe('barChart', () => {
  const bars = [
    { label: 'z1', used: 403, total: 640, note: '403 GiB of 640 GiB' },
    {
      label: 'z2 (survives)',
      used: 300,
      added: 330,
      total: 640,
      level: 'warn' as const,
      note: '630 GiB of 640 GiB',
    },
  ];

  it('aligns labels, bars and percentages and fits the width', () => {
    expect(barChart(bars, fakeTerminal({ width: 60, unicode: false }))).toBe(
      'z1             #############.......  63%  403 GiB of 640 GiB\n' +
        'z2 (survives)  #########++++++++++.  98%  630 GiB of 640 GiB\n',
    );
  });

  it('fits a terminal of any usual width', () => {
    for (const width of [50, 80, 120, 300]) {
      for (const line of barChart(bars, fakeTerminal({ width })).trimEnd().split('\n')) {
        expect(displayWidth(line)).toBeLessThanOrEqual(width);
      }
    }
  });
});
