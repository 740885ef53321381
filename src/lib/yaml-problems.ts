import type { ErrorCode } from 'yaml';

export type YamlErrorCode = ErrorCode | 'UNRESOLVED_ALIAS' | 'JSON';

/** The parser's error codes in words. Its own messages quote the file's text, which may be a passphrase. */
const WORDS: Partial<Record<YamlErrorCode, string>> = {
  ALIAS_PROPS: 'an alias cannot have an anchor or a tag',
  BAD_ALIAS: 'the alias or anchor has no valid name',
  BAD_COLLECTION_TYPE: 'the tag does not fit the list or map behind it',
  BAD_DIRECTIVE: 'the % directive is not valid',
  BAD_DQ_ESCAPE: 'a backslash in the double-quoted text begins no known escape',
  BAD_INDENT: 'the indentation does not fit what is around it',
  BAD_PROP_ORDER: 'the anchor or tag is in the wrong place',
  BAD_SCALAR_START: 'a plain text cannot begin with this character; quote it',
  BLOCK_AS_IMPLICIT_KEY:
    'a nested map begins on the line of its key; a colon followed by a space may need quotes',
  BLOCK_IN_FLOW: 'an indented list or map is inside brackets or braces',
  DUPLICATE_KEY: 'the map has this key twice, and parsers differ on which of both counts',
  JSON: 'this is not valid JSON',
  KEY_OVER_1024_CHARS: 'the key is longer than 1,024 characters; a closing quote may be missing',
  MISSING_CHAR: 'a quote, bracket, brace, comma, colon or space is missing',
  MULTILINE_IMPLICIT_KEY: 'a key reaches over several lines; a colon or a quote may be missing',
  MULTIPLE_ANCHORS: 'a value has more than one anchor',
  MULTIPLE_TAGS: 'a value has more than one tag',
  TAB_AS_INDENT: 'a tab cannot indent in YAML; use spaces',
  TAG_RESOLVE_FAILED: 'the value does not fit its tag',
  UNEXPECTED_TOKEN: 'this does not belong here',
  UNRESOLVED_ALIAS: 'the alias names an anchor that is not defined before it',
};

/** What is wrong with a YAML text, in words that quote nothing of it. */
export function yamlProblem(code: YamlErrorCode): string {
  return WORDS[code] ?? 'the YAML is malformed';
}
