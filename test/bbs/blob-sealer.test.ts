import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { base64Length, decodeBase64, encodeBase64 } from '../../src/lib/bbs/base64.ts';
import { BlobSealer } from '../../src/lib/bbs/blob-sealer.ts';
import { openBlob, parseBlob } from '../../src/lib/bbs/blob.ts';
import { deriveKey, Keyring } from '../../src/lib/bbs/keyring.ts';

const label = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  .filter((text) => Buffer.byteLength(text) <= 127);
const plaintexts = fc.array(
  fc.oneof(fc.uint8Array({ maxLength: 80 }), fc.uint8Array({ minLength: 400, maxLength: 900 })),
  { minLength: 1, maxLength: 20 },
);

/** Seals all of them together and cuts the texts apart. */
function seal(sealer: BlobSealer, messages: readonly Uint8Array[]): string[] {
  const ends = Int32Array.from(messages, (_, i) =>
    messages.slice(0, i + 1).reduce((sum, { length }) => sum + length, 0),
  );
  const starts = ends.map((end, i) => end - messages[i]!.length);
  const lengths = messages.map((message) => sealer.textLength(message.length));
  const places = Int32Array.from(lengths, (_, i) => lengths.slice(0, i).reduce((sum, n) => sum + n, 0));
  const target = Buffer.alloc(lengths.reduce((sum, n) => sum + n, 0));
  const opened = { bytes: Buffer.concat(messages), starts, ends, faults: new Map() };
  sealer.seal(opened, [...messages.keys()], target, places);
  return lengths.map((length, i) => target.toString('latin1', places[i], places[i]! + length));
}

describe('sealing a batch of blobs', () => {
  it('makes blobs that OpenSSL opens, of any size, under any label and passphrase', () => {
    fc.assert(
      fc.property(label, fc.string(), plaintexts, (name, passphrase, messages) => {
        const key = deriveKey(name, passphrase);
        const opened = seal(new BlobSealer(key), messages).map((text) => openBlob(text, new Keyring([key])));
        expect(opened.map(({ plaintext }) => plaintext.toString('hex'))).toEqual(
          messages.map((message) => Buffer.from(message).toString('hex')),
        );
        expect(new Set(opened.map((blob) => blob.label))).toEqual(new Set([name]));
      }),
      { numRuns: 40 },
    );
  });

  it('never takes a nonce twice', () => {
    const sealer = new BlobSealer(deriveKey('key-2026-11', 'one'));
    const same = Array.from({ length: 200 }, () => Buffer.from('{}'));
    const nonces = [...seal(sealer, same), ...seal(sealer, same)].map((text) =>
      parseBlob(text).nonce.toString('hex'),
    );
    expect(new Set(nonces).size).toBe(400);
  });
});

describe('base64', () => {
  const bytes = fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.uint8Array({ minLength: 290, maxLength: 320 }));

  it('is what Node writes, in the room that was foretold, and is read back', () => {
    fc.assert(
      fc.property(bytes, (message) => {
        const source = Buffer.from(message);
        const text = Buffer.alloc(base64Length(source.length));
        expect(encodeBase64(source, 0, source.length, text, 0)).toBe(text.length);
        expect(text.toString('latin1')).toBe(source.toString('base64'));
        if (source.length === 0) return;
        const back = Buffer.alloc(source.length);
        expect(decodeBase64(text, 0, text.length, back, 0)).toBe(source.length);
        expect(back.equals(source)).toBe(true);
      }),
    );
  });
});
