/**
 * Finds the JSON documents in text that may hold several, one after the other, with other text around them: pages that
 * were appended to one file, `cf curl -i` with its headers, newline-delimited JSON. Only the document that is being read is
 * held in memory.
 */
export class JsonDocuments {
  readonly #take: (document: unknown) => void;
  readonly #skipped: (text: string) => void;
  #text = '';
  #scanned = 0;
  #depth = 0;
  #inString = false;
  #escaped = false;

  /** `skipped` gets what looked like a document and was none. */
  constructor(take: (document: unknown) => void, skipped: (text: string) => void) {
    this.#take = take;
    this.#skipped = skipped;
  }

  push(chunk: string): void {
    this.#text += chunk;
    for (; this.#scanned < this.#text.length; this.#scanned++) {
      const code = this.#text.charCodeAt(this.#scanned);
      if (this.#depth === 0) this.#outside(code);
      else if (this.#inString) this.#string(code);
      else this.#inside(code);
    }
    if (this.#depth === 0) this.#drop(this.#scanned);
  }

  end(): void {
    if (this.#depth > 0) this.#skipped(this.#text.slice(0, 200));
    this.#text = '';
  }

  #outside(code: number): void {
    if (code !== 0x7b && code !== 0x5b) return;
    this.#drop(this.#scanned);
    this.#depth = 1;
  }

  #string(code: number): void {
    if (this.#escaped) this.#escaped = false;
    else if (code === 0x5c) this.#escaped = true;
    else if (code === 0x22) this.#inString = false;
  }

  #inside(code: number): void {
    if (code === 0x22) this.#inString = true;
    else if (code === 0x7b || code === 0x5b) this.#depth++;
    else if (code === 0x7d || code === 0x5d) {
      this.#depth--;
      if (this.#depth === 0) this.#document();
    }
  }

  #document(): void {
    const text = this.#text.slice(0, this.#scanned + 1);
    try {
      this.#take(JSON.parse(text));
    } catch {
      this.#skipped(text.slice(0, 200));
    }
    this.#drop(this.#scanned + 1);
    this.#scanned = -1;
  }

  #drop(count: number): void {
    this.#text = this.#text.slice(count);
    this.#scanned -= count;
  }
}
