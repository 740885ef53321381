import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Key, Keyring } from './keyring.ts';

/**
 * An encrypted column's text, from the outside in (bbs/format/encoding.go, bbs/encryption/crypt.go):
 * `02`, then standard base64 of: 1 byte length of the label, the label, 12 bytes nonce, AES-256-GCM ciphertext, 16 bytes tag.
 */
export const ENCODING_PREFIX = '02';
export const NONCE_BYTES = 12;
export const TAG_BYTES = 16;

const CIPHER = 'aes-256-gcm';

/**
 * `malformed`: not a blob at all. `no-key`: its label is not among the keys. `not-authentic`: the key that its label names does
 * not open it: it is damaged, or the passphrase is not the one that it was sealed with.
 */
export type BlobFault = 'malformed' | 'no-key' | 'not-authentic';

export class BlobError extends Error {
  readonly fault: BlobFault;
  /** The label in front of the blob, where it could be read. */
  readonly label: string | undefined;

  constructor(fault: BlobFault, message: string, label?: string) {
    super(message);
    this.name = 'BlobError';
    this.fault = fault;
    this.label = label;
  }
}

/** A blob taken apart. Nothing of it is decrypted. */
export interface ParsedBlob {
  label: string;
  nonce: Buffer;
  /** Ciphertext and tag. */
  sealed: Buffer;
}

/** @throws {BlobError} `malformed` */
export function parseBlob(text: string): ParsedBlob {
  if (!text.startsWith(ENCODING_PREFIX)) {
    throw new BlobError('malformed', `it does not begin with the encoding ${ENCODING_PREFIX}`);
  }
  const bytes = decodeBase64(text.slice(ENCODING_PREFIX.length));
  const labelLength = bytes[0] ?? 0;
  if (labelLength === 0) throw new BlobError('malformed', 'it has no key label');
  if (bytes.length < 1 + labelLength + NONCE_BYTES + TAG_BYTES) {
    throw new BlobError('malformed', 'it is too short');
  }
  const nonceAt = 1 + labelLength;
  return {
    label: bytes.toString('utf8', 1, nonceAt),
    nonce: bytes.subarray(nonceAt, nonceAt + NONCE_BYTES),
    sealed: bytes.subarray(nonceAt + NONCE_BYTES),
  };
}

/**
 * Standard, padded base64, as Go's base64.StdEncoding takes it. Buffer.from skips what it does not know, so a length that is too short
 * tells that something was skipped; and it takes the URL-safe alphabet too, which Go does not.
 */
function decodeBase64(text: string): Buffer {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length !== (text.length / 4) * 3 - padding || text.includes('-') || text.includes('_')) {
    throw new BlobError('malformed', 'it is not base64');
  }
  return bytes;
}

/**
 * Decrypts and authenticates a blob under the key that its own label names.
 * @throws {BlobError}
 */
export function openBlob(text: string, keyring: Keyring): { label: string; plaintext: Buffer } {
  const blob = parseBlob(text);
  const key = keyring.get(blob.label);
  if (key === undefined) {
    throw new BlobError('no-key', `there is no key with the label ${JSON.stringify(blob.label)}`, blob.label);
  }
  return { label: blob.label, plaintext: decrypt(key, blob) };
}

/** Seals a plaintext under a key. The nonce must be fresh and random: 12 bytes, never used before with this key. */
export function sealBlob(
  plaintext: Uint8Array,
  key: Key,
  nonce: Uint8Array = randomBytes(NONCE_BYTES),
): string {
  const cipher = createCipheriv(CIPHER, key.secret, nonce, { authTagLength: TAG_BYTES });
  const label = Buffer.byteLength(key.label, 'utf8');
  const ciphertext = cipher.update(plaintext);
  cipher.final();
  const blob = Buffer.allocUnsafe(1 + label + NONCE_BYTES + ciphertext.length + TAG_BYTES);
  blob[0] = label;
  blob.write(key.label, 1, 'utf8');
  blob.set(nonce, 1 + label);
  blob.set(ciphertext, 1 + label + NONCE_BYTES);
  blob.set(cipher.getAuthTag(), blob.length - TAG_BYTES);
  return ENCODING_PREFIX + blob.toString('base64');
}

function decrypt(key: Key, blob: ParsedBlob): Buffer {
  const tagAt = blob.sealed.length - TAG_BYTES;
  const decipher = createDecipheriv(CIPHER, key.secret, blob.nonce, { authTagLength: TAG_BYTES });
  decipher.setAuthTag(blob.sealed.subarray(tagAt));
  const plaintext = decipher.update(blob.sealed.subarray(0, tagAt));
  try {
    decipher.final();
  } catch {
    throw new BlobError(
      'not-authentic',
      `the key ${JSON.stringify(blob.label)} does not open it: it is damaged, or the passphrase is another one`,
      blob.label,
    );
  }
  return plaintext;
}

/**
 * How the text of every blob under a label begins: blobs under the label, and no others, begin with one of these. All have the
 * same length. So PostgreSQL can tell the rows under a label by comparing a few characters, without decoding anything.
 */
export function textPrefixes(label: string): { length: number; prefixes: string[] } {
  const bytes = Buffer.from(label, 'utf8');
  const header = Buffer.concat([Uint8Array.of(bytes.length), bytes]);
  const rest = header.length % 3;
  const whole = header.subarray(0, header.length - rest).toString('base64');
  // The last one or two bytes of the header share a group of four characters with the (random) nonce: try all of its first bits.
  const groups = new Set<string>();
  for (let bits = 0; rest > 0 && bits < 256; bits++) {
    const group = Buffer.concat([header.subarray(header.length - rest), Uint8Array.of(bits)]);
    groups.add(group.toString('base64').slice(0, rest + 1));
  }
  const prefixes =
    rest === 0 ? [ENCODING_PREFIX + whole] : Array.from(groups, (end) => ENCODING_PREFIX + whole + end);
  return { length: prefixes[0]!.length, prefixes };
}
