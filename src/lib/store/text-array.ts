/** The OID of PostgreSQL's type text. */
const TEXT_OID = 25;
const HEADER_BYTES = 20;

/**
 * A text[] in PostgreSQL's binary format (array_recv): the server copies it, where it would have to scan every character of a textual
 * one. The elements must be ASCII, as blobs are.
 */
export function textArray(elements: readonly (string | null)[]): Buffer {
  const size = elements.reduce((sum, element) => sum + 4 + (element?.length ?? 0), HEADER_BYTES);
  // An allocation of its own, not a part of Node's pool: it is handed from thread to thread without a copy.
  const buffer = Buffer.allocUnsafeSlow(size);
  buffer.writeInt32BE(1, 0); // dimensions
  buffer.writeInt32BE(elements.includes(null) ? 1 : 0, 4); // may hold NULLs
  buffer.writeInt32BE(TEXT_OID, 8);
  buffer.writeInt32BE(elements.length, 12);
  buffer.writeInt32BE(1, 16); // the first index
  let offset = HEADER_BYTES;
  for (const element of elements) {
    offset = buffer.writeInt32BE(element === null ? -1 : element.length, offset);
    if (element !== null) offset += buffer.write(element, offset, 'latin1');
  }
  return buffer;
}
