import { UsageError } from '../errors.ts';
import { csvLine, safeJson, YAML_OPTIONS, type Format } from './formats.ts';
import { columnOf, idOf, type Column, type RecordType } from './record.ts';
import { inBatches, selected, type Rows } from './rows.ts';
import { comparator, parseFilter, parseSort, sortRows, splitNames } from './select.ts';
import { ClosedPipeError, Sink } from './sink.ts';
import type { Terminal } from './terminal.ts';
import { oneLine } from './text.ts';

/** What the list flags said, as text: see `listFlags` in `../cli/output-flags.ts`. */
export interface ListOptions {
  readonly format: Format;
  readonly columns?: string | undefined;
  readonly sort?: string | undefined;
  readonly filter?: readonly string[] | undefined;
  readonly header?: boolean | undefined;
  readonly quiet?: boolean | undefined;
  readonly limit?: number | undefined;
}

export interface ListResult {
  /** How many rows were written. */
  readonly written: number;
  /** The reader closed the pipe before the end. */
  readonly closed: boolean;
}

/** A list whose flags were checked, ready to be written. */
export interface List<Row> {
  readonly format: Format;
  /** Whether a field is shown, sorted by or filtered by: what is not needed need not be read or decrypted. */
  needs(field: Extract<keyof Row, string>): boolean;
  /**
   * ndjson of all rows with all their fields, in the order of the source: a source that can make the lines itself may write them
   * with `writeLines` (and mind `limit`).
   */
  readonly isPlainNdjson: boolean;
  /** Writes lines that are ndjson already, with the same care for slow readers and closed pipes. They are written when the next are asked for. */
  writeLines(lines: AsyncIterable<Uint8Array>): Promise<{ closed: boolean }>;
  /**
   * Writes the rows. ndjson, csv, json, yaml and --quiet stream and wait for slow readers; `--limit` and a closed pipe end
   * the source early (its iterator is closed), so that nothing is read in vain. Only sorting and the first 1,000 rows of
   * a table are held in memory.
   */
  write(rows: Rows<Row>): Promise<ListResult>;
}

/**
 * Checks the list flags against the record's columns, before anything is read.
 * @throws UsageError for an unknown column, a filter or an order that makes no sense.
 */
export function prepareList<Row extends object>(
  terminal: Terminal,
  type: RecordType<Row>,
  options: ListOptions,
): List<Row> {
  const chosen =
    options.columns === undefined
      ? undefined
      : splitNames(options.columns, '--columns').map((name) => columnOf(type, name, '--columns'));
  const sort = options.sort === undefined ? [] : parseSort(type, options.sort);
  const filters = (options.filter ?? []).map((text) => parseFilter(type, text));
  const limit = options.limit;
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit >= 0)) {
    throw new UsageError('--limit must be a whole number that is not negative.');
  }
  const needed = new Set<string>([
    ...shownFields(type, options, chosen),
    ...sort.map(({ column }) => column.name),
    ...(options.filter ?? []).map((text) => /\w+/u.exec(text)![0]),
  ]);

  async function write(rows: Rows<Row>): Promise<ListResult> {
    let batches: AsyncIterable<readonly Row[]>;
    if (sort.length > 0) {
      const all = selected(inBatches(rows), filters);
      batches = inBatches(limit === 0 ? [] : await sortRows(all, comparator(sort), limit));
    } else {
      batches = selected(inBatches(rows), filters, limit);
    }
    const counter = { written: 0 };
    const sink = new Sink(terminal.stdout);
    try {
      await writeBatches(sink, counted(batches, counter));
      await sink.end();
      return { written: counter.written, closed: false };
    } catch (error) {
      if (error instanceof ClosedPipeError) return { written: counter.written, closed: true };
      throw error;
    } finally {
      sink.release();
    }
  }

  async function writeBatches(sink: Sink, batches: AsyncIterable<readonly Row[]>): Promise<void> {
    if (options.quiet === true) {
      await writeLines(sink, batches, (row) => `${oneLine(idOf(type, row))}\n`);
      return;
    }
    switch (options.format) {
      case 'ndjson':
        await writeLines(sink, batches, jsonLine(type, chosen));
        return;
      case 'json':
        await writeJsonArray(sink, batches, jsonText(type, chosen));
        return;
      case 'csv': {
        const columns = chosen ?? type.columns;
        if (options.header !== false) await sink.write(csvLine(columns.map(({ name }) => name)));
        await writeLines(sink, batches, (row) => csvLine(columns.map(({ name }) => row[name])));
        return;
      }
      case 'yaml':
        await writeYaml(sink, batches, picker(chosen));
        return;
      case 'table':
      case 'wide': {
        const { writeTable } = await import('./table.ts');
        await writeTable(sink, batches, {
          columns: chosen ?? type.columns.filter(({ show = 'always' }) => isShown(show, options.format)),
          terminal,
          header: options.header !== false,
          fit: options.format === 'table',
        });
        return;
      }
    }
  }

  async function writeReadyLines(lines: AsyncIterable<Uint8Array>): Promise<{ closed: boolean }> {
    const sink = new Sink(terminal.stdout);
    try {
      for await (const bytes of lines) await sink.writeBytes(bytes);
      await sink.end();
      return { closed: false };
    } catch (error) {
      if (error instanceof ClosedPipeError) return { closed: true };
      throw error;
    } finally {
      sink.release();
    }
  }

  return {
    format: options.format,
    needs: (field) => needed.has(field),
    isPlainNdjson:
      options.format === 'ndjson' &&
      options.quiet !== true &&
      chosen === undefined &&
      sort.length === 0 &&
      filters.length === 0,
    writeLines: writeReadyLines,
    write,
  };
}

