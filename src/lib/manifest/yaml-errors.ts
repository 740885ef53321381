import { UsageError } from '../errors.ts';
import { yamlProblem, type YamlErrorCode } from '../yaml-problems.ts';
import type { Position } from './source.ts';

/** The error for a malformed file: file, line, column and what is wrong there, without quoting it. */
export function parseFailure(path: string, { line, column }: Position, code: YamlErrorCode): UsageError {
  return new UsageError(`${path}:${line}:${column}: ${yamlProblem(code)}.`, {
    why: 'The file cannot be parsed, so nothing was read from it and nothing was written.',
    next: `Correct line ${line}, column ${column}, and run the command again.`,
  });
}
