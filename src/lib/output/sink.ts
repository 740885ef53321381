import type { Writable } from 'node:stream';
import { CgdiegoError, messageOf } from '../errors.ts';

/** Whoever read our output has closed the pipe: they have what they wanted. Not a failure. */
export class ClosedPipeError extends Error {
  constructor() {
    super('The reader closed the pipe.');
    this.name = 'ClosedPipeError';
  }
}

/** What an error of an output stream means: the reader has gone, or writing failed (a full disk). */
export function outputError(error: NodeJS.ErrnoException): ClosedPipeError | CgdiegoError {
  return error.code === 'EPIPE' || error.code === 'ECONNRESET' || error.code === 'ERR_STREAM_DESTROYED'
    ? new ClosedPipeError()
    : new CgdiegoError('Could not write the output.', { why: messageOf(error), cause: error });
}

/** How much is collected before it is written: a write costs far more than the text of a row. */
const CHUNK_CHARACTERS = 64 * 1024;

/**
 * Writes text to a stream in large chunks and waits when the reader is slow. Text that nothing follows soon is written
 * on the next turn of the event loop, so that a slow source still shows its rows as they come.
 *
 * After the reader closed the pipe every call throws {@link ClosedPipeError}; other errors of the stream (a full disk)
 * become a {@link CgdiegoError}.
 */
export class Sink {
  readonly #out: Writable;
  #chunk = '';
  #timer: NodeJS.Immediate | undefined;
  #failure: Error | undefined;
  readonly #onError = (error: NodeJS.ErrnoException) => {
    this.#failure ??= outputError(error);
  };

  constructor(out: Writable) {
    this.#out = out;
    out.on('error', this.#onError);
  }

  /** Takes text. When it returns a promise, wait for it before the next text; most of the time it does not. */
  write(text: string): Promise<void> | undefined {
    this.#chunk += text;
    if (this.#chunk.length >= CHUNK_CHARACTERS) return this.flush();
    this.#check();
    this.#timer ??= setImmediate(() => {
      this.#timer = undefined;
      // A failure is kept and thrown by the next call.
      this.#send();
    });
    return undefined;
  }

  /** Writes bytes: whole lines of UTF-8. When it resolves they have left, and their place may be used again. */
  async writeBytes(bytes: Uint8Array): Promise<void> {
    this.#check();
    this.#send();
    this.#check();
    await new Promise<void>((resolve) => {
      // The stream may be destroyed before it has called back.
      const onClose = () => {
        resolve();
      };
      this.#out.once('close', onClose);
      this.#out.write(bytes, (error) => {
        this.#out.off('close', onClose);
        if (error) this.#onError(error);
        resolve();
      });
    });
    this.#check();
  }

  /** Writes what is left and waits until the stream has room again. */
  async flush(): Promise<void> {
    this.#check();
    if (!this.#send() && this.#failure === undefined) await this.#room();
    this.#check();
  }

  /** Writes what is left and lets go of the stream, which stays open. */
  async end(): Promise<void> {
    try {
      await this.flush();
    } finally {
      this.release();
    }
  }

  /** Lets go of the stream without writing what is left. */
  release(): void {
    if (this.#timer !== undefined) clearImmediate(this.#timer);
    this.#timer = undefined;
    this.#chunk = '';
    this.#out.off('error', this.#onError);
  }

  /** Whether the stream takes more at once. */
  #send(): boolean {
    if (this.#timer !== undefined) clearImmediate(this.#timer);
    this.#timer = undefined;
    if (this.#chunk === '' || this.#failure !== undefined) return !this.#out.writableNeedDrain;
    const chunk = this.#chunk;
    this.#chunk = '';
    if (this.#gone()) {
      this.#failure ??= new ClosedPipeError();
      return false;
    }
    try {
      return this.#out.write(chunk);
    } catch (error) {
      // Older versions of Node throw here when stdout is a file and the disk is full.
      this.#onError(error as NodeJS.ErrnoException);
      return false;
    }
  }

  #gone(): boolean {
    return this.#out.destroyed || this.#out.writableEnded;
  }

  #check(): void {
    if (this.#failure === undefined && this.#gone()) this.#failure = new ClosedPipeError();
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #room(): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = () => {
        this.#out.off('drain', done).off('error', done).off('close', done);
        resolve();
      };
      this.#out.once('drain', done).once('error', done).once('close', done);
      if (!this.#out.writableNeedDrain) done();
    });
  }
}
