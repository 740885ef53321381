import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createProgress } from '../../src/lib/output/progress.ts';
import { fakeTerminal } from '../support/terminal.ts';

describe('without a terminal', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('writes a plain line every five seconds, and one at the end', () => {
    const terminal = fakeTerminal();
    const task = createProgress(terminal).task('actual_lrps', 54_000);
    for (let second = 0; second < 12; second++) {
      vi.advanceTimersByTime(1000);
      task.advance(2000);
    }
    task.done();
    expect(terminal.err()).toBe(
      'actual_lrps: 8,000 of 54,000 (15%), 1,600/s, 29s left\n' +
        'actual_lrps: 18,000 of 54,000 (33%), 1,800/s, 20s left\n' +
        'actual_lrps: 24,000 in 12s\n',
    );
    expect(vi.getTimerCount()).toBe(0);
  });

  it('says nothing about short work unless it has something to say', () => {
    const terminal = fakeTerminal();
    const progress = createProgress(terminal);
    progress.task('tasks', 3).done();
    expect(terminal.err()).toBe('');
    progress.task('domains').done('nothing to do');
    expect(terminal.err()).toBe('domains: nothing to do\n');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('shows count and rate when there is no total', () => {
    const terminal = fakeTerminal();
    const task = createProgress(terminal).task('rows');
    task.advance(10_000);
    vi.advanceTimersByTime(5000);
    expect(terminal.err()).toBe('rows: 10,000, 2,000/s\n');
  });

  it('stops when it is told to and when it is interrupted', () => {
    const abort = new AbortController();
    const terminal = fakeTerminal();
    const task = createProgress(terminal, { signal: abort.signal }).task('rows', 10);
    abort.abort();
    vi.advanceTimersByTime(60_000);
    task.done('never shown');
    expect(terminal.err()).toBe('');
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('on a terminal', () => {
  class Screen extends Writable {
    readonly isTTY = true;
    readonly columns = 80;
    text = '';

    override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
      this.text += chunk.toString();
      done();
    }
    cursorTo(): boolean {
      return true;
    }
    moveCursor(): boolean {
      return true;
    }
    clearLine(): boolean {
      return true;
    }
  }

  it('animates one line a task, lets results pass above, and gives the cursor back', async () => {
    const stderr = new Screen();
    const progress = createProgress(fakeTerminal({ stderr, canAnimate: true }));
    const lrps = progress.task('lrps', 10);
    const tasks = progress.task('tasks', 5);
    lrps.advance(4);
    await vi.waitFor(() => {
      expect(stderr.text).toContain('lrps: 4 of 10 (40%)');
      expect(stderr.text).toContain('tasks: 0 of 5');
    });
    expect(stderr.text).toContain('\u001b[?25l');
    lrps.done('10 re-encrypted');
    expect(stderr.text).toContain('lrps: 10 re-encrypted\n');
    tasks.done();
    progress.stop();
    expect(stderr.text.endsWith('\u001b[?25h')).toBe(true);
  });
});
