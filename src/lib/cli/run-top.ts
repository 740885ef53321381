import { InterruptedError, messageOf } from '../errors.ts';
import type { StoreSource } from '../foundation/from-store.ts';
import { clampScroll, crashKey, topFrame, type TopView } from '../top/frame.ts';
import { readTop, type TopModel } from '../top/read.ts';
import { Screen, type Key } from '../top/screen.ts';
import type { ConnectionFlags, KeyFlags } from './connection-flags.ts';
import { withStore } from './load-foundation.ts';
import type { ShowContext } from './show-cells.ts';

export interface TopFlags extends ConnectionFlags, KeyFlags {
  /** Milliseconds. */
  interval: number;
}

const PAGE = 10;

/** `cgdiego top`: draws until q is pressed. What goes wrong after the first reading is shown and tried again. */
export async function runTop(flags: TopFlags, context: ShowContext): Promise<void> {
  await withStore(flags, context, async (source) => {
    const first = await readTop(source);
    await new Top(source, first, flags.interval, context).run();
  });
}

class Top {
  readonly #source: StoreSource;
  readonly #interval: number;
  readonly #context: ShowContext;
  readonly #known: Set<string>;
  readonly #fresh = new Set<string>();
  readonly #screen = new Screen(
    (key) => {
      this.#press(key);
    },
    () => {
      this.#draw();
    },
  );
  #model: TopModel;
  #readAt = Date.now();
  #failure: string | undefined;
  #view: TopView = { scroll: 0, order: 'zone' };
  #end: (error?: Error) => void = () => undefined;

  constructor(source: StoreSource, first: TopModel, interval: number, context: ShowContext) {
    this.#source = source;
    this.#model = first;
    this.#interval = interval;
    this.#context = context;
    this.#known = new Set(first.crashes.map(crashKey));
  }

  async run(): Promise<void> {
    const ended = new Promise<void>((resolve, reject) => {
      this.#end = (error) => {
        if (error === undefined) resolve();
        else reject(error);
      };
    });
    const onAbort = () => {
      this.#end(new InterruptedError());
    };
    this.#context.signal.addEventListener('abort', onAbort, { once: true });
    let timer: NodeJS.Timeout | undefined;
    const tick = () => {
      timer = setTimeout(() => void this.#refresh().then(tick), this.#interval);
    };
    try {
      this.#screen.enter();
      this.#draw();
      tick();
      await ended;
    } finally {
      clearTimeout(timer);
      this.#context.signal.removeEventListener('abort', onAbort);
      this.#screen.leave();
    }
  }

  async #refresh(): Promise<void> {
    try {
      this.#model = await readTop(this.#source);
      this.#readAt = Date.now();
      this.#failure = undefined;
      for (const crash of this.#model.crashes) {
        const key = crashKey(crash);
        if (!this.#known.has(key)) this.#fresh.add(key);
      }
    } catch (error) {
      // A database that is away for a minute is no reason to go: the picture stays, with its age.
      this.#failure = messageOf(error);
    }
    this.#draw();
  }

  #press(key: Key): void {
    const scrollBy = (count: number) => {
      this.#view = {
        ...this.#view,
        scroll: clampScroll(this.#view.scroll + count, this.#model.cells.length),
      };
    };
    switch (key) {
      case 'quit':
        this.#end();
        return;
      case 'interrupt':
        this.#end(new InterruptedError());
        return;
      case 'up':
        scrollBy(-1);
        break;
      case 'down':
        scrollBy(1);
        break;
      case 'page-up':
        scrollBy(-PAGE);
        break;
      case 'page-down':
        scrollBy(PAGE);
        break;
      case 'zone':
      case 'memory':
      case 'disk':
        this.#view = { scroll: 0, order: key };
        break;
    }
    this.#draw();
  }

  #draw(): void {
    const { color, unicode } = this.#context.terminal;
    this.#screen.draw(
      topFrame(this.#model, this.#view, {
        columns: this.#screen.columns,
        rows: this.#screen.rows,
        color,
        unicode,
        now: Date.now(),
        readAt: this.#readAt,
        failure: this.#failure,
        fresh: this.#fresh,
      }),
    );
  }
}
