import { describe, expect, it } from 'vitest';
import { cgdiego } from '../support/cli.ts';

describe('help', () => {
  it.each([[[]], [['--help']], [['-h']], [['help']]])('cgdiego %j', async (args: string[]) => {
    const { code, stdout, stderr } = await cgdiego(args);
    expect(code).toBe(0);
    expect(stderr).toBe('');
    expect(stdout).toContain('USAGE\n  $ cgdiego [COMMAND]');
    expect(stdout).toContain('completion');
  });

  it.each([[['completion', '--help']], [['completion', '-h']], [['help', 'completion']]])(
    'of a command: %j',
    async (args: string[]) => {
      const { code, stdout, stderr } = await cgdiego(args);
      expect(code).toBe(0);
      expect(stderr).toBe('');
      expect(stdout).toContain('USAGE\n  $ cgdiego completion');
    },
  );

  it.each([[['--version']], [['-V']], [['version']]])('version: %j', async (args: string[]) => {
    const { code, stdout } = await cgdiego(args);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^cgdiego\/\d+\.\d+\.\d+ node-v\d/u);
  });
});

describe('a wrong command line exits with 2, talks on stderr only and shows no stack trace', () => {
  it.each<[string[], string]>([
    [['frobnicate'], 'There is no command "frobnicate".'],
    [['completoin'], 'There is no command "completoin". Did you mean "completion"?'],
    [['frobnicate', '--help'], 'There is no command "frobnicate".'],
    [['--frobnicate'], 'Unknown flag: --frobnicate. A command comes first.'],
    [['completion', 'bash', '--no-colour'], 'Unknown flag: --no-colour. Did you mean "--no-color"?'],
    [['completion', 'csh'], 'Expected csh to be one of: bash, zsh, fish'],
    [['completion'], 'Missing: SHELL (bash|zsh|fish).'],
    [['completion', 'bash', 'zsh'], 'Too many arguments: "zsh".'],
    [['no\u001b[31mpe'], 'There is no command "no\\e[31mpe".'],
  ])('%j', async (args, message) => {
    const { code, stdout, stderr } = await cgdiego(args);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr.split('\n')[0]).toBe(`Error: ${message}`);
    expect(stderr).toMatch(/\n {2}Next: Run /u);
    expect(stderr).not.toMatch(/\n\s+at |node:internal/u);
  });
});
