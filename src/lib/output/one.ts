import { UsageError } from '../errors.ts';
import { safeJson, YAML_OPTIONS, type Format } from './formats.ts';
import type { ListOptions } from './list.ts';
import { ClosedPipeError, Sink } from './sink.ts';
import type { Terminal } from './terminal.ts';

export interface OneOptions {
  readonly format: Format;
}

/**
 * Of the flags of a list only the format and `--no-header` say something about one thing.
 * @throws {UsageError} for the others, which would do nothing
 */
export function assertForOne(options: ListOptions): void {
  const { columns, sort, filter, limit, quiet } = options;
  for (const [name, value] of Object.entries({
    columns,
    sort,
    filter,
    limit,
    quiet: quiet === true ? true : undefined,
  })) {
    if (value === undefined || (Array.isArray(value) && value.length === 0)) continue;
    throw new UsageError(`--${name} is for lists; this is one thing.`, {
      next: 'Leave it away, or leave the id away to have a list.',
    });
  }
}

/**
 * Writes one thing: a JSON object, one line of ndjson, YAML, or the text that `renderText` makes (without colour into a pipe: ask
 * `terminal`). csv is for lists.
 */
export async function writeOne(
  terminal: Terminal,
  value: object,
  renderText: (terminal: Terminal) => string | Promise<string>,
  options: OneOptions,
): Promise<void> {
  await writeText(terminal, await oneAs(terminal, value, renderText, options.format));
}

/** Writes text to stdout whole, waiting for slow readers; ends quietly when the reader is gone. */
export async function writeText(terminal: Terminal, text: string): Promise<void> {
  const sink = new Sink(terminal.stdout);
  try {
    await sink.write(text === '' || text.endsWith('\n') ? text : `${text}\n`);
    await sink.end();
  } catch (error) {
    if (!(error instanceof ClosedPipeError)) throw error;
  } finally {
    sink.release();
  }
}

async function oneAs(
  terminal: Terminal,
  value: object,
  renderText: (terminal: Terminal) => string | Promise<string>,
  format: Format,
): Promise<string> {
  switch (format) {
    case 'table':
    case 'wide':
      return renderText(terminal);
    case 'json':
      return safeJson(JSON.stringify(value, null, 2));
    case 'ndjson':
      return safeJson(JSON.stringify(value));
    case 'yaml': {
      const { stringify } = await import('yaml');
      return stringify(value, YAML_OPTIONS);
    }
    case 'csv':
      throw new UsageError('-o csv is for lists; this is one thing.', { next: 'Use -o json or -o yaml.' });
  }
}
