/** Words that stand where a secret should be put. */
const DEFAULTS = new Set(
  'password passphrase pass secret changeme change-me change_me changeit default example test admin root postgres diego foobar p4ssw0rd'.split(
    ' ',
  ),
);

/** A placeholder in capitals, as the example files have them: `STRONG_PASSPHRASE`, `SOME-KEY-NAME`, `PASSWORD`. */
export function isCapitalPlaceholder(text: string): boolean {
  return text.length <= 48 && /^[A-Z]+\d{0,2}([_ -][A-Z0-9]+)*$/.test(text) && /[A-Z]{3}/.test(text);
}

/** A text that was never meant to be the secret. */
export function isPlaceholder(text: string): boolean {
  return (
    isCapitalPlaceholder(text) ||
    DEFAULTS.has(text.toLowerCase()) ||
    /^<[^>]+>$/.test(text) ||
    /^(x{3,}|\*{3,}|\.{3,})$/i.test(text)
  );
}
