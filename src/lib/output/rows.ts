/**
 * Rows as a command has them: a list, or a stream of rows or of batches of rows. Batches are much faster for long lists:
 * a row costs no turn through an async iterator.
 */
export type Rows<Row> = Iterable<Row> | AsyncIterable<Row | readonly Row[]>;

/** Rows of any shape as batches. Ending the result early ends the source, so that a database cursor gets closed. */
export async function* inBatches<Row>(rows: Rows<Row>): AsyncGenerator<readonly Row[], void, undefined> {
  if (Array.isArray(rows)) {
    yield rows as Row[];
  } else if (Symbol.asyncIterator in rows) {
    for await (const item of rows) yield Array.isArray(item) ? (item as readonly Row[]) : [item as Row];
  } else {
    let batch: Row[] = [];
    for (const row of rows) {
      batch.push(row);
      if (batch.length === 256) {
        yield batch;
        batch = [];
      }
    }
    if (batch.length > 0) yield batch;
  }
}

/** Those that every predicate takes, up to `limit`; then the source is ended. */
export async function* selected<Row>(
  batches: AsyncIterable<readonly Row[]>,
  predicates: readonly ((row: Row) => boolean)[],
  limit = Infinity,
): AsyncGenerator<readonly Row[], void, undefined> {
  let left = limit;
  if (left <= 0) return;
  for await (const batch of batches) {
    let kept = batch;
    if (predicates.length > 0) kept = batch.filter((row) => predicates.every((accepts) => accepts(row)));
    if (kept.length > left) kept = kept.slice(0, left);
    left -= kept.length;
    if (kept.length > 0) yield kept;
    if (left === 0) return;
  }
}
