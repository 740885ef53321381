/** Longer than any line that HTTP's framing needs. */
const MAX_LINE = 1024;

/**
 * Takes HTTP/1.1's chunks apart. The BBS writes the size of an event's chunk with an empty extension after it (`1f;`, see
 * bbs/handlers/events_handlers.go), which Node's own parser refuses as an error, so the stream of events is read with this.
 */
export class ChunkedDecoder {
  #state: 'size' | 'data' | 'end-of-data' | 'done' = 'size';
  #line = '';
  #left = 0;

  /** The last chunk was there: nothing that follows belongs to the stream. */
  get done(): boolean {
    return this.#state === 'done';
  }

  /** @throws {Error} for what is not chunked */
  *decode(bytes: Buffer): Generator<Buffer> {
    let at = 0;
    while (at < bytes.length && this.#state !== 'done') {
      if (this.#state === 'data') {
        const piece = bytes.subarray(at, at + this.#left);
        at += piece.length;
        this.#left -= piece.length;
        if (this.#left === 0) this.#state = 'end-of-data';
        yield piece;
        continue;
      }
      const feed = bytes.indexOf(0x0a, at);
      const end = feed === -1 ? bytes.length : feed + 1;
      this.#line += bytes.toString('latin1', at, end);
      at = end;
      if (this.#line.length > MAX_LINE) throw new Error('its stream has a chunk without a size');
      if (feed !== -1) this.#endLine();
    }
  }

  #endLine(): void {
    const line = this.#line.trim();
    this.#line = '';
    if (this.#state === 'end-of-data') {
      if (line !== '') throw new Error('its stream has a chunk of the wrong size');
      this.#state = 'size';
      return;
    }
    const size = /^([0-9a-fA-F]{1,12})[ \t]*(;.*)?$/.exec(line)?.[1];
    if (size === undefined) throw new Error('its stream has a chunk without a size');
    this.#left = Number.parseInt(size, 16);
    this.#state = this.#left === 0 ? 'done' : 'data';
  }
}
