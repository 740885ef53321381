/** What stands in the place of a secret. */
export const MASK = '***';

// An unescaped slash may stand in a password; digits before a slash are a port, and an @ in the path is no end of a password.
const URL_PASSWORD = /([a-z][a-z0-9+.-]*:\/\/[^/\s:@"]*):(?!\d{1,5}[/?#])[^\s@"]+@/giu;
const PRIVATE_KEY =
  /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----\s*|$)/gu;
/** Names under which routes and volume configurations keep secrets: `private_key`, `password`, `secret`, `token`, `credentials`. */
const SECRET_NAME = /private_?key|passw|passphrase|secret|token|credential/iu;

/** The text without the passwords of URLs and without private keys in PEM. */
export function maskText(text: string): string {
  return text.replace(URL_PASSWORD, `$1:${MASK}@`).replace(PRIVATE_KEY, MASK);
}

/** {@link maskText} for texts that hold no keys: crash reasons and annotations quote URLs. */
export function maskUrls(text: string): string {
  return text.includes('@') ? text.replace(URL_PASSWORD, `$1:${MASK}@`) : text;
}

/** A value out of JSON with what is named like a secret masked, at any depth, and {@link maskText} for the rest. */
export function maskValue(value: unknown): unknown {
  if (typeof value === 'string') return maskText(value);
  if (Array.isArray(value)) return value.map(maskValue);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      SECRET_NAME.test(name) && inner !== null && inner !== '' ? MASK : maskValue(inner),
    ]),
  );
}

/** JSON text inside a text, such as a volume's `mount_config`. What is not JSON may be anything and is masked whole. */
export function maskConfig(text: string): string {
  if (text === '') return text;
  try {
    return JSON.stringify(maskValue(JSON.parse(text)));
  } catch {
    return MASK;
  }
}
