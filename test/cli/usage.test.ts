import { Args, Errors, Flags, Parser } from '@oclif/core';
import { describe, expect, it } from 'vitest';
import { asUsageError } from '../../src/lib/cli/usage.ts';
import { listFlags } from '../../src/lib/cli/output-flags.ts';
import { CgdiegoError, UsageError } from '../../src/lib/errors.ts';

const flags = {
  ...listFlags(),
  since: Flags.custom<number>({
    parse: () => Promise.reject(new UsageError('"soon" is not a duration.', { next: 'Write 5m.' })),
  })(),
  keys: Flags.custom({
    parse: () => Promise.reject(new CgdiegoError('Could not read it.', { why: 'EACCES' })),
  })(),
  plain: Flags.custom({ parse: () => Promise.reject(new Error('not like this')) })(),
  broken: Flags.custom({
    parse: () => {
      throw new TypeError("Cannot read properties of undefined (reading 'x')");
    },
  })(),
  zone: Flags.string({ multiple: true, multipleNonGreedy: true }),
  all: Flags.boolean({ exclusive: ['zone'] }),
};
const args = { cell: Args.string({ ignoreStdin: true, required: true, description: 'cell id' }) };

async function usage(argv: string[]): Promise<unknown> {
  try {
    await Parser.parse(argv, { flags, args, strict: true });
  } catch (error) {
    return asUsageError(error, () => Promise.resolve([]));
  }
  throw new Error('The command line was accepted.');
}

describe('a wrong command line', () => {
  it.each([
    [['c', '--since', 'soon'], '--since: "soon" is not a duration.'],
    [['c', '--plain', 'x'], '--plain: not like this'],
    [['c', '--limit', 'many'], '--limit: Expected an integer but received: many'],
    [['c', '--limit', '-1'], '--limit: Expected an integer greater than or equal to 0 but received: -1'],
    [['c', '-o', 'xml'], 'Expected --output=xml to be one of: table, wide, json, ndjson, csv, yaml'],
    [['c', '--colums', 'a'], 'Unknown flag: --colums. Did you mean "--columns"?'],
    [['c', '--colums=a', '-x'], 'Unknown flags: --colums, -x. Did you mean "--columns"?'],
    [['c', '--columns'], 'Flag --columns expects a value'],
    [['c', 'd'], 'Too many arguments: "d".'],
    [[], 'Missing: CELL (cell id).'],
    [['c', '--all', '--zone', 'z1'], '--zone=z1 cannot also be provided when using --all'],
    [['c', '--json', '-o', 'csv'], '--output=csv cannot also be provided when using --json'],
  ])('%j', async (argv, message) => {
    const error = await usage(argv);
    expect(error).toBeInstanceOf(UsageError);
    expect(error).toMatchObject({ message, exitCode: 2 });
  });

  it('keeps what else an error of ours says', async () => {
    expect(await usage(['c', '--since', 'soon'])).toMatchObject({ next: 'Write 5m.' });
    expect(await usage(['c', '--keys', 'f'])).toMatchObject({
      message: '--keys: Could not read it.',
      why: 'EACCES',
      exitCode: 1,
    });
  });

  it('leaves bugs alone', async () => {
    expect(await usage(['c', '--broken', 'x'])).not.toBeInstanceOf(CgdiegoError);
    const bug = new RangeError('bug');
    expect(await asUsageError(bug, () => Promise.resolve([]))).toBe(bug);
  });
});

it('suggests commands', async () => {
  const error = new Errors.CLIError('command certs:dve not found');
  expect(await asUsageError(error, () => Promise.resolve(['certs', 'certs dev', 'lrps']))).toMatchObject({
    message: 'There is no command "certs dve". Did you mean "certs dev"?',
    exitCode: 2,
  });
});
