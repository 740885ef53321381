import { Flags } from '@oclif/core';
import { UsageError } from '../errors.ts';
import { FORMATS, type Format } from '../output/formats.ts';
import type { ListOptions } from '../output/list.ts';

const HELP_GROUP = 'OUTPUT';

/**
 * `-o/--output` and `--json`, for commands that show one thing. Name the formats that make sense for the command:
 * `static override flags = { ...formatFlags('table', 'json', 'ndjson') }`.
 */
export function formatFlags(...formats: Format[]) {
  const options = formats.length > 0 ? formats : FORMATS.filter((name) => name !== 'csv');
  return {
    output: Flags.option({
      char: 'o',
      options,
      helpValue: options.join('|'),
      description: 'format of standard output',
      default: options[0]!,
      helpGroup: HELP_GROUP,
      multiple: false,
    })(),
    json: Flags.boolean({ description: 'same as -o json', exclusive: ['output'], helpGroup: HELP_GROUP }),
  };
}

/** The whole set, for commands that list things. */
export function listFlags() {
  return {
    ...formatFlags(...FORMATS),
    columns: Flags.string({
      description: 'only these columns, in this order',
      helpValue: 'a,b',
      helpGroup: HELP_GROUP,
    }),
    sort: Flags.string({
      description: 'order by these columns; with a minus (or :desc) the largest first',
      helpValue: '[-]a,b',
      helpGroup: HELP_GROUP,
    }),
    filter: Flags.string({
      description: 'only rows that match, as in zone=z1 (= != ~ !~ > < >= <=); several are and-ed',
      helpValue: 'a=x',
      multiple: true,
      multipleNonGreedy: true,
      helpGroup: HELP_GROUP,
    }),
    'no-header': Flags.boolean({ description: 'no headings (table, wide and csv)', helpGroup: HELP_GROUP }),
    quiet: Flags.boolean({ char: 'q', description: 'only the ids, one a line', helpGroup: HELP_GROUP }),
    limit: Flags.integer({
      description: 'at most so many rows',
      min: 0,
      helpValue: 'N',
      helpGroup: HELP_GROUP,
    }),
  };
}

/** The flags of {@link formatFlags} after parsing. */
export interface FormatFlagValues {
  readonly output: string;
  readonly json: boolean;
}

/** The flags of {@link listFlags} after parsing. */
export interface ListFlagValues extends FormatFlagValues {
  readonly columns?: string | undefined;
  readonly sort?: string | undefined;
  readonly filter?: readonly string[] | undefined;
  readonly 'no-header': boolean;
  readonly quiet: boolean;
  readonly limit?: number | undefined;
}

/** Which format the flags ask for. */
export function formatOf(flags: FormatFlagValues): Format {
  return flags.json ? 'json' : (flags.output as Format);
}

/** The list flags as `prepareList` and `writeList` take them. */
export function listOptionsOf(flags: ListFlagValues): ListOptions {
  const format = formatOf(flags);
  if (flags.quiet && flags.columns !== undefined) {
    throw new UsageError('--quiet prints only ids: --columns makes no sense with it.');
  }
  return {
    format,
    columns: flags.columns,
    sort: flags.sort,
    filter: flags.filter,
    header: !flags['no-header'],
    quiet: flags.quiet,
    limit: flags.limit,
  };
}
