import { Flags } from '@oclif/core';
import { UsageError } from '../errors.ts';
import { parseDuration } from '../output/units.ts';

/** An oclif flag that takes a duration (`500ms`, `30s`, `5m`, `60d`; a bare number is seconds) and yields milliseconds. */
export const durationFlag = Flags.custom<number>({
  helpValue: '<duration>',
  parse: (input) => {
    const milliseconds = parseDuration(input.trim());
    if (milliseconds === undefined) {
      throw new UsageError(`${JSON.stringify(input)} is not a duration.`, {
        next: 'Write 500ms, 30s, 5m, 2h or 60d.',
      });
    }
    return Promise.resolve(milliseconds);
  },
});
