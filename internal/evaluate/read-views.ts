import { parseProductView } from '#internal/domain/product-view-json.ts'
import { createViewCollector } from './views.ts'
import type { Views } from './views.ts'

/** What was read of a file of views. */
export interface ReadViews {
  readonly views: Views
  readonly lines: number
  /** Lines left out, by reason. */
  readonly refused: Record<string, number>
  readonly repeats: number
}

/**
 * Reads views as a shop sends them, a view a line (`null` where a line was too long to keep). What is no view is counted
 * by reason; so is a view without a timestamp, since nobody can say when it was. `now` is epoch milliseconds.
 */
export async function readViews(
  lines: AsyncIterable<{ readonly bytes: Buffer | null }>,
  now: number,
): Promise<ReadViews> {
  const collector = createViewCollector()
  const refused: Record<string, number> = {}
  // Timestamps are whole milliseconds: this one can only come from its absence.
  const absent = Math.floor(now) + 0.5
  let count = 0
  const refuse = (reason: string) => {
    refused[reason] = (refused[reason] ?? 0) + 1
  }

  for await (const { bytes } of lines) {
    count += 1
    if (bytes === null) {
      refuse('line-too-long')
      continue
    }
    const line = count
    const parsed = parseProductView(bytes, { now: absent, newId: () => `line ${line}` })
    if (!parsed.ok) refuse(parsed.reason)
    else if (parsed.view.timestamp === absent) refuse('no-timestamp')
    else collector.add(parsed.view)
  }
  return { ...collector.finish(), lines: count, refused }
}
