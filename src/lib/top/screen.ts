import process from 'node:process';

const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const CLEAR_LINE = '\u001b[K';
const CLEAR_REST = '\u001b[J';

export type Key = 'quit' | 'interrupt' | 'up' | 'down' | 'page-up' | 'page-down' | 'zone' | 'memory' | 'disk';

const KEYS: Readonly<Record<string, Key>> = {
  q: 'quit',
  Q: 'quit',
  '\u0003': 'interrupt',
  '\u001b[A': 'up',
  k: 'up',
  '\u001b[B': 'down',
  j: 'down',
  '\u001b[5~': 'page-up',
  '\u001b[6~': 'page-down',
  ' ': 'page-down',
  z: 'zone',
  m: 'memory',
  d: 'disk',
};

/** The keys in what came from the terminal at once: an arrow comes as one piece, fast typing as several. */
export function keysOf(input: string): Key[] {
  const keys: Key[] = [];
  // An escape sequence, or one character.
  for (const [piece] of input.matchAll(/\p{Cc}\[[0-9;]*[A-Za-z~]|[\s\S]/gu)) {
    const key = KEYS[piece];
    if (key !== undefined) keys.push(key);
  }
  return keys;
}

/**
 * The whole terminal: the alternate screen, no cursor, keys without echo. However the process ends (a key, a signal, an error),
 * `leave` is called, and puts everything back; calling it twice does no harm.
 */
export class Screen {
  #entered = false;
  readonly #onKey: (key: Key) => void;
  readonly #onResize: () => void;
  readonly #onInput = (input: string) => {
    for (const key of keysOf(input)) this.#onKey(key);
  };
  readonly #leave = () => {
    this.leave();
  };
  readonly #hangUp = () => {
    this.leave();
    // As a shell counts it: 128 + SIGHUP.
    process.exit(129);
  };

  constructor(onKey: (key: Key) => void, onResize: () => void) {
    this.#onKey = onKey;
    this.#onResize = onResize;
  }

  enter(): void {
    this.#entered = true;
    // Whatever ends the process comes by here, even a bug.
    process.on('exit', this.#leave).on('SIGHUP', this.#hangUp);
    process.stdin.setRawMode(true).setEncoding('utf8').on('data', this.#onInput).resume();
    process.stdout.on('resize', this.#onResize).write(ENTER);
  }

  leave(): void {
    if (!this.#entered) return;
    this.#entered = false;
    process.off('exit', this.#leave).off('SIGHUP', this.#hangUp);
    process.stdout.off('resize', this.#onResize);
    process.stdin.off('data', this.#onInput).pause();
    try {
      process.stdin.setRawMode(false);
      process.stdout.write(LEAVE);
    } catch {
      // The terminal is gone: there is nothing to be put back.
    }
  }

  /** Draws over what was there, line by line, so that nothing flickers. */
  draw(lines: readonly string[]): void {
    if (this.#entered)
      process.stdout.write(HOME + lines.map((line) => line + CLEAR_LINE).join('\r\n') + CLEAR_REST);
  }

  get columns(): number {
    return process.stdout.columns;
  }

  get rows(): number {
    return process.stdout.rows;
  }
}
