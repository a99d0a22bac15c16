import { Agent, request } from 'node:http'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { answerApart } from '../apart.ts'
import { timesOf } from '../times.ts'
import type { Times } from '../times.ts'

/** A request, and when it is due, milliseconds from the start. */
export interface Due {
  readonly at: number
  readonly url: string
  /** With it, a POST of JSON. */
  readonly body?: string
}

/** Requests sent when they are due, whatever became of those before; times are told of those after the warm-up. */
export interface Task {
  readonly requests: readonly Due[]
  readonly warmUpMs: number
}

export interface Found {
  readonly gets: Times
  readonly posts: Times
  /** Answers a second, over the time in which they were due. */
  readonly getRate: number
  readonly postRate: number
  /** How late requests left, milliseconds: what of the times is the sender's own. */
  readonly lateness: Times
}

const agent = new Agent({ keepAlive: true, maxSockets: 128 })

/** Resolves once the answer is there in full; rejects when it is not 2xx. */
function send({ url, body }: Due): Promise<void> {
  const answered = Promise.withResolvers<void>()
  const options =
    body === undefined
      ? { agent }
      : {
          agent,
          method: 'POST',
          headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
        }
  const sent = request(url, options, response => {
    const { statusCode = 0 } = response
    response.resume()
    response.once('error', answered.reject)
    response.once('end', () => {
      if (statusCode >= 200 && statusCode < 300) answered.resolve()
      else answered.reject(new Error(`${url} answered ${statusCode}`))
    })
  })
  sent.once('error', answered.reject)
  sent.end(body)
  return answered.promise
}

await answerApart(async ({ requests, warmUpMs }: Task): Promise<Found> => {
  const milliseconds = { gets: [] as number[], posts: [] as number[], late: [] as number[] }
  const began = performance.now()
  let failure: unknown
  async function answer(due: Due): Promise<void> {
    if (due.at >= warmUpMs) milliseconds.late.push(performance.now() - began - due.at)
    await send(due)
    // From when it was due, not from when it was sent: a sender that is held up hides nothing.
    const took = performance.now() - began - due.at
    if (due.at >= warmUpMs) milliseconds[due.body === undefined ? 'gets' : 'posts'].push(took)
  }
  const answers: Promise<void>[] = []
  for (let next = 0; next < requests.length && failure === undefined; ) {
    const now = performance.now() - began
    for (let due = requests[next]; due !== undefined && due.at <= now; due = requests[++next]) {
      answers.push(
        answer(due).catch(error => {
          failure = error
        }),
      )
    }
    await sleep(1)
  }
  await Promise.all(answers)
  agent.destroy()
  if (failure !== undefined) throw failure
  const seconds = ((requests.at(-1)?.at ?? 0) - warmUpMs) / 1_000
  return {
    gets: timesOf(milliseconds.gets),
    posts: timesOf(milliseconds.posts),
    getRate: milliseconds.gets.length / seconds,
    postRate: milliseconds.posts.length / seconds,
    lateness: timesOf(milliseconds.late),
  }
})
