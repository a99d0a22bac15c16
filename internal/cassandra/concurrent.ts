/**
 * Does `work` for each item, at most `limit` at once. At the first failure no more are begun; it rejects with that
 * failure once those at work have ended.
 */
export async function forEachAtMost<T>(
  limit: number,
  items: Iterable<T> | AsyncIterable<T>,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]()
  const failures: unknown[] = []
  async function worker(): Promise<void> {
    try {
      while (failures.length === 0) {
        const next = await iterator.next()
        if (next.done) return
        await work(next.value)
      }
    } catch (error) {
      failures.push(error)
    }
  }
  await Promise.all(Array.from({ length: limit }, worker))
  if (failures.length === 0) return
  await iterator.return?.()
  throw failures[0]
}
