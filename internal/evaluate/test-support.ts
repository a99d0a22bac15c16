import { createViewCollector } from './views.ts'
import { cutSessions } from './sessions.ts'
import { askMethod } from './protocol.ts'
import { readPast } from './past.ts'
import type { Method } from './method.ts'
import type { Material } from './past.ts'
import type { ProtocolOptions } from './protocol.ts'
import type { Tally } from './tally.ts'
import type { Views } from './views.ts'

/** A view in short: who, what, and when in minutes. */
export type Look = readonly [userId: string, productId: string, minute: number]

export function viewsOf(looks: readonly Look[]): Views {
  const collector = createViewCollector()
  looks.forEach(([userId, productId, minute], index) => {
    const timestamp = minute * 60_000
    collector.add({ userId, productId, timestamp, source: 'test', messageId: String(index) })
  })
  return collector.finish().views
}

/** The users with a capital letter are asked about. */
export function materialOf(looks: readonly Look[], gapMs?: number): Material {
  const views = viewsOf(looks)
  const sessions = cutSessions(views, gapMs)
  const asked = new Uint8Array(sessions.count)
  views.users.forEach((user, view) => {
    if (/^[A-Z]/.test(views.userIds[user] as string)) asked[sessions.of[view] as number] = 1
  })
  return { views, sessions, asked }
}

export const usual: ProtocolOptions = { limit: 3, unknown: 'count', excludeSeen: false, learn: true }

/** Runs a generator to its end. */
export function drained<T>(work: Generator<unknown, T>): T {
  for (;;) {
    const step = work.next()
    if (step.done) return step.value
  }
}

export function asked(method: Method, material: Material, options: Partial<ProtocolOptions> = {}): Tally {
  return drained(askMethod(method, material, readPast(material), { ...usual, ...options }, () => 0))
}

/** What a method recommends after a visit, having seen the looks. */
export function recommended(
  method: Method,
  looks: readonly Look[],
  visit: readonly string[],
  { limit = 3, excludeSeen = false } = {},
): string[] {
  for (const [userId, productId, minute] of looks) {
    method.observe({ userId, productId, time: minute * 60_000 })
  }
  method.settle?.()
  return method.recommend({ userId: 'asking', visit, at: 1e9, limit, excludeSeen })
}
