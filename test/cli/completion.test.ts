import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bashScript } from '../../src/lib/cli/completion/bash.ts';
import { fishScript } from '../../src/lib/cli/completion/fish.ts';
import { completesOf, type CompletionModel } from '../../src/lib/cli/completion/model.ts';
import { recallIds, rememberIds } from '../../src/lib/cli/completion/remembered-ids.ts';
import { zshScript } from '../../src/lib/cli/completion/zsh.ts';

const none = { kind: 'none' } as const;
const flag = { char: undefined, value: undefined, multiple: false, summary: "it's [a] flag: \\ $x" };
const MODEL: CompletionModel = {
  bin: 'cgdiego',
  commands: [
    {
      words: 'certs dev',
      summary: 'make certificates',
      flags: [
        { ...flag, name: 'out', value: { kind: 'dir' } },
        { ...flag, name: 'days', value: none },
      ],
      args: [],
    },
    {
      words: 'cells',
      summary: 'list cells',
      flags: [
        {
          ...flag,
          name: 'output',
          char: 'o',
          value: { kind: 'values', values: ['table', 'json', 'ndjson'] },
        },
        { ...flag, name: 'columns', value: { kind: 'ask', what: 'columns', list: true } },
        { ...flag, name: 'sort', value: { kind: 'ask', what: 'columns', list: true } },
        { ...flag, name: 'quiet', char: 'q' },
        { ...flag, name: 'from', value: { kind: 'file' } },
      ],
      args: [{ name: 'cell_id', value: { kind: 'ask', what: 'cells', list: false } }],
    },
  ],
  topics: new Map([
    [
      '',
      [
        { word: 'cells', summary: 'list cells' },
        { word: 'certs', summary: 'certificates' },
      ],
    ],
    ['certs', [{ word: 'dev', summary: 'make certificates' }]],
  ]),
};

let home: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'cgdiego-completion-'));
  // Stands for cgdiego: says what it was asked, in the words that it would answer with.
  const stub = `#!/bin/sh
case "$*" in
  '__complete columns cells') printf '%s\\n' cell_id memory_mb memory_pct zone ;;
  '__complete cells cells') printf '%s\\n' 11111111-aaaa 11111111-bbbb 22222222-cccc ;;
esac
`;
  await writeFile(join(home, 'cgdiego'), stub);
  await chmod(join(home, 'cgdiego'), 0o755);
  await writeFile(join(home, 'snapshot.json'), '{}');
  await writeFile(join(home, 'script.bash'), bashScript(MODEL));
  await writeFile(join(home, 'script.zsh'), zshScript(MODEL));
  await writeFile(join(home, 'script.fish'), fishScript(MODEL));
});
afterAll(() => rm(home, { recursive: true, force: true }));

const environment = () => ({
  PATH: `${home}:${process.env.PATH}`,
  HOME: home,
  TERM: 'xterm',
  LC_ALL: 'C.UTF-8',
});
const has = (shell: string) => spawnSync(shell, ['-c', 'exit 0']).status === 0;

/** The words that bash offers for the last word of a line, as readline splits it. */
function inBash(line: string): string[] {
  const words = line.split(/\s+/u).flatMap((word) => word.split(/(=)/u).filter((part) => part !== ''));
  if (line.endsWith(' ')) words.push('');
  const program = `source ${home}/script.bash
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_cgdiego
printf '%s\\n' "\${COMPREPLY[@]}"`;
  return lines(execFileSync('bash', ['-c', program, 'bash', ...words], { env: environment(), cwd: home }));
}

/**
 * What zsh would insert or list. An interactive zsh runs in a pseudo terminal of its own, where a `compadd` in front of the real one
 * writes down the matches; the driver waits for the files that it writes.
 */
function inZsh(line: string): string[] {
  const setup = `
PS1=''; autoload -Uz compinit; compinit -u -D
source ${home}/script.zsh
compadd() {
  local -a hits
  if [[ \${@[1,(i)(-|--)]} != *-(O|A|D)\\ * ]]; then
    builtin compadd -O hits "$@"
    (( $#hits )) && print -rl -- "\${hits[@]/#/$IPREFIX}" >> ${home}/hits
  fi
  builtin compadd "$@"
}
complete-and-tell() { zle expand-or-complete; : > ${home}/done }
zle -N complete-and-tell; bindkey '^I' complete-and-tell
: > ${home}/ready
`;
  const driver = `
zmodload zsh/zpty; zmodload zsh/zselect
wait-for() { repeat 1000; do [[ -e $1 ]] && return; zpty -r -t z > /dev/null; zselect -t 1; done }
zpty -b z zsh -f -i
zpty -w z 'source ${home}/setup.zsh'
wait-for ${home}/ready
zpty -w -n z "$1"$'\\t'
wait-for ${home}/done
zpty -d z
cat ${home}/hits
`;
  for (const name of ['hits', 'ready', 'done']) rmSync(join(home, name), { force: true });
  writeFileSync(join(home, 'hits'), '');
  writeFileSync(join(home, 'setup.zsh'), setup);
  const options = { env: environment(), cwd: home, timeout: 30_000 };
  const words = lines(execFileSync('zsh', ['-f', '-c', driver, 'zsh', line], options));
  expect(existsSync(join(home, 'done'))).toBe(true);
  return words;
}

