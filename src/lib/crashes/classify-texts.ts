import type { Readable } from 'node:stream';
import { readLines } from '../evidence/lines.ts';
import { classifier, type Classification } from './classify.ts';
import { maskSecrets } from './mask.ts';
import type { CrashPattern } from './patterns.ts';

export type ClassifiedText = Omit<Classification, 'source'> & { text: string };

/** What a text means, or each line of standard input when it is `-`. */
export async function classifyTexts(
  text: string,
  own: readonly CrashPattern[],
  stdin: Readable,
): Promise<ClassifiedText[]> {
  const texts: string[] = [];
  if (text === '-') {
    await readLines(
      '-',
      (line) => {
        if (line !== undefined && line !== '') texts.push(line);
      },
      { stdin },
    );
  } else {
    texts.push(text);
  }
  const classify = classifier(own);
  return texts.map((raw) => {
    const masked = maskSecrets(raw);
    const { pattern, class: name, who, cause, todo } = classify(masked);
    return { text: masked, pattern, class: name, who, cause, todo };
  });
}
