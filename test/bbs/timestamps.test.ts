import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rfc3339, unixNanos } from '../../src/lib/bbs/timestamps.ts';

describe('time stamps', () => {
  it.each([
    ['1795363519505655293', '2026-11-22T16:05:19.505655293Z'],
    ['1000000000', '1970-01-01T00:00:01.000000000Z'],
    ['1', '1970-01-01T00:00:00.000000001Z'],
    ['-1', '1969-12-31T23:59:59.999999999Z'],
  ])('%s is %s', (nanos, time) => {
    expect(rfc3339(nanos)).toBe(time);
  });

  it.each([null, undefined, '', '0', 0n])('%s is never', (nanos) => {
    expect(rfc3339(nanos)).toBeNull();
  });

  it('lose nothing on the way there and back', () => {
    const most = 2n ** 63n - 1n;
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 18n), max: most }), (nanos) => {
        fc.pre(nanos !== 0n);
        expect(unixNanos(rfc3339(nanos)!)).toBe(nanos);
      }),
    );
  });

  it('agree with Date', () => {
    fc.assert(
      fc.property(fc.date({ min: new Date(1), max: new Date('2200-01-01'), noInvalidDate: true }), (date) => {
        const time = rfc3339(BigInt(date.getTime()) * 1_000_000n)!;
        expect(time).toBe(date.toISOString().replace('Z', '000000Z'));
      }),
    );
  });
});
