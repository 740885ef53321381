import { createStyle } from './style.ts';
import { MAX_TEXT_ROWS, tableText } from './table.ts';
import type { Column, Level } from './record.ts';
import type { Terminal } from './terminal.ts';
import { block, oneLine, plainText } from './text.ts';
import { displayWidth, pad, wrap } from './width.ts';

/** One line of {@link keyValues}: what it is, its value and, if it needs attention, how much. */
export type KeyValue = readonly [key: string, value: unknown, level?: Level | undefined];

/** A node of {@link tree}: its line and what hangs below it. */
export interface TreeNode {
  readonly label: string;
  readonly children?: readonly TreeNode[];
}

/**
 * Builds the human text of a detail view, section by section. All text that came from outside is made harmless here;
 * colour only where the terminal has it.
 */
export class TextBuilder {
  readonly #terminal: Terminal;
  readonly #style;
  #text = '';

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.#style = createStyle(terminal.color);
  }

  /** A heading with an empty line above it (unless it is the first thing). */
  heading(text: string): this {
    this.#gap();
    this.#text += `${this.#style.paint('bold', oneLine(text))}\n`;
    return this;
  }

  /** A paragraph, fitted to the terminal; line breaks in it stay. */
  text(text: string, level?: Level): this {
    for (const line of this.#lines(text)) this.#text += `${this.#style.level(level, line)}\n`;
    return this;
  }

  /** Names and values under each other, the values in one column. Values of several lines are indented. */
  keyValues(pairs: readonly KeyValue[], indent = 0): this {
    const width = pairs.reduce((most, [key]) => Math.max(most, displayWidth(key)), 0);
    const margin = ' '.repeat(indent);
    for (const [key, value, level] of pairs) {
      const lines = block(plainText(value)).split('\n');
      const shown = lines.map((line) => this.#style.level(level, line));
      this.#text += `${margin}${pad(`${oneLine(key)}:`, width + 1)}  ${shown.join(`\n${margin}${' '.repeat(width + 3)}`)}\n`;
    }
    return this;
  }

  /** Lines with a dash in front, fitted to the terminal. */
  list(items: readonly string[]): this {
    for (const item of items) this.#text += `- ${this.#lines(item, 2).join('\n  ')}\n`;
    return this;
  }

  /** A small table, fitted to the terminal. For long lists use `writeList`. */
  table<Row extends object>(columns: readonly Column<Row>[], rows: readonly Row[]): this {
    this.#text += tableText(columns, rows.slice(0, MAX_TEXT_ROWS), this.#terminal);
    if (rows.length > MAX_TEXT_ROWS) this.#text += `... and ${rows.length - MAX_TEXT_ROWS} more\n`;
    return this;
  }

  /** A tree with lines that show what belongs to what. */
  tree(nodes: readonly TreeNode[]): this {
    this.#text += treeLines(nodes, this.#terminal.unicode, '').join('');
    return this;
  }

  /** Text that is laid out already, such as a chart. */
  raw(text: string): this {
    this.#text += text === '' || text.endsWith('\n') ? text : `${text}\n`;
    return this;
  }

  toString(): string {
    return this.#text;
  }

  #lines(text: string, indent = 0): string[] {
    const width = (this.#terminal.width ?? Infinity) - indent;
    return block(text)
      .split('\n')
      .flatMap((line) => wrap(line, width));
  }

  #gap(): void {
    if (this.#text !== '' && !this.#text.endsWith('\n\n')) this.#text += '\n';
  }
}

function treeLines(nodes: readonly TreeNode[], unicode: boolean, margin: string): string[] {
  const [branch, last, through] = unicode
    ? ['\u251c\u2500 ', '\u2514\u2500 ', '\u2502  ']
    : ['|- ', '`- ', '|  '];
  return nodes.flatMap((node, index) => {
    const isLast = index === nodes.length - 1;
    const below = margin + (isLast ? '   ' : through);
    const [first = '', ...more] = block(node.label).split('\n');
    return [
      `${margin}${isLast ? last : branch}${first}\n`,
      ...more.map((line) => `${below}${line}\n`),
      ...treeLines(node.children ?? [], unicode, below),
    ];
  });
}
