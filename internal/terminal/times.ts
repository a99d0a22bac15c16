const units = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
] as const

/** Milliseconds in the unit that people would choose: `12 s`, `3 min`, `47 h`, `9 d`; rounded down, at least `0 s`. */
export function inWords(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000))
  // Two of a unit before it is used, so that what is shown is never off by more than a third.
  const [unit, size] = units.find(([, size]) => seconds >= 2 * size) ?? ['s', 1]
  return `${Math.floor(seconds / size)} ${unit}`
}

/** A time in epoch milliseconds as people say it: `12 min ago`, `in 3 h`, `now`. */
export function relative(time: number, now: number): string {
  const ms = time - now
  if (Math.abs(ms) < 1_000) return 'now'
  return ms < 0 ? `${inWords(-ms)} ago` : `in ${inWords(ms)}`
}
