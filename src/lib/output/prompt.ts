import process from 'node:process';
import type { Readable } from 'node:stream';
import { InterruptedError, UsageError } from '../errors.ts';
import type { Terminal } from './terminal.ts';
import { oneLine } from './text.ts';

export interface PromptOptions {
  /** Which flag gives the answer without a question; named in the error where nobody can be asked. Default `--yes`. */
  readonly flag?: string;
  readonly signal?: AbortSignal | undefined;
  /** Where the answer is read from; standard input without it. */
  readonly input?: Readable;
}

/**
 * Asks yes or no on stderr; no is the answer to just pressing return.
 * @throws UsageError when there is nobody to ask; InterruptedError on Ctrl-C.
 */
export async function confirm(
  terminal: Terminal,
  question: string,
  options: PromptOptions = {},
): Promise<boolean> {
  const message = oneLine(question);
  return (
    (await ask(terminal, options, { type: 'confirm', name: 'answer', message, default: false })) === true
  );
}

/**
 * For what cannot be undone: the operator types the name of what it is about. True only for exactly that name.
 * @throws UsageError when there is nobody to ask; InterruptedError on Ctrl-C.
 */
export async function confirmByTyping(
  terminal: Terminal,
  question: string,
  name: string,
  options: PromptOptions = {},
): Promise<boolean> {
  const answer = await ask(terminal, options, {
    type: 'input',
    name: 'answer',
    message: `${oneLine(question)} Type ${oneLine(name)} to go on:`,
  });
  return typeof answer === 'string' && answer.trim() === name;
}

type Question =
  | { type: 'confirm'; name: 'answer'; message: string; default: boolean }
  | { type: 'input'; name: 'answer'; message: string };

async function ask(terminal: Terminal, options: PromptOptions, question: Question): Promise<unknown> {
  if (!terminal.canPrompt) {
    throw new UsageError('This needs a confirmation, and there is nobody to ask.', {
      why: 'Standard input or standard error is not a terminal, or --no-input was given.',
      next: `Give ${options.flag ?? '--yes'} to go on without a question.`,
    });
  }
  if (options.signal?.aborted === true) throw new InterruptedError();
  const { createPromptModule } = (await import('inquirer')).default;
  const prompt = createPromptModule({
    input: options.input ?? process.stdin,
    output: terminal.stderr,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  try {
    return (await prompt<{ answer: unknown }>([question])).answer;
  } catch (error) {
    // ExitPromptError: Ctrl-C or end of input at the prompt. AbortPromptError: our signal.
    if (error instanceof Error && /^(Exit|Abort|Cancel)PromptError$/u.test(error.name)) {
      throw new InterruptedError('Interrupted at the question; nothing was done.', { cause: error });
    }
    throw error;
  }
}
