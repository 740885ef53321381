import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as units from '../../src/lib/output/units.ts';

describe('counts and sizes', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [1000, '1,000'],
    [54321987, '54,321,987'],
    [-1234, '-1,234'],
  ])('count %d', (value, text) => {
    expect(units.formatCount(value)).toBe(text);
  });

  it('knows one from many', () => {
    expect([0, 1, 2000].map((count) => units.plural(count, 'cell'))).toEqual([
      '0 cells',
      '1 cell',
      '2,000 cells',
    ]);
    expect(units.plural(2, 'proxy', 'proxies')).toBe('2 proxies');
  });

  it.each([
    [0, '0 MiB'],
    [512, '512 MiB'],
    [1023, '1023 MiB'],
    [1024, '1 GiB'],
    [1536, '1.5 GiB'],
    [1024 * 1024 - 1, '1 TiB'],
    [131072, '128 GiB'],
  ])('MiB %d', (value, text) => {
    expect(units.formatMib(value)).toBe(text);
  });

  it.each([
    [0, '0 B'],
    [1536, '1.5 KiB'],
    [278 * 1024 * 1024, '278 MiB'],
  ])('bytes %d', (value, text) => {
    expect(units.formatBytes(value)).toBe(text);
  });

  it.each([
    [0, '0%'],
    [0.001, '1%'],
    [0.374, '37%'],
    [0.999, '99%'],
    [1, '100%'],
    [1.2, '120%'],
  ])('share %d', (value, text) => {
    expect(units.formatPercent(value)).toBe(text);
  });
});

describe('durations', () => {
  const s = 1000;
  const m = 60 * s;
  const h = 60 * m;
  const d = 24 * h;

  it.each([
    [0, '0ms'],
    [850, '850ms'],
    [999.9, '1.0s'],
    [4200, '4.2s'],
    [9960, '10s'],
    [59.6 * s, '1m'],
    [200 * s, '3m 20s'],
    [h, '1h'],
    [5 * h + 3 * m + 59 * s, '5h 3m'],
    [12 * d + 4 * h, '12d 4h'],
    [-90 * s, '-1m 30s'],
  ])('%d ms', (value, text) => {
    expect(units.formatDuration(value)).toBe(text);
  });

  it.each([
    [0, '0s'],
    [999, '0s'],
    [4200, '4s'],
    [200 * s, '3m'],
    [30 * h, '1d'],
  ])('age of %d ms', (value, text) => {
    expect(units.formatAge(value)).toBe(text);
  });

  it('is relative to now', () => {
    const now = Date.parse('2026-10-12T02:00:00Z');
    expect(units.formatRelative(now - 200 * s, now)).toBe('3m 20s ago');
    expect(units.formatRelative(now + 2 * h, now)).toBe('in 2h');
    expect(units.formatRelative(now, now)).toBe('now');
    expect(units.formatSince('2026-10-11T02:00:00.123456789Z', now)).toBe('23h');
    expect(units.formatSince(null, now)).toBe('-');
  });

  it.each([
    ['90', 90 * s],
    ['90s', 90 * s],
    ['1h30m', 90 * m],
    ['2d', 2 * d],
    ['500ms', 500],
    ['0.5h', 30 * m],
    ['', undefined],
    ['1x', undefined],
    ['-5s', undefined],
    ['5 s', undefined],
  ])('reads %j', (text, value) => {
    expect(units.parseDuration(text)).toBe(value);
  });

  it('reads back what it wrote, to within the unit it shows', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 400 * d }), (value) => {
        const read = units.parseDuration(units.formatDuration(value).replaceAll(' ', ''))!;
        const unit = value >= d ? h : value >= h ? m : s;
        expect(Math.abs(read - value)).toBeLessThanOrEqual(unit);
      }),
    );
  });
});
