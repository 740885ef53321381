/**
 * The envelope around a protobuf message (bbs/format/envelope.go): one byte for the encoding, one for the version of the model.
 * 2 is protobuf; the version is 0, or an old one that the BBS reads all the same.
 */
export const PROTOBUF_ENVELOPE = 2;
export const ENVELOPE_BYTES = 2;

/** A decrypted column is not what its name promises. The message never quotes the plaintext. */
export class PayloadError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'PayloadError';
  }
}

/** @throws {PayloadError} */
export function decodeJson(plaintext: Uint8Array, shape: 'object' | 'array'): unknown {
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(plaintext));
  } catch {
    // The parser's own message quotes the text, which is a secret.
    throw new PayloadError('it is not JSON');
  }
  const actual = Array.isArray(value) ? 'array' : typeof value;
  // The BBS writes `null` for an empty list or map.
  if (value !== null && actual !== shape)
    throw new PayloadError(`it is JSON, but ${actual} and not ${shape}`);
  return value;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });
