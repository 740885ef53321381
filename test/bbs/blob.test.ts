import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BlobError, openBlob, parseBlob, sealBlob, textPrefixes } from '../../src/lib/bbs/blob.ts';
import { assertLabel, deriveKey, Keyring, labelProblem, MAX_LABEL_BYTES } from '../../src/lib/bbs/keyring.ts';

const label = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 40 })
  .filter((text) => Buffer.byteLength(text) <= MAX_LABEL_BYTES && Buffer.from(text).toString() === text);
const passphrase = fc.string({ unit: 'binary', maxLength: 60 });
const plaintext = fc.uint8Array({ maxLength: 300 });

describe('a sealed blob', () => {
  test('opens to what was sealed, under any label and passphrase', () => {
    fc.assert(
      fc.property(label, passphrase, plaintext, (name, secret, bytes) => {
        const key = deriveKey(name, secret);
        const opened = openBlob(sealBlob(bytes, key), new Keyring([key]));
        expect(opened.label).toBe(name);
        expect([...opened.plaintext]).toEqual([...bytes]);
      }),
    );
  });

  test('has the layout of the BBS: 02, base64 of length, label, nonce, ciphertext and tag', () => {
    fc.assert(
      fc.property(label, plaintext, (name, bytes) => {
        const text = sealBlob(bytes, deriveKey(name, 'x'));
        expect(text.startsWith('02')).toBe(true);
        const raw = Buffer.from(text.slice(2), 'base64');
        expect(raw.toString('base64')).toBe(text.slice(2));
        expect(raw[0]).toBe(Buffer.byteLength(name));
        expect(raw.subarray(1, 1 + raw[0]!).toString()).toBe(name);
        expect(raw.length).toBe(1 + raw[0]! + 12 + bytes.length + 16);
      }),
    );
  });

  test('never has the same nonce twice', () => {
    const key = deriveKey('k', 'x');
    const nonces = Array.from({ length: 1000 }, () =>
      parseBlob(sealBlob(Buffer.from('{}'), key)).nonce.toString('hex'),
    );
    expect(new Set(nonces).size).toBe(1000);
  });

  test('is refused with any byte of it changed', () => {
    fc.assert(
      fc.property(
        label,
        plaintext,
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (name, bytes, where, flip) => {
          const key = deriveKey(name, 'x');
          const raw = Buffer.from(sealBlob(bytes, key).slice(2), 'base64');
          raw[where % raw.length]! ^= flip;
          expect(() => openBlob(`02${raw.toString('base64')}`, new Keyring([key]))).toThrow(BlobError);
        },
      ),
    );
  });

  test('is refused cut off anywhere, and with any text in place of it', () => {
    const key = deriveKey('key-1', 'x');
    const keyring = new Keyring([key]);
    const text = sealBlob(Buffer.from('{"a":1}'), key);
    for (let length = 0; length < text.length; length++) {
      expect(() => openBlob(text.slice(0, length), keyring)).toThrow(BlobError);
    }
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (other) => {
        expect(() => openBlob(other, keyring)).toThrow(BlobError);
        expect(() => openBlob(`02${other}`, keyring)).toThrow(BlobError);
      }),
    );
  });

  test('says which fault it has', () => {
    const key = deriveKey('key-1', 'x');
    const text = sealBlob(Buffer.from('{}'), key);
    const faultOf = (blob: string, keyring: Keyring) => {
      try {
        openBlob(blob, keyring);
        return 'none';
      } catch (error) {
        return (error as BlobError).fault;
      }
    };
    expect(faultOf(text, new Keyring([deriveKey('key-1', 'y')]))).toBe('not-authentic');
    expect(faultOf(text, new Keyring([deriveKey('key-2', 'x')]))).toBe('no-key');
    expect(faultOf(`01${text.slice(2)}`, new Keyring([key]))).toBe('malformed');
    expect(faultOf(text.replaceAll('=', '').slice(0, -1) + '-', new Keyring([key]))).toBe('malformed');
  });
});

describe('textPrefixes', () => {
  test('tell the blobs of a label from all others', () => {
    fc.assert(
      fc.property(label, label, plaintext, (mine, other, bytes) => {
        const { length, prefixes } = textPrefixes(mine);
        const head = (name: string) => sealBlob(bytes, deriveKey(name, 'x')).slice(0, length);
        expect(prefixes).toContain(head(mine));
        if (other !== mine) expect(prefixes).not.toContain(head(other));
      }),
    );
  });
});

describe('labels', () => {
  test.each([
    ['key-2026-11', undefined],
    ['ä'.repeat(63), undefined],
    ['x'.repeat(127), undefined],
    ['', /empty/],
    ['x'.repeat(128), /127 bytes/],
    ['ä'.repeat(64), /127 bytes/],
    ['a:b', /colon/],
  ])('%s', (text, problem) => {
    if (problem === undefined) expect(labelProblem(text)).toBeUndefined();
    else expect(labelProblem(text)).toMatch(problem);
  });

  test('one that is in the store already is accepted as it is', () => {
    expect(() => {
      assertLabel('a:b');
    }).toThrow(/not valid/);
    assertLabel('a:b', ['a:b']);
  });
});
