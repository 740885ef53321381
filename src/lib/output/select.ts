import { UsageError } from '../errors.ts';
import { columnOf, type Column, type RecordType } from './record.ts';

/** `--sort`: one key. Nothing (`null`) comes last in either direction. */
export interface SortKey<Row> {
  readonly column: Column<Row>;
  readonly descending: boolean;
}

/** `-memory_pct,zone` or `memory_pct:desc,zone`, the most important first. */
export function parseSort<Row>(type: RecordType<Row>, text: string): SortKey<Row>[] {
  return splitNames(text, '--sort').map((part) => {
    const [, minus, name = '', order] = /^(-?)(.*?)(?::(asc|desc))?$/u.exec(part) ?? [];
    return { column: columnOf(type, name, '--sort'), descending: minus === '-' || order === 'desc' };
  });
}

/** The names in a comma-separated flag value. */
export function splitNames(text: string, flag: string): string[] {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (names.length === 0) throw new UsageError(`${flag} needs at least one column name.`);
  return names;
}

/** Numbers by value, text by code points, lists as text. */
export function compareValues(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  const left = textOf(a);
  const right = textOf(b);
  return left < right ? -1 : left > right ? 1 : 0;
}

export function comparator<Row>(keys: readonly SortKey<Row>[]): (a: Row, b: Row) => number {
  return (a, b) => {
    for (const { column, descending } of keys) {
      const left = a[column.name];
      const right = b[column.name];
      const leftMissing = left === null || left === undefined;
      const rightMissing = right === null || right === undefined;
      if (leftMissing || rightMissing) {
        if (leftMissing !== rightMissing) return leftMissing ? 1 : -1;
        continue;
      }
      const order = compareValues(left, right);
      if (order !== 0) return descending ? -order : order;
    }
    return 0;
  };
}

const OPERATORS = ['!=', '!~', '>=', '<=', '=', '~', '>', '<'] as const;
type Operator = (typeof OPERATORS)[number];

export type Predicate<Row> = (row: Row) => boolean;

/**
 * `--filter`: `zone=z1`, `state!=present`, `app_name~^web`, `memory_pct>=90`.
 *
 * - `=` `!=` compare the whole value; with an empty right side they ask whether there is none (`null`, empty text or list).
 * - `~` `!~` take a regular expression, without regard to case.
 * - `>` `<` `>=` `<=` compare numbers as numbers, anything else (such as times in RFC 3339) as text.
 * - A list matches when one of its elements does; `!=` and `!~` when none does.
 */
export function parseFilter<Row>(type: RecordType<Row>, text: string): Predicate<Row> {
  const match = /^\s*([A-Za-z0-9_]+)\s*(!=|!~|>=|<=|==|=|~|>|<)\s*(.*?)\s*$/su.exec(text);
  if (match === null) {
    throw new UsageError(`--filter: "${text}" is not a filter.`, {
      why: `A filter is a column, one of ${OPERATORS.join(' ')} and a value.`,
      next: "For example --filter 'zone=z1' or --filter 'instances>=10'. Quote it: the shell knows > and < too.",
    });
  }
  const [, name = '', symbol = '', wanted = ''] = match;
  const { name: field } = columnOf(type, name, '--filter');
  const operator = (symbol === '==' ? '=' : symbol) as Operator;
  const negated = operator === '!=' || operator === '!~';
  const test = elementTest(operator, wanted);
  return (row) => {
    const value: unknown = row[field];
    const found = Array.isArray(value) && value.length > 0 ? value.some(test) : test(value);
    return negated ? !found : found;
  };
}

/** The test of one value; `!=` and `!~` are the negation of `=` and `~` over the whole list. */
function elementTest(operator: Operator, wanted: string): (value: unknown) => boolean {
  const number = wanted === '' ? NaN : Number(wanted);
  const ordered = (accepts: (order: number) => boolean) => (value: unknown) => {
    if (value === null || value === undefined || value === '') return false;
    if (typeof value === 'number') {
      if (Number.isNaN(number)) {
        throw new UsageError(`--filter: ${JSON.stringify(wanted)} is no number to compare with.`, {
          next: "For example --filter 'instances>=10'. One column cannot be compared with another.",
        });
      }
      return accepts(value - number);
    }
    return accepts(compareValues(textOf(value), wanted));
  };
  switch (operator) {
    case '=':
    case '!=':
      return (value) =>
        typeof value === 'number' && !Number.isNaN(number) ? value === number : textOf(value) === wanted;
    case '~':
    case '!~': {
      const pattern = regularExpression(wanted);
      return (value) => pattern.test(textOf(value));
    }
    case '>':
      return ordered((order) => order > 0);
    case '<':
      return ordered((order) => order < 0);
    case '>=':
      return ordered((order) => order >= 0);
    case '<=':
      return ordered((order) => order <= 0);
  }
}

function regularExpression(source: string): RegExp {
  try {
    return new RegExp(source, 'iu');
  } catch (error) {
    throw new UsageError(`--filter: "${source}" is not a regular expression.`, {
      why: error instanceof Error ? error.message : undefined,
      next: 'Write a backslash before characters that should stand for themselves, such as \\. or \\[.',
      cause: error,
    });
  }
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint')
    return String(value);
  if (Array.isArray(value)) return value.map(textOf).join(',');
  return JSON.stringify(value);
}

/**
 * The first `limit` rows in order, or all of them without a limit. With a limit no more than a small multiple of it is
 * held at a time. Rows that compare equal keep their order.
 */
export async function sortRows<Row>(
  batches: AsyncIterable<readonly Row[]>,
  compare: (a: Row, b: Row) => number,
  limit = Infinity,
): Promise<Row[]> {
  const held: Row[] = [];
  const most = Math.max(2 * limit, 4096);
  for await (const batch of batches) {
    for (const row of batch) held.push(row);
    if (held.length > most) {
      held.sort(compare);
      held.length = Math.min(held.length, limit);
    }
  }
  held.sort(compare);
  return held.length > limit ? held.slice(0, limit) : held;
}
