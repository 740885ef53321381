import { Flags } from '@oclif/core';
import { UsageError } from '../errors.ts';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90s`, `1.5h`, `500ms`, `60d`; a bare number is seconds. In milliseconds. */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text.trim());
  if (match === null) {
    throw new UsageError(`${JSON.stringify(text)} is not a duration.`, {
      next: 'Write 500ms, 30s, 5m, 2h or 60d.',
    });
  }
  return Number(match[1]) * UNITS[match[2] ?? 's']!;
}

/** An oclif flag that takes a duration and yields milliseconds. */
export const durationFlag = Flags.custom<number>({
  helpValue: '<duration>',
  parse: (input) => Promise.resolve(parseDuration(input)),
});
