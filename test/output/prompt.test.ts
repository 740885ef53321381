import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { InterruptedError, UsageError } from '../../src/lib/errors.ts';
import { confirm, confirmByTyping } from '../../src/lib/output/prompt.ts';
import { fakeTerminal } from '../support/terminal.ts';

/** Waits for the question, then types. */
async function typing<T>(
  keys: string,
  ask: (stdin: PassThrough, terminal: ReturnType<typeof fakeTerminal>) => Promise<T>,
) {
  const input = new PassThrough();
  const terminal = fakeTerminal({ canPrompt: true });
  const answer = ask(input, terminal);
  answer.catch(() => undefined);
  await vi.waitFor(() => {
    expect(terminal.err()).toContain('?');
  });
  input.write(keys);
  return { answer: await answer, asked: stripVTControlCharacters(terminal.err()), out: terminal.out() };
}

describe('confirm', () => {
  it.each([
    ['y\r', true],
    ['n\r', false],
    ['\r', false],
  ])('%j', async (keys, expected) => {
    const { answer, asked, out } = await typing(keys, (input, terminal) =>
      confirm(terminal, 'Go on?', { input }),
    );
    expect(answer).toBe(expected);
    expect(asked).toContain('Go on? (y/N)');
    expect(out).toBe('');
  });

  it('is interrupted by Ctrl-C', async () => {
    await expect(
      typing('\u0003', (input, terminal) => confirm(terminal, 'Go on?', { input })),
    ).rejects.toThrow(InterruptedError);
  });

  it('is interrupted by the signal', async () => {
    const abort = new AbortController();
    const terminal = fakeTerminal({ canPrompt: true });
    const answer = confirm(terminal, 'Go on?', { input: new PassThrough(), signal: abort.signal });
    const outcome = expect(answer).rejects.toThrow(InterruptedError);
    await vi.waitFor(() => {
      expect(terminal.err()).toContain('Go on?');
    });
    abort.abort();
    await outcome;
  });

  it('refuses when there is nobody to ask', async () => {
    const answer = confirm(fakeTerminal(), 'Go on?', { flag: '--force' });
    await expect(answer).rejects.toThrow(UsageError);
    await expect(answer).rejects.toMatchObject({ next: 'Give --force to go on without a question.' });
  });
});

describe('confirmByTyping', () => {
  it.each([
    ['key-2026-11\r', true],
    ['key-2026-10\r', false],
    ['\r', false],
  ])('%j', async (keys, expected) => {
    const { answer } = await typing(keys, (input, terminal) =>
      confirmByTyping(terminal, 'Rotate?', 'key-2026-11', { input }),
    );
    expect(answer).toBe(expected);
  });
});
