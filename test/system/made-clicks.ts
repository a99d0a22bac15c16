import type { Click } from './clicks.ts'

/** Clicks for machines without the real ones: 2,000 sessions over 20 days, popular items more often than others. */
export function generateClicks(): Click[] {
  let state = 7
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
  return Array.from({ length: 2_000 }, (_, session) => session).flatMap(session => {
    const start = Math.floor(random() * 20 * 86_400)
    return Array.from({ length: 2 + Math.floor(random() * 8) }, (_, step) => ({
      session: String(session),
      item: String(Math.floor(500 * random() ** 3)),
      time: start + step * 30,
    }))
  })
}
