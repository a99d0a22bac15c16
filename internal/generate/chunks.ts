const chunkLength = 65_536

/** Joins lines, each with its line feed, into pieces large enough to be worth a write. */
export function* chunks<T>(items: Iterable<T>, lineOf: (item: T) => string): Generator<string> {
  let chunk = ''
  for (const item of items) {
    chunk += `${lineOf(item)}\n`
    if (chunk.length >= chunkLength) {
      yield chunk
      chunk = ''
    }
  }
  if (chunk !== '') yield chunk
}
