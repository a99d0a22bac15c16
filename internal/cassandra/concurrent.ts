/**
 * Does `work` for each item, at most `limit` at once. At the first failure no more are begun; it rejects with that
 * failure once those at work have ended.
 */
export async function forEachAtMost<T>(
  limit: number,
  items: Iterable<T> | AsyncIterable<T>,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>()
  let failure: { reason: unknown } | null = null
  for await (const item of items) {
    if (failure) break
    const one = work(item)
      .catch((reason: unknown) => {
        failure ??= { reason }
      })
      .finally(() => running.delete(one))
    running.add(one)
    if (running.size >= limit) await Promise.race(running)
  }
  await Promise.all(running)
  if (failure) throw (failure as { reason: unknown }).reason
}
