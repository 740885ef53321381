/** The OID of PostgreSQL's type text. */
const TEXT_OID = 25;
const HEADER_BYTES = 20;

/**
 * A text[] in PostgreSQL's binary format (array_recv), with room for elements of these lengths, in bytes; `null` is NULL. The server
 * copies it, where it would have to scan every character of a textual one.
 * @returns the array, and where in it the text of each element that is not NULL has to be written
 */
export function layOutTextArray(lengths: readonly (number | null)[]): { array: Buffer; places: Int32Array } {
  const texts = lengths.filter((length) => length !== null);
  const size = texts.reduce((sum, length) => sum + length, HEADER_BYTES + 4 * lengths.length);
  // An allocation of its own, not a part of Node's pool: it is handed from thread to thread without a copy.
  const array = Buffer.allocUnsafeSlow(size);
  array.writeInt32BE(1, 0); // dimensions
  array.writeInt32BE(texts.length < lengths.length ? 1 : 0, 4); // may hold NULLs
  array.writeInt32BE(TEXT_OID, 8);
  array.writeInt32BE(lengths.length, 12);
  array.writeInt32BE(1, 16); // the first index
  const places = new Int32Array(texts.length);
  let offset = HEADER_BYTES;
  let text = 0;
  for (const length of lengths) {
    offset = array.writeInt32BE(length ?? -1, offset);
    if (length === null) continue;
    places[text++] = offset;
    offset += length;
  }
  return { array, places };
}
