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
  /** How late requests left, milliseconds: what of the times is the sender's own. */
  readonly lateness: Times
  /** True when the server fell so far behind that no more was sent: then the times are those until then. */
  readonly overwhelmed: boolean
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

/** So many unanswered requests say that the server can't keep up: then no more are sent. */
const mostUnanswered = 3_000

await answerApart(async ({ requests, warmUpMs }: Task): Promise<Found> => {
  const milliseconds = { gets: [] as number[], posts: [] as number[], late: [] as number[] }
  const unanswered = new Set<Due>()
  const began = performance.now()
  const elapsed = () => performance.now() - began
  let failure: unknown

  /** From when it was due, not from when it was sent: a sender that is held up hides nothing. */
  function note(due: Due): void {
    milliseconds[due.body === undefined ? 'gets' : 'posts'].push(elapsed() - due.at)
  }

  async function answer(due: Due): Promise<void> {
    if (due.at >= warmUpMs) milliseconds.late.push(elapsed() - due.at)
    unanswered.add(due)
    try {
      await send(due)
      if (due.at >= warmUpMs) note(due)
    } catch (error) {
      failure ??= error
    } finally {
      unanswered.delete(due)
    }
  }

  const answers: Promise<void>[] = []
  let next = 0
  const keepsUp = () => unanswered.size < mostUnanswered
  while (next < requests.length && failure === undefined && keepsUp()) {
    const now = elapsed()
    for (let due = requests[next]; due !== undefined && due.at <= now; due = requests[++next]) {
      answers.push(answer(due))
    }
    await sleep(1)
  }
  const overwhelmed = failure === undefined && !keepsUp()
  if (overwhelmed) {
    // What is still to come takes at least so long.
    for (const due of unanswered) note(due)
  } else await Promise.all(answers)
  agent.destroy()
  if (failure !== undefined && !overwhelmed) throw failure
  return {
    gets: timesOf(milliseconds.gets),
    posts: timesOf(milliseconds.posts),
    lateness: timesOf(milliseconds.late),
    overwhelmed,
  }
})
