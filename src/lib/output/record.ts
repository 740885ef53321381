import { UsageError } from '../errors.ts';
import { didYouMean } from './suggest.ts';

/** How much attention a value needs. Colour only repeats what the text says already. */
export type Level = 'good' | 'warn' | 'bad';

/** One field of a record: a JSON field, a csv column and, unless it is `hidden`, a column of the table. */
export interface Column<Row> {
  /** snake_case: the JSON field, the csv header and the name in --columns, --sort and --filter. */
  readonly name: Extract<keyof Row, string>;
  /** What it means and its unit, for the documentation. */
  readonly description: string;
  /** Column heading; the name in capitals without it. Without spaces, so that piped tables can be cut by `awk`. */
  readonly heading?: string;
  readonly align?: 'left' | 'right';
  /** The value as a table shows it. Without it: numbers and text as they are, lists joined by commas, nothing as `-`. */
  text?(row: Row): string;
  /** Colours the value on a terminal. */
  level?(row: Row): Level | undefined;
  /** `wide`: only in `-o wide`; `hidden`: only with --columns (and always in json, yaml, ndjson and csv). */
  readonly show?: 'always' | 'wide' | 'hidden';
  /** A text that says little when it is cut shorter than this; rather than that, columns to its right are left out. */
  readonly atLeast?: number;
  /** `guid`: may be cut to its first characters on a terminal that is too narrow; they stay distinct and usable as a prefix. */
  readonly shorten?: 'guid';
}

/**
 * What a command lists: its fields, and which of them identifies a row. Rows are plain objects with the fields' names;
 * json is the row as it is, so every documented field must be there (`null` where nothing is known).
 */
export interface RecordType<Row> {
  /** Singular and plural, for sentences: `cell`, `cells`. */
  readonly name: string;
  readonly plural: string;
  /** In the order of the table and of csv. */
  readonly columns: readonly Column<Row>[];
  /** What `--quiet` prints: a field, or text made from the row. */
  readonly id: Extract<keyof Row, string> | ((row: Row) => string);
  /** A faster or different way to write a row as JSON than `JSON.stringify`; only used when all fields are asked for. */
  json?(row: Row): string;
}

/** Makes a {@link RecordType} with the row type inferred or given: `defineRecord<CellRow>({…})`. */
export function defineRecord<Row>(type: RecordType<Row>): RecordType<Row> {
  return type;
}

/** Finds a column by name. An unknown one is a {@link UsageError} that names the valid ones. */
export function columnOf<Row>(type: RecordType<Row>, name: string, flag: string): Column<Row> {
  const column = type.columns.find((candidate) => candidate.name === name);
  if (column !== undefined) return column;
  const names = type.columns.map((candidate) => candidate.name);
  throw new UsageError(`${flag}: ${type.plural} have no column "${name}".${didYouMean(name, names)}`, {
    next: `Columns: ${names.join(', ')}.`,
  });
}

export function idOf<Row>(type: RecordType<Row>, row: Row): string {
  return typeof type.id === 'function' ? type.id(row) : String(row[type.id]);
}
