import type { ChildProcess } from 'node:child_process';
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { cgdiego, runNode, type CliOptions } from '../support/cli.ts';

const APP = fileURLToPath(new URL('../support/app/run.mjs', import.meta.url));
const app = (args: string[], options?: CliOptions) => runNode([APP, ...args], options);

/** Sends a signal as soon as the program says something. */
const signalWhenWaiting = (...signals: NodeJS.Signals[]) => ({
  onSpawn: (child: ChildProcess) => {
    child.stderr!.once('data', () => {
      for (const signal of signals) child.kill(signal);
    });
  },
});

describe('a reader that closes the pipe', () => {
  it.each(['ndjson', 'json', 'csv', 'yaml', 'table'])('ends a list at once: -o %s', async (format) => {
    const { stdout, stderr } = await promisify(execFile)('bash', [
      '-c',
      `set -o pipefail; "${process.execPath}" "${APP}" endless -o ${format} | head -1; echo "exit \${PIPESTATUS[0]}" >&2`,
    ]);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(stderr).toContain('source closed');
    expect(stderr).toContain('exit 0');
    expect(stderr).not.toMatch(/EPIPE|Error/u);
  });

  it('does not end work that says it goes on', async () => {
    const child = spawn(process.execPath, [APP, 'work'], { stdio: ['pipe', 'pipe', 'pipe'] });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.stdout.once('data', () => {
      child.stdout.destroy();
      child.stdout.once('close', () => child.stdin.write('go\n'));
    });
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect(stderr).toBe('finished, aborted: false\n');
    expect(code).toBe(3);
  });
});

describe('interruption', () => {
  it.each<[NodeJS.Signals, string[]]>([
    ['SIGINT', ['wait']],
    ['SIGTERM', ['wait']],
    ['SIGHUP', ['wait']],
    ['SIGINT', ['wait', '--resolves']],
  ])('%s cleans up and exits with 130: %j', async (signal, args) => {
    const { code, stderr } = await app(args, signalWhenWaiting(signal));
    expect(stderr).toBe('waiting\ncleaned up\nError: Interrupted.\n');
    expect(code).toBe(130);
  });
});

describe('what goes wrong', () => {
  it('says that a bug is a bug, without a stack trace', async () => {
    const { code, stderr, stdout } = await app(['fails', 'bug']);
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toContain('Error: this is undefined\n  Why: this is a bug in cgdiego.');
    expect(stderr).not.toContain('    at ');
    expect((await app(['fails', 'bug'], { env: { DEBUG: '1' } })).stderr).toContain('    at ');
  });

  it('says so too when it is thrown outside the command', async () => {
    const { code, stderr } = await app(['fails', 'later']);
    expect(code).toBe(1);
    expect(stderr).toContain('Error: thrown in a callback\n');
    expect(stderr).not.toContain('    at ');
  });

  it.skipIf(!existsSync('/dev/full'))('reports a full disk', async () => {
    const { stderr } = await promisify(execFile)('bash', [
      '-c',
      `"${process.execPath}" "${APP}" endless -o csv >/dev/full; echo "exit $?" >&2`,
    ]);
    expect(stderr).toMatch(
      /^source closed\nError: Could not write the output\.\n {2}Why: ENOSPC: no space left on device, write\nexit 1\n$/u,
    );
  });

  it.skipIf(!existsSync('/dev/full'))('reports a full disk for help too', async () => {
    const { stderr } = await promisify(execFile)('bash', [
      '-c',
      `"${process.execPath}" "${APP}" --help >/dev/full; echo "exit $?" >&2`,
    ]);
    expect(stderr).toContain('Error: Could not write the output.');
    expect(stderr).toContain('exit 1');
  });
});

describe('arguments', () => {
  it('never come from stdin, so that a while-read loop keeps its input', async () => {
    const { stdout } = await app(['fails'], { stdin: 'from-stdin\n' });
    expect(stdout).toBe('how=undefined zone=undefined\n');
  });

  it('are not swallowed by a flag that may be repeated', async () => {
    const { stdout } = await app(['fails', '--zone', 'z1', '--zone', 'z2', 'x']);
    expect(stdout).toBe('how=x zone=z1,z2\n');
  });
});

it('says nothing of a home that it may not look into', async () => {
  const { code, stderr } = await cgdiego(['crashes', 'patterns'], { env: { HOME: '/dev/null' } });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});
