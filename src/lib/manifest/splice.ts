import { CgdiegoError } from '../errors.ts';

/** A replacement of `text.slice(start, end)`. */
export interface Splice {
  start: number;
  end: number;
  text: string;
}

/** The text with all splices made. Whatever is outside of them stays byte for byte. */
export function applySplices(text: string, splices: readonly Splice[]): string {
  const ordered = splices.toSorted((a, b) => a.start - b.start || a.end - b.end);
  let result = '';
  let done = 0;
  for (const { start, end, text: replacement } of ordered) {
    if (start < done || end < start) {
      throw new CgdiegoError('Two edits of the file overlap.', {
        why: 'What the edits would do together is not clear, so nothing was written.',
        next: 'Edit the file by hand.',
      });
    }
    result += text.slice(done, start) + replacement;
    done = end;
  }
  return result + text.slice(done);
}

/** The offset at which the line of `offset` begins. */
export function lineStart(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1;
}

/** The offset behind the line break of the line of `offset`; the end of the text for a last line without one. */
export function lineEnd(text: string, offset: number): number {
  const end = text.indexOf('\n', offset);
  return end === -1 ? text.length : end + 1;
}

/** The line break of the file: that of the first line. */
export function lineBreakOf(text: string): '\n' | '\r\n' {
  const first = text.indexOf('\n');
  return first > 0 && text[first - 1] === '\r' ? '\r\n' : '\n';
}

/** The offset behind the last line of something that ends at `end` (which may itself be behind a line break). */
export function behindLine(text: string, end: number): number {
  return end > 0 && text[end - 1] === '\n' ? end : lineEnd(text, end);
}

/**
 * Puts whole lines at the beginning of a line or at the end of the text. The lines come without line breaks. A file whose
 * last line has no line break keeps it so.
 */
export function insertLines(text: string, offset: number, lines: readonly string[]): Splice {
  const eol = lineBreakOf(text);
  const block = lines.join(eol);
  const unterminated = offset === text.length && offset > 0 && text[offset - 1] !== '\n';
  return { start: offset, end: offset, text: unterminated ? eol + block : block + eol };
}

/** Removes the lines from `start` (the beginning of a line) to `end` (behind a line break, or the end of the text). */
export function removeLines(text: string, start: number, end: number): Splice {
  const lastUnterminated = end === text.length && end > 0 && text[end - 1] !== '\n';
  if (!lastUnterminated || start === 0) return { start, end, text: '' };
  // The line before becomes the last one, and the last line of this file has no line break.
  const crlf = text[start - 2] === '\r' ? 2 : 1;
  return { start: start - crlf, end, text: '' };
}