function inFish(line: string): string[] {
  const program = `source ${home}/script.fish; complete -C ${JSON.stringify(line)}`;
  const output = execFileSync('fish', ['--no-config', '-c', program], { env: environment(), cwd: home });
  return lines(output).map((answer) => answer.split('\t')[0]!);
}

function lines(output: Buffer): string[] {
  return [...new Set(output.toString().split('\n'))].filter((word) => word !== '').sort();
}

describe.each([
  ['bash', inBash],
  ['zsh', inZsh],
  ['fish', inFish],
] as const)('%s', (shell, complete) => {
  // The script must be right in the shell itself: where the shell is not installed there is nothing to test.
  it.skipIf(!has(shell)).each<[string, string[]]>([
    ['cgdiego ', ['cells', 'certs']],
    ['cgdiego cer', ['certs']],
    ['cgdiego certs ', ['dev']],
    ['cgdiego cells 1', ['11111111-aaaa', '11111111-bbbb']],
    ['cgdiego cells -q 2', ['22222222-cccc']],
    ['cgdiego cells -o ', ['json', 'ndjson', 'table']],
    ['cgdiego cells --output nd', ['ndjson']],
    ['cgdiego cells -o json 2', ['22222222-cccc']],
    ['cgdiego cells --columns mem', ['memory_mb', 'memory_pct']],
    ['cgdiego cells --columns zone,mem', ['zone,memory_mb', 'zone,memory_pct']],
    ['cgdiego cells --sort zone,-mem', ['zone,-memory_mb', 'zone,-memory_pct']],
    ['cgdiego cells --from snap', ['snapshot.json']],
    ['cgdiego certs dev --d', ['--days']],
    ['cgdiego nope ', []],
  ])('%s', (line, words) => {
    expect(complete(line)).toEqual(words);
  });

  // fish takes every word that begins with a minus for a flag.
  it.skipIf(!has(shell) || shell === 'fish')('completes a column after a minus', () => {
    expect(complete('cgdiego cells --sort -cell')).toEqual(['-cell_id']);
  });

  it.skipIf(!has(shell))('completes after an equals sign', () => {
    const offered = complete('cgdiego cells --output=nd').map((word) => word.replace(/^--output=/u, ''));
    expect(offered).toEqual(['ndjson']);
  });
});

describe('what a name stands for', () => {
  it.each([
    ['cell', '', { kind: 'ask', what: 'cells', list: false }],
    ['cell_id', '', { kind: 'ask', what: 'cells', list: false }],
    ['process_guid', '', { kind: 'ask', what: 'lrps', list: false }],
    ['process', 'GUID', { kind: 'ask', what: 'lrps', list: false }],
    ['task_guid', '', { kind: 'ask', what: 'tasks', list: false }],
    ['zone', 'Z', { kind: 'ask', what: 'zones', list: false }],
    ['profile', 'NAME', { kind: 'ask', what: 'profiles', list: false }],
    ['keys', '<file>', { kind: 'file' }],
    ['out', 'DIR', { kind: 'dir' }],
    ['days', 'N', { kind: 'none' }],
  ])('%s %s', (name, helpValue, expected) => {
    expect(completesOf(name, helpValue)).toEqual(expected);
  });
});

describe('remembered ids', () => {
  it('are kept for oneself under XDG_CACHE_HOME and replaced', async () => {
    const env = { XDG_CACHE_HOME: join(home, 'cache') };
    expect(await recallIds('cells', env)).toEqual([]);
    await rememberIds('cells', ['a', 'b', 'a', 'not an id', '$(x)'], env);
    await rememberIds('tasks', ['t'], env);
    expect(await recallIds('cells', env)).toEqual(['a', 'b']);
    await rememberIds('cells', ['c'], env);
    expect(await recallIds('cells', env)).toEqual(['c']);
    const file = join(home, 'cache', 'cgdiego', 'cells.ids');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readFile(file, 'utf8')).toBe('c\n');
  });

  it('are not missed where they cannot be kept', async () => {
    await writeFile(join(home, 'a-file'), '');
    const env = { XDG_CACHE_HOME: join(home, 'a-file') };
    await expect(rememberIds('cells', ['a'], env)).resolves.toBeUndefined();
    expect(await recallIds('cells', env)).toEqual([]);
  });
});
