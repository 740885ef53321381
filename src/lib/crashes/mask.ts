/**
 * Secrets in texts that others wrote. Crash reasons quote URLs, commands and server answers, and those hold passwords and
 * tokens. What is masked here is what looks like one; the rest of the text stays, because it is the diagnosis.
 */

const MASK = '***';

/** Names whose value is a secret, in `name=value`, `name: value` and `"name":"value"`. */
const SECRET_NAME = String.raw`[\w.-]*(?:passw(?:or)?d|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?|signature|sig|auth)`;

const RULES: readonly [pattern: RegExp, replacement: string | ((...groups: string[]) => string)][] = [
  [
    /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
    `-----BEGIN PRIVATE KEY----- ${MASK}`,
  ],
  // scheme://user:password@host. A password may hold any character but white space, quotes and slashes, even @.
  [/([a-z][a-z0-9+.-]*:\/\/)([^\s:/@"'<>]*):([^\s"'<>/]+)@/gi, `$1$2:${MASK}@`],
  // A password with slashes in it, which URL parsers refuse and people write all the same.
  [
    /([a-z][a-z0-9+.-]*:\/\/)([^\s:/@"'<>]*):(?!\d{1,5}[/?#])([^\s"'<>@]*[^\s"'<>@\d/][^\s"'<>@]*)@(?=[\w.-]+(?::\d+)?(?:[/\s?;,)"']|$))/gi,
    `$1$2:${MASK}@`,
  ],
  // A token in the place of the user, without a password.
  [/([a-z][a-z0-9+.-]*:\/\/)([^\s:/@"'<>]{20,})@/gi, `$1${MASK}@`],
  [/\b(bearer|basic|token)\s+[a-z0-9._~+/=-]{8,}/gi, `$1 ${MASK}`],
  [/\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?/g, MASK],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, MASK],
  [/\b(?:ghp|gho|ghs|ghu|glpat|xox[abp])[_-][\w-]{16,}/g, MASK],
  [
    new RegExp(
      String.raw`(["']?\b${SECRET_NAME}["']?\s*(?:=>|[=:])\s*)("(?:[^"\\]|\\.)*"?|'[^']*'?|[^\s&"',;)}\]]+)`,
      'gi',
    ),
    (_all, name, value) => (/^["']?\*\*\*/.test(value) ? `${name}${value}` : `${name}${quoted(value)}`),
  ],
];

/** A URL whose `@` was cut off with the end of the text: `https://user:passwo`. A port alone is not a password. */
const CUT_URL = /([a-z][a-z0-9+.-]*:\/\/[^\s:/@"'<>]*:)(?!\d{1,5}$)(?!\/)([^\s:/@"'<>]+)$/i;

function quoted(value: string): string {
  const quote = value.startsWith('"') ? '"' : value.startsWith("'") ? "'" : '';
  return `${quote}${MASK}${quote}`;
}

/** The text with what looks like a secret replaced by `***`. Idempotent. */
export function maskSecrets(text: string): string {
  let masked = text;
  for (const [pattern, replacement] of RULES) {
    masked =
      typeof replacement === 'string'
        ? masked.replace(pattern, replacement)
        : masked.replace(pattern, replacement);
  }
  return masked.replace(CUT_URL, `$1${MASK}`);
}
