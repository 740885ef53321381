/** The formats of `-o`. */
export const FORMATS = ['table', 'wide', 'json', 'ndjson', 'csv', 'yaml'] as const;
export type Format = (typeof FORMATS)[number];

// DEL and the C1 controls are legal in JSON text, but some terminals obey them.
const RAW_CONTROLS = /[\u007f-\u009f]/gu;

/**
 * Makes JSON safe to look at in a terminal without changing what it means: these characters occur in its strings only,
 * where an escape stands for the same character.
 */
export function safeJson(json: string): string {
  return json.replace(RAW_CONTROLS, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);
}

const NEEDS_QUOTES = /[",\r\n]|^\s|\s$/u;

/** Separates the elements of a list in one csv field. */
export const CSV_LIST_SEPARATOR = ';';

/**
 * One value as an RFC 4180 field. Nothing is an empty field; a list of plain values is joined with `;`; anything deeper is
 * JSON.
 */
export function csvField(value: unknown): string {
  const text = csvText(value);
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function csvText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint')
    return String(value);
  if (Array.isArray(value) && value.every((element) => typeof element !== 'object')) {
    return value.map(csvText).join(CSV_LIST_SEPARATOR);
  }
  return JSON.stringify(value);
}

/**
 * One csv line. Lines end with LF, as `psql --csv` does it and as the tools of a shell expect. A single empty field is quoted: an
 * empty line would be no record at all for many readers.
 */
export function csvLine(values: readonly unknown[]): string {
  const line = values.map(csvField).join(',');
  return line === '' ? '""\n' : `${line}\n`;
}

/** Long texts stay on their line, and what occurs twice is written twice: anchors are for people who write YAML. */
export const YAML_OPTIONS = { lineWidth: 0, aliasDuplicateObjects: false } as const;
