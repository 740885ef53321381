/** The middle one, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new Error('There is no median of nothing.');
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Runs something several times, one after the other. The number of the run is passed in, from 1. */
export async function repeat<T>(runs: number, body: (run: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let run = 1; run <= runs; run++) results.push(await body(run));
  return results;
}

/** Runs something once and says how long it took. */
export async function timed<T>(body: () => Promise<T>): Promise<{ seconds: number; result: T }> {
  const started = performance.now();
  const result = await body();
  return { seconds: (performance.now() - started) / 1000, result };
}

/** `2.71 (2.65 to 2.90)`: the median, and the least and the most of several runs. */
export function spread(values: readonly number[], digits = 2): string {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return `${median(values).toFixed(digits)} (${low.toFixed(digits)} to ${high.toFixed(digits)})`;
}
