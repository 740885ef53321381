import { Writable } from 'node:stream';
import type { Terminal } from '../../src/lib/output/terminal.ts';

export interface FakeTerminal extends Terminal {
  /** What was written to stdout and stderr so far. */
  readonly out: () => string;
  readonly err: () => string;
}

class Collector extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString('utf8');
    done();
  }
}

/** A terminal (or by default a pipe) that keeps what is written to it. */
export function fakeTerminal(options: Partial<Terminal> = {}): FakeTerminal {
  const stdout = new Collector();
  const stderr = new Collector();
  return {
    stdout,
    stderr,
    isTerminal: options.width !== undefined,
    canAnimate: false,
    canPrompt: false,
    width: undefined,
    color: false,
    errorColor: false,
    unicode: true,
    ...options,
    out: () => stdout.text,
    err: () => stderr.text,
  };
}
