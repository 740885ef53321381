import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'string-width';

// eslint's no-control-regex is about accidents; printable ASCII is the common case and needs no table of widths.
const PRINTABLE_ASCII = /^[\u0020-\u007e]*$/u;

/** How many columns a text takes on a terminal. Colours take none, CJK and emoji take two. */
export function displayWidth(text: string): number {
  return PRINTABLE_ASCII.test(text) ? text.length : stringWidth(text);
}

/** Cuts a text without colours to a width, ending in the ellipsis. */
export function truncate(text: string, width: number, ellipsis: string): string {
  if (displayWidth(text) <= width) return text;
  const room = width - displayWidth(ellipsis);
  if (room <= 0) return ellipsis.slice(0, Math.max(0, width));
  let cut = '';
  let used = 0;
  for (const character of text) {
    const size = displayWidth(character);
    if (used + size > room) break;
    cut += character;
    used += size;
  }
  return cut + ellipsis;
}

/** Fills up with spaces to a width. Texts that are wider stay as they are. */
export function pad(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const missing = width - displayWidth(stripVTControlCharacters(text));
  if (missing <= 0) return text;
  return align === 'right' ? ' '.repeat(missing) + text : text + ' '.repeat(missing);
}

/** Breaks a line between words so that none is wider than this, where a word is not. Lines that are indented are commands, and stay whole. */
export function wrap(line: string, width: number): string[] {
  if (displayWidth(line) <= width || line.startsWith(' ')) return [line];
  const lines: string[] = [];
  let current = '';
  for (const word of line.split(' ')) {
    if (current !== '' && displayWidth(current) + 1 + displayWidth(word) > width) {
      lines.push(current);
      current = word;
    } else {
      current = current === '' ? word : `${current} ${word}`;
    }
  }
  return [...lines, current];
}
