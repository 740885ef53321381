/** A run of lines that changed, with lines around it, as in `diff -u`. */
interface Hunk {
  oldStart: number;
  newStart: number;
  lines: { mark: ' ' | '-' | '+'; text: string }[];
}

type Step = { mark: ' '; old: number; now: number } | { mark: '-'; old: number } | { mark: '+'; now: number };

const CONTEXT = 3;

/**
 * A unified diff of two texts. The comparison is of the texts; what is shown are the lines given, so that secrets can be masked and a
 * changed secret is a change all the same.
 */
export function unifiedDiff(
  path: string,
  before: { text: string; shown: readonly string[] },
  after: { text: string; shown: readonly string[] },
): string {
  const old = linesOf(before.text);
  const now = linesOf(after.text);
  const steps = compare(old, now);
  if (steps.every(({ mark }) => mark === ' ')) return '';
  const shown = (step: Step): string =>
    step.mark === '+' ? lineText(after, now, step.now) : lineText(before, old, step.old);
  const output = [`--- ${path}`, `+++ ${path}`];
  for (const { oldStart, newStart, lines } of hunks(steps, shown)) {
    const olds = lines.filter(({ mark }) => mark !== '+').length;
    const news = lines.filter(({ mark }) => mark !== '-').length;
    output.push(`@@ -${range(oldStart, olds)} +${range(newStart, news)} @@`);
    for (const { mark, text } of lines) output.push(...`${mark}${text}`.split('\n'));
  }
  return `${output.join('\n')}\n`;
}

/** The lines with their line breaks: a last line without one differs from the same line with one. */
function linesOf(text: string): string[] {
  return text === '' ? [] : text.split(/(?<=\n)/);
}

function lineText(side: { shown: readonly string[] }, lines: readonly string[], index: number): string {
  const text = (side.shown[index] ?? '').replace(/\r$/, '');
  return lines[index]!.endsWith('\n') ? text : `${text}\n\\ No newline at end of file`;
}

function range(start: number, count: number): string {
  // As diff writes it: a range of no lines begins at the line before.
  return count === 1 ? String(start + 1) : `${count === 0 ? start : start + 1},${count}`;
}

function hunks(steps: readonly Step[], shown: (step: Step) => string): Hunk[] {
  const found: Hunk[] = [];
  let old = 0;
  let now = 0;
  let current: Hunk | undefined;
  let quiet = 0;
  for (const [index, step] of steps.entries()) {
    const near = steps.slice(index, index + CONTEXT + 1).some(({ mark }) => mark !== ' ');
    if (current === undefined && near) {
      current = { oldStart: old, newStart: now, lines: [] };
      found.push(current);
    }
    current?.lines.push({ mark: step.mark, text: shown(step) });
    quiet = step.mark === ' ' ? quiet + 1 : 0;
    if (step.mark !== '+') old += 1;
    if (step.mark !== '-') now += 1;
    const nextChange = steps.slice(index + 1, index + 2 + CONTEXT).some(({ mark }) => mark !== ' ');
    if (quiet >= CONTEXT && !nextChange) current = undefined;
  }
  return found;
}

/** Myers' greedy algorithm: few differences in long files are found in little time. */
function compare(old: readonly string[], now: readonly string[]): Step[] {
  let head = 0;
  while (head < old.length && head < now.length && old[head] === now[head]) head += 1;
  let tail = 0;
  while (
    tail < old.length - head &&
    tail < now.length - head &&
    old[old.length - 1 - tail] === now[now.length - 1 - tail]
  ) {
    tail += 1;
  }
  const same = (from: number, count: number, shift: number): Step[] =>
    Array.from({ length: count }, (_, index) => ({
      mark: ' ',
      old: from + index,
      now: from + index + shift,
    }));
  return [
    ...same(0, head, 0),
    ...middle(old.slice(head, old.length - tail), now.slice(head, now.length - tail), head),
    ...same(old.length - tail, tail, now.length - old.length),
  ];
}

function middle(old: readonly string[], now: readonly string[], shift: number): Step[] {
  const traces: Map<number, number>[] = [];
  const frontier = new Map<number, number>([[1, 0]]);
  for (let edits = 0; ; edits++) {
    traces.push(new Map(frontier));
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      let x = goesDown(frontier, diagonal, edits)
        ? frontier.get(diagonal + 1)!
        : frontier.get(diagonal - 1)! + 1;
      while (x < old.length && x - diagonal < now.length && old[x] === now[x - diagonal]) x += 1;
      frontier.set(diagonal, x);
      if (x >= old.length && x - diagonal >= now.length)
        return retrace(traces, old.length, now.length, shift);
    }
  }
}

function goesDown(frontier: ReadonlyMap<number, number>, diagonal: number, edits: number): boolean {
  return (
    diagonal === -edits ||
    (diagonal !== edits && (frontier.get(diagonal - 1) ?? -1) < (frontier.get(diagonal + 1) ?? -1))
  );
}

function retrace(
  traces: readonly Map<number, number>[],
  oldEnd: number,
  nowEnd: number,
  shift: number,
): Step[] {
  const steps: Step[] = [];
  let x = oldEnd;
  let y = nowEnd;
  for (let edits = traces.length - 1; edits >= 0; edits--) {
    const frontier = traces[edits]!;
    const diagonal = x - y;
    const previous = goesDown(frontier, diagonal, edits) ? diagonal + 1 : diagonal - 1;
    const px = frontier.get(previous)!;
    const py = px - previous;
    while (x > px && y > py) steps.push({ mark: ' ', old: --x + shift, now: --y + shift });
    if (edits === 0) break;
    if (x === px) steps.push({ mark: '+', now: --y + shift });
    else steps.push({ mark: '-', old: --x + shift });
  }
  return steps.reverse();
}
