/** The values of several sources as they come. It ends when all have ended, and throws what the first one throws. */
export async function* merged<T>(sources: readonly AsyncIterator<T>[]): AsyncGenerator<T, void, undefined> {
  const next = (source: AsyncIterator<T>) => source.next().then((result) => ({ source, result }));
  const waiting = new Map(sources.map((source) => [source, next(source)]));
  try {
    while (waiting.size > 0) {
      const { source, result } = await Promise.race(waiting.values());
      if (result.done === true) {
        waiting.delete(source);
      } else {
        waiting.set(source, next(source));
        yield result.value;
      }
    }
  } finally {
    // Those that still wait are ended by their own signal; what they reject with then is of no interest.
    for (const promise of waiting.values()) promise.catch(() => undefined);
  }
}
