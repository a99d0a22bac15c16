/** Times at which something was done again and again, as spans that hold them, the oldest first. */
export type Spans = { from: number; to: number }[]

/** So many times are kept as they are; beyond them the two nearest to each other become one span. */
export const mostTimes = 8

/** Adds a time. While there are at most {@link mostTimes}, each span is a single time. */
export function addTime(spans: Spans, at: number): void {
  const place = spans.findLastIndex(({ from }) => from <= at) + 1
  if (at <= (spans[place - 1]?.to ?? -Infinity)) return
  spans.splice(place, 0, { from: at, to: at })
  if (spans.length > mostTimes) joinNearest(spans)
}

function joinNearest(spans: Spans): void {
  let [nearest, smallest] = [1, Infinity]
  for (let i = 1; i < spans.length; i++) {
    const gap = spans[i]!.from - spans[i - 1]!.to
    if (gap < smallest) [nearest, smallest] = [i, gap]
  }
  spans[nearest - 1]!.to = spans[nearest]!.to
  spans.splice(nearest, 1)
}

/** Is one of the times in `from` to `to`? Within a span, every time is taken for one. */
export function isTimeIn(spans: Spans | undefined, from: number, to: number): boolean {
  return spans?.some(span => span.from <= to && Math.min(span.to, to) >= from) ?? false
}

/** Drops the times before `time`, and tells how many spans that were. */
export function dropTimesBefore(spans: Spans, time: number): number {
  const kept = spans.findIndex(({ to }) => to >= time)
  return spans.splice(0, kept < 0 ? spans.length : kept).length
}
