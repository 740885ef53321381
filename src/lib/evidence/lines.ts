import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable, type Transform } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { createGunzip } from 'node:zlib';
import { messageOf, throwIfAborted, UsageError } from '../errors.ts';

/** A line longer than this is not held in memory: it is handed on as `undefined`. */
export const LONGEST_LINE = 4 * 1024 * 1024;

const CHUNK = 1024 * 1024;

export interface ReadLinesOptions {
  /** What `-` stands for. */
  stdin?: Readable;
  signal?: AbortSignal | undefined;
}

/**
 * Calls `take` for each line of a file, of a gzip file (told by its first bytes, not by its name), or of standard input
 * (`-`), in constant memory. The line comes without its line break; a line that is too long comes as `undefined`. A gzip
 * file that breaks off gives the lines up to there and an error.
 *
 * @throws {UsageError} when the file cannot be read
 */
export async function readLines(
  file: string,
  take: (line: string | undefined) => void,
  options: ReadLinesOptions = {},
): Promise<void> {
  const splitter = lineSplitter(take);
  try {
    await readText(file, splitter.push, options);
  } finally {
    splitter.end();
  }
}

/**
 * Calls `take` for each piece of a file's text, opened as {@link readLines} does it.
 *
 * @throws {UsageError} when the file cannot be read
 */
export async function readText(
  file: string,
  take: (text: string) => void,
  options: ReadLinesOptions = {},
): Promise<void> {
  const decoder = new StringDecoder('utf8');
  try {
    for await (const chunk of await openPlain(file, options.stdin)) {
      throwIfAborted(options.signal);
      take(decoder.write(chunk));
    }
    take(decoder.end());
  } catch (error) {
    throwIfAborted(options.signal);
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${nameOf(file)} could not be read.`, { why: messageOf(error), cause: error });
  }
}

export function nameOf(file: string): string {
  return file === '-' ? 'Standard input' : file;
}

async function openPlain(file: string, stdin: Readable | undefined): Promise<AsyncIterable<Buffer>> {
  if (file !== '-') {
    const info = await stat(file);
    if (info.isDirectory()) {
      throw new UsageError(`${file} is a directory.`, { next: 'Name the files in it.' });
    }
  }
  const source =
    file === '-' ? (stdin ?? Readable.from([])) : createReadStream(file, { highWaterMark: CHUNK });
  return inflated(source as AsyncIterable<Buffer>);
}

/** The bytes as they are, or unpacked when they begin like a gzip file. */
async function* inflated(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  const chunks = source[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  while (head.length < 2) {
    const next = await chunks.next();
    if (next.done === true) break;
    head = Buffer.concat([head, Buffer.from(next.value)]);
  }
  const rest = (async function* () {
    if (head.length > 0) yield head;
    for (;;) {
      const next = await chunks.next();
      if (next.done === true) return;
      yield Buffer.from(next.value);
    }
  })();
  if (head[0] === 0x1f && head[1] === 0x8b) {
    const compressed = Readable.from(rest, { objectMode: false });
    const gunzip: Transform = createGunzip({ chunkSize: CHUNK });
    compressed.on('error', (error) => gunzip.destroy(error));
    yield* compressed.pipe(gunzip) as AsyncIterable<Buffer>;
  } else {
    yield* rest;
  }
}

/** Cuts text that comes in pieces into lines. */
export function lineSplitter(take: (line: string | undefined) => void): {
  push: (text: string) => void;
  end: () => void;
} {
  let rest = '';
  let tooLong = false;

  function line(text: string): void {
    if (tooLong) {
      tooLong = false;
      take(undefined);
    } else {
      take(text.endsWith('\r') ? text.slice(0, -1) : text);
    }
  }

  function push(chunk: string): void {
    let from = 0;
    let end = chunk.indexOf('\n');
    if (end >= 0 && (rest !== '' || tooLong)) {
      line(rest + chunk.slice(0, end));
      rest = '';
      from = end + 1;
      end = chunk.indexOf('\n', from);
    }
    while (end >= 0) {
      line(chunk.slice(from, end));
      from = end + 1;
      end = chunk.indexOf('\n', from);
    }
    rest += chunk.slice(from);
    if (rest.length > LONGEST_LINE) {
      rest = '';
      tooLong = true;
    }
  }

  return {
    push,
    end: () => {
      const last = rest;
      rest = '';
      if (last !== '' || tooLong) line(last);
    },
  };
}
