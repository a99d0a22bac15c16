import { performance } from 'node:perf_hooks'
import { answerApart, memory } from '../apart.ts'
import { createInProcess } from '../questions.ts'
import { firstViews, shopWith } from '../shop.ts'
import type { Times } from '../times.ts'

/** An index of its own size in a process of its own, and how soon it answers. */
export interface Task {
  readonly views: number
  /** Questions of each kind in a round. */
  readonly questions: number
  readonly rounds: number
  readonly sessionsPerProduct?: number
}

export interface Found {
  readonly views: number
  readonly sessions: number
  readonly products: number
  readonly visitors: number
  /** What the index says that it takes, bytes. */
  readonly bytes: number
  /** By how much the process grew, bytes. */
  readonly liveBytes: number
  readonly residentBytes: number
  /** Until one view is in the index, microseconds of CPU, without reading it from anywhere. */
  readonly addMicroseconds: number
  readonly withReasons: readonly Times[]
  readonly withoutReasons: readonly Times[]
}

await answerApart(async ({ views, questions, rounds, sessionsPerProduct }: Task): Promise<Found> => {
  // The generator has tables of its own; they stand before the first look at the memory, and while it is looked again.
  const shop = shopWith(views * 1.1)
  const chunk = firstViews(shop, views)
  const first = chunk.next()
  const before = memory()
  let adding = 0
  function* timed() {
    if (!first.done) yield first.value
    for (const view of chunk) {
      const began = performance.now()
      yield view
      adding += performance.now() - began
    }
  }
  const inProcess = createInProcess({
    views: timed(),
    capacityViews: views,
    ...(sessionsPerProduct !== undefined && { sessionsPerProduct }),
  })
  const after = memory()
  inProcess.time(questions, 'with reasons')
  inProcess.time(questions, 'without reasons')
  const withReasons: Times[] = []
  const withoutReasons: Times[] = []
  for (let round = 0; round < rounds; round++) {
    withoutReasons.push(inProcess.time(questions, 'without reasons'))
    withReasons.push(inProcess.time(questions, 'with reasons'))
  }
  const { index } = inProcess
  return {
    views: index.views,
    sessions: index.sessions.size,
    products: index.products.size,
    visitors: index.visitors.size,
    bytes: index.bytes(),
    liveBytes: after.live - before.live,
    residentBytes: after.resident - before.resident,
    addMicroseconds: (adding * 1_000) / views,
    withReasons,
    withoutReasons,
  }
})
