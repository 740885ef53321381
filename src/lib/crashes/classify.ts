import { CRASH_PATTERNS, UNKNOWN_PATTERN, type Actor, type CrashPattern } from './patterns.ts';

/** What a text means. Texts that no pattern knows have pattern and class `unknown`. */
export interface Classification {
  /** {@link CrashPattern.id} */
  pattern: string;
  class: string;
  cause: string;
  who: readonly Actor[];
  todo: string;
  source: string;
}

export type Classifier = (text: string) => Classification;

const UNKNOWN: Classification = asClassification({ ...UNKNOWN_PATTERN });

function asClassification(pattern: Omit<CrashPattern, 'pattern'>): Classification {
  return {
    pattern: pattern.id,
    class: pattern.class,
    cause: pattern.cause,
    who: pattern.who,
    todo: pattern.todo,
    source: pattern.source,
  };
}

/** How many different texts are remembered: a foundation's crashes repeat a few texts thousands of times. */
const REMEMBERED = 4096;

/**
 * A classifier over the table, with an operator's own patterns in front. The first pattern that matches wins; the answer for
 * a text is remembered.
 */
export function classifier(own: readonly CrashPattern[] = []): Classifier {
  const table = [...own, ...CRASH_PATTERNS].map((pattern) => ({
    regexp: pattern.pattern,
    answer: asClassification(pattern),
  }));
  const known = new Map<string, Classification>();
  return (text) => {
    const remembered = known.get(text);
    if (remembered !== undefined) return remembered;
    const answer = table.find(({ regexp }) => regexp.test(text))?.answer ?? UNKNOWN;
    if (known.size >= REMEMBERED) known.clear();
    known.set(text, answer);
    return answer;
  };
}

export const classify: Classifier = classifier();

/** Whether a text speaks of disk: the classes that `diagnose disk-quota` looks at, and words of its own. */
export function isAboutDisk(text: string, classification: Classification): boolean {
  switch (classification.class) {
    case 'image-size':
    case 'host-disk':
    case 'disk-full':
      return true;
    case 'copy-in':
      return ['copy-in-disk', 'copy-in-bare', 'copy-in-cut'].includes(classification.pattern);
    case 'insufficient-resources':
      return classification.pattern === 'insufficient-disk';
    default:
      return (
        /quota exceeded|no space left on device|ENOSPC|EDQUOT/i.test(text) &&
        classification.pattern !== 'cgroup-limit'
      );
  }
}
