import { createCipheriv, randomBytes, randomFillSync } from 'node:crypto';
import { base64Length, encodeBase64 } from './base64.ts';
import { ENCODING_PREFIX, NONCE_BYTES, openBlob, TAG_BYTES } from './blob.ts';
import type { OpenedBlobs } from './blob-batch.ts';
import { GcmBatch, LARGEST_TOGETHER } from './gcm-batch.ts';
import { Keyring, type Key } from './keyring.ts';

/**
 * Seals plaintexts by the hundred, as `sealBlob` does one. Small ones are sealed together (`gcm-batch.ts`), which is trusted only after
 * OpenSSL has opened a blob of every size that is sealed in this way, under this very key.
 */
export class BlobSealer {
  readonly #key: Key;
  readonly #batch: GcmBatch;
  readonly #header: Buffer;
  #arena = Buffer.allocUnsafeSlow(0);

  /** @throws {Error} when OpenSSL does not open what was sealed; then this machine cannot be trusted with a rotation */
  constructor(key: Key) {
    this.#key = key;
    this.#batch = new GcmBatch(key);
    const label = Buffer.from(key.label, 'utf8');
    this.#header = Buffer.concat([Uint8Array.of(label.length), label]);
    this.#assertAgreesWithOpenSsl();
  }

  /** How long the text of a blob is that holds so many bytes. */
  textLength(plaintextBytes: number): number {
    return (
      ENCODING_PREFIX.length + base64Length(this.#header.length + NONCE_BYTES + plaintextBytes + TAG_BYTES)
    );
  }

  /**
   * Seals some of the plaintexts, each with a fresh random nonce, and writes their texts into `target`.
   * @param members which ones
   * @param places where in `target` the text of each of them goes, in their order; {@link textLength} characters
   */
  seal(plaintexts: OpenedBlobs, members: readonly number[], target: Buffer, places: Int32Array): void {
    const { bytes, starts: from, ends: to } = plaintexts;
    const head = this.#header.length + NONCE_BYTES;
    const starts = new Int32Array(members.length);
    const ends = new Int32Array(members.length);
    let used = 0;
    for (const [index, member] of members.entries()) {
      starts[index] = used + head;
      ends[index] = starts[index] + to[member]! - from[member]!;
      used = ends[index] + TAG_BYTES;
    }
    if (this.#arena.length < used) this.#arena = Buffer.allocUnsafeSlow(used * 2);
    const arena = this.#arena;
    // Nonces are drawn in one call: a call for each costs as much as the sealing.
    const nonces = randomBytes(NONCE_BYTES * members.length);
    const together: number[] = [];
    for (const [index, member] of members.entries()) {
      const start = starts[index]!;
      arena.set(this.#header, start - head);
      for (let byte = 0; byte < NONCE_BYTES; byte++)
        arena[start - NONCE_BYTES + byte] = nonces[index * NONCE_BYTES + byte]!;
      bytes.copy(arena, start, from[member], to[member]);
      if (ends[index]! - start <= LARGEST_TOGETHER) together.push(index);
      else this.#sealAlone(start, ends[index]!);
    }
    this.#batch.seal(arena, together, starts, ends);
    for (const index of members.keys()) {
      const place = places[index]!;
      const text = place + target.write(ENCODING_PREFIX, place, 'latin1');
      encodeBase64(arena, starts[index]! - head, ends[index]! + TAG_BYTES, target, text);
    }
  }

  /** A large one, in its place in the arena. */
  #sealAlone(start: number, end: number): void {
    const arena = this.#arena;
    const cipher = createCipheriv(
      'aes-256-gcm',
      this.#key.secret,
      arena.subarray(start - NONCE_BYTES, start),
      {
        authTagLength: TAG_BYTES,
      },
    );
    cipher.update(arena.subarray(start, end)).copy(arena, start);
    cipher.final();
    cipher.getAuthTag().copy(arena, end);
  }

  #assertAgreesWithOpenSsl(): void {
    const sizes = Array.from({ length: LARGEST_TOGETHER + 1 }, (_, size) => size);
    const starts = Int32Array.from(sizes, (size) => (size * (size - 1)) / 2);
    const ends = Int32Array.from(sizes, (size) => (size * (size + 1)) / 2);
    const bytes = randomFillSync(Buffer.allocUnsafe(ends.at(-1)!));
    const places = new Int32Array(sizes.length);
    let length = 0;
    for (const size of sizes) {
      places[size] = length;
      length += this.textLength(size);
    }
    const target = Buffer.allocUnsafe(length);
    this.seal({ bytes, starts, ends, faults: new Map() }, sizes, target, places);
    const keyring = new Keyring([this.#key]);
    for (const size of sizes) {
      const text = target.toString('latin1', places[size], places[size]! + this.textLength(size));
      const { plaintext } = openBlob(text, keyring);
      if (plaintext.compare(bytes, starts[size], ends[size]) !== 0)
        throw new Error('OpenSSL does not open what was sealed.');
    }
  }
}