/** {@link prepareList} and its `write` in one call, for commands that have their rows at hand. */
export async function writeList<Row extends object>(
  terminal: Terminal,
  type: RecordType<Row>,
  rows: Rows<Row>,
  options: ListOptions,
): Promise<ListResult> {
  return prepareList(terminal, type, options).write(rows);
}

function isShown(show: NonNullable<Column<never>['show']>, format: Format): boolean {
  return show === 'always' || (show === 'wide' && format === 'wide');
}

function shownFields<Row>(
  type: RecordType<Row>,
  options: ListOptions,
  chosen: readonly Column<Row>[] | undefined,
): string[] {
  if (options.quiet === true) return typeof type.id === 'function' ? [] : [type.id];
  if (chosen !== undefined) return chosen.map(({ name }) => name);
  const everything = options.format !== 'table' && options.format !== 'wide';
  return type.columns
    .filter(({ show = 'always' }) => everything || isShown(show, options.format))
    .map(({ name }) => name);
}

async function* counted<Row>(
  batches: AsyncIterable<readonly Row[]>,
  counter: { written: number },
): AsyncGenerator<readonly Row[], void, undefined> {
  for await (const batch of batches) {
    yield batch;
    counter.written += batch.length;
  }
}

async function writeLines<Row>(
  sink: Sink,
  batches: AsyncIterable<readonly Row[]>,
  line: (row: Row) => string,
): Promise<void> {
  for await (const batch of batches) {
    for (const row of batch) {
      const full = sink.write(line(row));
      if (full !== undefined) await full;
    }
  }
}

async function writeJsonArray<Row>(
  sink: Sink,
  batches: AsyncIterable<readonly Row[]>,
  json: (row: Row) => string,
): Promise<void> {
  let separator = '[\n';
  await writeLines(sink, batches, (row) => {
    const text = separator + json(row);
    separator = ',\n';
    return text;
  });
  await sink.write(separator === '[\n' ? '[]\n' : '\n]\n');
}

/** A document of so many rows costs half the time of as many documents of one. */
const YAML_ROWS = 100;

async function writeYaml<Row>(
  sink: Sink,
  batches: AsyncIterable<readonly Row[]>,
  pick: (row: Row) => object,
): Promise<void> {
  const { stringify } = await import('yaml');
  let written = 0;
  for await (const batch of batches) {
    for (let start = 0; start < batch.length; start += YAML_ROWS) {
      const rows = batch.slice(start, start + YAML_ROWS).map(pick);
      await sink.write(stringify(rows, YAML_OPTIONS));
      written += rows.length;
    }
  }
  if (written === 0) await sink.write('[]\n');
}

/** The row, or only its chosen fields in their order. */
function picker<Row>(chosen: readonly Column<Row>[] | undefined): (row: Row) => object {
  if (chosen === undefined) return (row) => row as object;
  return (row) => Object.fromEntries(chosen.map(({ name }) => [name, row[name] ?? null]));
}

function jsonText<Row>(
  type: RecordType<Row>,
  chosen: readonly Column<Row>[] | undefined,
): (row: Row) => string {
  if (chosen === undefined && type.json !== undefined) return (row) => safeJson(type.json!(row));
  const pick = picker(chosen);
  return (row) => safeJson(JSON.stringify(pick(row)));
}

function jsonLine<Row>(
  type: RecordType<Row>,
  chosen: readonly Column<Row>[] | undefined,
): (row: Row) => string {
  const json = jsonText(type, chosen);
  return (row) => `${json(row)}\n`;
}
