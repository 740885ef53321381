/** How many ids are kept for the shell's completion at most. More than this no one completes by hand. */
const MOST = 10_000;

/** The same batches; `note` sees the first rows that pass. Memory stays bounded however long the list is. */
export async function* seen<Row>(
  batches: AsyncIterable<readonly Row[]>,
  note: (row: Row) => void,
): AsyncGenerator<readonly Row[], void, undefined> {
  let count = 0;
  for await (const batch of batches) {
    if (count < MOST) {
      for (const row of batch) note(row);
      count += batch.length;
    }
    yield batch;
  }
}

/** The same batches with each row changed. */
export async function* mapped<Row, Result>(
  batches: AsyncIterable<readonly Row[]>,
  map: (row: Row) => Result,
): AsyncGenerator<Result[], void, undefined> {
  for await (const batch of batches) yield batch.map(map);
}
