import { isScalar, type Node, Scalar } from 'yaml';

export type Quoting = 'plain' | 'single' | 'double' | 'json';

/** Words that YAML 1.1 or 1.2 reads as something other than text. */
const RESERVED = /^(y|n|yes|no|on|off|true|false|null|nan|inf|infinity)$/i;

const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/** Text that means itself, unquoted, to every YAML parser in use, in block and flow style. */
function isSafePlain(text: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_.+/=-]*$/.test(text) && !RESERVED.test(text);
}

/** The quoting of a scalar in a file, to give its neighbour the same. */
export function quotingOf(node: Node | null | undefined, json: boolean): Quoting {
  if (json) return 'json';
  if (!isScalar(node)) return 'plain';
  if (node.type === Scalar.QUOTE_DOUBLE) return 'double';
  return node.type === Scalar.QUOTE_SINGLE ? 'single' : 'plain';
}

/** `text` as a YAML or JSON scalar, in the quoting wanted if that can hold it. */
export function scalarText(text: string, quoting: Quoting): string {
  if (quoting === 'json') return JSON.stringify(text);
  if (quoting === 'plain' && isSafePlain(text)) return text;
  // A BOSH reference needs quotes only where a parser would take the brackets for something else.
  if (quoting === 'plain' && /^\(\([A-Za-z0-9_./-]+\)\)$/.test(text)) return text;
  if (quoting === 'double' || UNPRINTABLE.test(text)) return doubleQuoted(text);
  return `'${text.replaceAll("'", "''")}'`;
}

/** JSON's escapes are YAML's; the control and format characters that JSON leaves alone are escaped too. */
function doubleQuoted(text: string): string {
  return JSON.stringify(text).replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (char) => `\\U${(char.codePointAt(0) ?? 0).toString(16).padStart(8, '0')}`,
  );
}
