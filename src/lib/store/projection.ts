/** A column that a statement would like to read, and what stands in for it in a store whose release has not got it. */
export interface WantedColumn {
  readonly name: string;
  /** An SQL expression for older stores. */
  readonly absent: string;
}

export interface Projection {
  /** The select list, in the order asked for. */
  readonly sql: string;
  /** Those of the wanted columns that the store has not got. */
  readonly missing: readonly string[];
}

/**
 * A select list that fits the store's schema: releases differ, and a column that is absent is a gap in the answer, not an error.
 * @param present the table's columns, from the catalogue
 * @param alias how the statement calls the table
 */
export function project(
  present: ReadonlySet<string>,
  wanted: readonly WantedColumn[],
  alias: string,
): Projection {
  return {
    sql: wanted
      .map(({ name, absent }) => (present.has(name) ? `${alias}.${name}` : `${absent} AS ${name}`))
      .join(', '),
    missing: wanted.filter(({ name }) => !present.has(name)).map(({ name }) => name),
  };
}
