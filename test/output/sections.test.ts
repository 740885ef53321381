import { expect, it } from 'vitest';
import { TextBuilder } from '../../src/lib/output/sections.ts';
import { fakeTerminal } from '../support/terminal.ts';

const build = (unicode: boolean) =>
  new TextBuilder(fakeTerminal({ unicode }))
    .heading('LRP web')
    .keyValues([
      ['process guid', '4ae1c0de'],
      ['instances', 3],
      ['tags', []],
      ['crash reason', 'exit 137\n\u001b[31mout of memory'],
    ])
    .heading('Actions')
    .tree([
      {
        label: 'serial',
        children: [{ label: 'download app' }, { label: 'run sh\n-c web', children: [{ label: 'env' }] }],
      },
    ])
    .heading('Instances')
    .table(
      [
        { name: 'index', description: '' },
        { name: 'cell', description: '' },
      ],
      [{ index: 0, cell: 'c1' }],
    )
    .list(['one', 'two'])
    .toString();

it('lays out a detail view', () => {
  expect(build(false)).toBe(`LRP web
process guid:  4ae1c0de
instances:     3
tags:          -
crash reason:  exit 137
               \\e[31mout of memory

Actions
\`- serial
   |- download app
   \`- run sh
      -c web
      \`- env

Instances
INDEX  CELL
    0  c1
- one
- two
`);
  expect(build(true)).toContain('└─ serial\n   ├─ download app\n');
});

it('says how much of a long table is missing', () => {
  const rows = Array.from({ length: 203 }, (_, index) => ({ index }));
  const text = new TextBuilder(fakeTerminal()).table([{ name: 'index', description: '' }], rows).toString();
  expect(text.endsWith('\n  199\n... and 3 more\n')).toBe(true);
});

it('breaks prose between words on a terminal, and leaves commands and pipes alone', () => {
  const text = (width: number | undefined) =>
    new TextBuilder(fakeTerminal({ width }))
      .text('Deploy the manifest, then run it again.\n  cgdiego rotate-key --to key-2026-11')
      .list(['Keep every key in the manifest.'])
      .toString();
  expect(text(20)).toBe(`Deploy the manifest,
then run it again.
  cgdiego rotate-key --to key-2026-11
- Keep every key in
  the manifest.
`);
  expect(text(undefined)).toBe(`Deploy the manifest, then run it again.
  cgdiego rotate-key --to key-2026-11
- Keep every key in the manifest.
`);
});
