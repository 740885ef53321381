import { Parser } from '@oclif/core';
import { describe, expect, it } from 'vitest';
import { readableArgv } from '../../src/lib/cli/argv.ts';
import { listFlags, listOptionsOf } from '../../src/lib/cli/output-flags.ts';

const parse = async (argv: string[]) => {
  const parsed = await Parser.parse(readableArgv(argv), { flags: listFlags(), args: {}, strict: true });
  return listOptionsOf(parsed.flags);
};

describe('--sort with a minus', () => {
  it.each([
    [['--sort', '-memory_pct'], 'memory_pct:desc'],
    [['--sort', '-org_name,zone,-quota'], 'org_name:desc,zone,quota:desc'],
    [['--sort=-org_name'], 'org_name:desc'],
    [['--sort', 'zone,-org_name'], 'zone,-org_name'],
    [['--sort', 'zone'], 'zone'],
  ])('%j', async (argv, sort) => {
    expect(await parse(argv)).toMatchObject({ sort });
  });

  it('is still missing its value before a flag', async () => {
    await expect(parse(['--sort', '-o', 'json'])).rejects.toThrow('Flag --sort expects a value');
  });
});

it('reads nothing after --', () => {
  expect(readableArgv(['lrps', '--', '--sort', '-o_x'])).toEqual(['lrps', '--', '--sort', '-o_x']);
});

it('reads help as a command', () => {
  expect(readableArgv(['help', 'certs', 'dev'])).toEqual(['certs', 'dev', '--help']);
  expect(readableArgv(['help'])).toEqual(['--help']);
});

it('takes --filter many times and no more than one value each', async () => {
  expect(await parse(['--filter', 'zone=z1', '--filter', 'a>1', '--json'])).toMatchObject({
    filter: ['zone=z1', 'a>1'],
    format: 'json',
  });
});
