import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { safeJson } from '../../src/lib/output/formats.ts';
import { closest, editDistance } from '../../src/lib/output/suggest.ts';
import { block, oneLine, plainText } from '../../src/lib/output/text.ts';
import { displayWidth, pad, truncate } from '../../src/lib/output/width.ts';

const anyText = fc.string({ unit: 'binary' });

describe('outside text', () => {
  it('holds no control character afterwards', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(oneLine(text)).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
        expect(block(text).replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
      }),
    );
  });

  it('keeps what is harmless', () => {
    expect(oneLine('Größe 語 (100 %)')).toBe('Größe 語 (100 %)');
    expect(block('a\r\n\tb')).toBe('a\n  b');
  });

  it('shows values of every kind', () => {
    expect([null, '', [], 0, false, ['a', 1], { a: 1 }].map(plainText)).toEqual([
      '-',
      '-',
      '-',
      '0',
      'false',
      'a,1',
      '{"a":1}',
    ]);
  });

  it('makes JSON safe without changing it', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const json = safeJson(JSON.stringify({ text }));
        expect(json).not.toMatch(/\p{Cc}/u);
        expect(JSON.parse(json)).toEqual({ text });
      }),
    );
  });
});

describe('width', () => {
  it('cuts to the width', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 20 }), (text, width) => {
        expect(displayWidth(truncate(oneLine(text), width, '…'))).toBeLessThanOrEqual(width);
      }),
    );
    expect(truncate('abcdef', 4, '…')).toBe('abc…');
    expect(truncate('語語語', 5, '…')).toBe('語語…');
    expect(truncate('abc', 3, '…')).toBe('abc');
  });

  it('pads by what is seen', () => {
    expect(pad('語', 4)).toBe('語  ');
    expect(pad('\u001b[31mab\u001b[39m', 4, 'right')).toBe('  \u001b[31mab\u001b[39m');
  });
});

describe('suggestions', () => {
  it.each([
    ['kitten', 'sitting', 3],
    ['', 'abc', 3],
    ['abcd', 'abdc', 1],
    ['same', 'same', 0],
  ])('distance of %s and %s', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
    expect(editDistance(b, a)).toBe(distance);
  });

  it.each([
    ['zoen', 'zone'],
    ['memory', 'memory_pct'],
    ['pct', 'memory_pct'],
    ['Zone', 'zone'],
    ['x', undefined],
    ['quite different', undefined],
  ])('for %s: %s', (word, suggestion) => {
    expect(closest(word, ['cell_id', 'zone', 'memory_pct'])).toBe(suggestion);
  });
});
