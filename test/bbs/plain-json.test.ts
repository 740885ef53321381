import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPlainJson } from '../../src/lib/bbs/plain-json.ts';

const plain = (text: string) => {
  const bytes = Buffer.from(text);
  return isPlainJson(bytes, 0, bytes.length);
};

describe('what can be written as it is', () => {
  it('is nothing that is not JSON, compact and printable ASCII', () => {
    // Texts that are nearly JSON: one character of a JSON text replaced, left out or doubled.
    const near = fc
      .tuple(fc.json({ maxDepth: 3 }), fc.nat(), fc.constantFrom('', '"', ',', ':', '}', ']', '{', '0', '\\'))
      .map(([text, place, put]) => {
        const at = place % (text.length + 1);
        return text.slice(0, at) + put + text.slice(at + 1);
      });
    fc.assert(
      fc.property(fc.oneof(fc.json({ maxDepth: 4 }), near, fc.string()), (text) => {
        if (!plain(text)) return;
        expect(JSON.stringify(JSON.parse(text))).toBe(text);
        expect(text).toMatch(/^[\u0020-\u007e]*$/u);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    '{}',
    '[]',
    '{"app_name":"web","instance_id":"0"}',
    '[{"hostname":"a.apps.internal"}]',
    '[[1,20],{"a":[]}]',
  ])('is %s', (text) => {
    expect(plain(text)).toBe(true);
  });

  it.each(['', '{', '{"a":}', '{"a":1,}', '[1,]', '01', '"a\\n"', '{"a" :1}', '[1]]', '['.repeat(500)])(
    'is not %s',
    (text) => {
      expect(plain(text)).toBe(false);
    },
  );
});
