/**
 * Text that came from outside (app names, crash reasons, cell ids) can hold terminal escape sequences, line breaks and
 * characters that reverse the direction of text. Before a person sees it they are made visible and harmless.
 */

// C0 controls, DEL, C1 controls (U+009B starts an escape sequence of its own), line and paragraph separators,
// directional overrides and isolates, and the byte order mark.
const UNSAFE = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;
const UNSAFE_IN_BLOCK = /(?!\n)[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;

const NAMED: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\u001b': '\\e' };

function visible(character: string): string {
  const code = character.charCodeAt(0);
  return (
    NAMED[character] ??
    (code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`)
  );
}

/** Outside text for one line of a terminal: control characters become `\n`, `\e`, `\x07`, `\u202e`. */
export function oneLine(text: string): string {
  return text.replace(UNSAFE, visible);
}

/** Outside text of several lines: as {@link oneLine}, but line breaks stay and tabs become two spaces. */
export function block(text: string): string {
  return text.replaceAll('\r\n', '\n').replaceAll('\t', '  ').replace(UNSAFE_IN_BLOCK, visible);
}

/** Any value as a table or a sentence shows it. Nothing is `-`. */
export function plainText(value: unknown): string {
  if (value === null || value === undefined || value === '') return '-';
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint')
    return String(value);
  if (Array.isArray(value)) return value.length === 0 ? '-' : value.map(plainText).join(',');
  return JSON.stringify(value);
}
