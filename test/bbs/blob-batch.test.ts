import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BlobBatch } from '../../src/lib/bbs/blob-batch.ts';
import { BlobError, openBlob, sealBlob } from '../../src/lib/bbs/blob.ts';
import { deriveKey, Keyring } from '../../src/lib/bbs/keyring.ts';

const KEYS = [deriveKey('key-2026-10', 'one'), deriveKey('k', 'two')] as const;
const STRANGER = deriveKey('key-2026-09', 'three');
const KEYRING = new Keyring(KEYS);

const plaintext = fc.oneof(
  fc.uint8Array({ maxLength: 80 }),
  fc.uint8Array({ minLength: 400, maxLength: 900 }),
);

/** What `openBlob` makes of a text: the plaintext in hexadecimal, or the fault. */
function singly(text: string): string {
  try {
    return openBlob(text, KEYRING).plaintext.toString('hex');
  } catch (error) {
    return `${(error as BlobError).fault}: ${(error as BlobError).message}`;
  }
}

function together(texts: (string | null)[], batch = new BlobBatch(KEYRING)): string[] {
  const { bytes, starts, ends, faults } = batch.open(texts);
  return texts.map((_, i) => {
    const fault = faults.get(i);
    return fault === undefined
      ? bytes.toString('hex', starts[i], ends[i])
      : `${fault.fault}: ${fault.message}`;
  });
}

describe('opening a batch of blobs', () => {
  it('opens what openBlob opens, of any size and under any of the keys', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(plaintext, fc.constantFrom(...KEYS)), { maxLength: 30 }), (blobs) => {
        const texts = blobs.map(([bytes, key]) => sealBlob(bytes, key));
        expect(together(texts)).toEqual(blobs.map(([bytes]) => Buffer.from(bytes).toString('hex')));
      }),
    );
  });

  it('refuses a blob in which any bit was changed, and opens its neighbours', () => {
    fc.assert(
      fc.property(
        fc.array(plaintext, { minLength: 1, maxLength: 5 }),
        fc.nat(),
        fc.integer({ min: 0, max: 7 }),
        (plaintexts, place, bit) => {
          const texts = plaintexts.map((bytes) => sealBlob(bytes, KEYS[0]));
          const victim = place % texts.length;
          const raw = Buffer.from(texts[victim]!.slice(2), 'base64');
          // Behind the label: nonce, ciphertext and tag are all authenticated.
          const at = 12 + (place % (raw.length - 12));
          raw[at]! ^= 1 << bit;
          texts[victim] = `02${raw.toString('base64')}`;
          const opened = together(texts);
          expect(opened[victim]).toMatch(/^not-authentic: /u);
          opened.splice(victim, 1);
          plaintexts.splice(victim, 1);
          expect(opened).toEqual(plaintexts.map((bytes) => Buffer.from(bytes).toString('hex')));
        },
      ),
    );
  });

  it('reports what is not a blob, or under a strange key, with the words of openBlob', () => {
    const sound = sealBlob(Buffer.from('sound'), KEYS[0]);
    const texts = [
      'plain text',
      '02',
      '02AAAA',
      '02****',
      `02${sound.slice(2, -4)}`,
      sound.replace(/.$/u, '_'),
      `01${sound.slice(2)}`,
      sealBlob(Buffer.from('other'), STRANGER),
      sealBlob(Buffer.from('impostor'), deriveKey('key-2026-10', 'not its passphrase')),
      sound,
    ];
    expect(together(texts)).toEqual(texts.map(singly));
    expect(together(texts).at(-1)).toBe(Buffer.from('sound').toString('hex'));
  });

  it('takes columns without a value as empty', () => {
    expect(together([null, '', sealBlob(Buffer.from('x'), KEYS[0])])).toEqual(['', '', '78']);
  });

  it('can be used again, also after a batch that needed more room', () => {
    const batch = new BlobBatch(KEYRING);
    const large = Array.from({ length: 3000 }, (_, i) => Buffer.alloc(i % 400, i));
    expect(
      together(
        large.map((bytes) => sealBlob(bytes, KEYS[i(bytes)])),
        batch,
      ),
    ).toEqual(large.map((bytes) => bytes.toString('hex')));
    expect(together([sealBlob(Buffer.from('again'), KEYS[1])], batch)).toEqual([
      Buffer.from('again').toString('hex'),
    ]);
    function i(bytes: Buffer): 0 | 1 {
      return bytes.length % 2 === 0 ? 0 : 1;
    }
  });
});
