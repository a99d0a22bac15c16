import { setTimeout as sleep } from 'node:timers/promises'
import { parseProductView, viewToJson } from '#internal/domain/product-view-json.ts'
import { InvalidInput, Misconfigured, Unavailable } from '#internal/errors/errors.ts'
import { lineTooLong, viewsAtOnce } from './intake.ts'
import { splitLines } from './lines.ts'
import type { Refusal, RefusalReason } from '#internal/domain/product-view-json.ts'
import type { ProductView } from '#internal/domain/product-view.ts'
import type { Intake } from './intake.ts'

/** Takes views to where they are durable; resolves with the refusal of each that is not taken, else null. */
export type Target = (views: readonly ProductView[], signal: AbortSignal) => Promise<(Refusal | null)[]>

export interface RejectedLine {
  readonly line: number
  readonly reason: string
  readonly message: string
  /** The line as it was; null where it was too long to keep. */
  readonly original: Buffer | null
}

export interface SendResult {
  readonly lines: number
  readonly accepted: number
  readonly refused: Record<string, number>
}

export interface SendOptions {
  readonly input: AsyncIterable<Buffer>
  readonly target: Target
  readonly now: () => number
  readonly newId: () => string
  /** At most so many views a second. */
  readonly rate?: number
  readonly onRejected: (line: RejectedLine) => void | Promise<void>
  /** After each batch, with what is done so far; `waiting` says why nothing moves. */
  readonly onProgress: (done: SendResult & { waiting: string | null }) => void
  readonly signal: AbortSignal
}

const batchBytes = 512 * 1024
const giveUpAfterMs = 5 * 60_000
const maxBackOffMs = 10_000

interface Waiting {
  readonly line: number
  readonly original: Buffer
  readonly view: ProductView
}

/**
 * Sends NDJSON to a target, batch by batch. A target that is away is tried again with the same views and ids, so that
 * nothing is lost and nothing doubled; after five minutes without success it rejects with `Unavailable`.
 */
export async function sendViews(options: SendOptions): Promise<SendResult> {
  const { target, now, newId, rate, onRejected, onProgress, signal } = options
  const done = { lines: 0, accepted: 0, refused: {} as Record<string, number> }
  const started = performance.now()
  let sent = 0

  async function reject(line: RejectedLine): Promise<void> {
    done.refused[line.reason] = (done.refused[line.reason] ?? 0) + 1
    await onRejected(line)
  }

  async function flush(batch: readonly Waiting[]): Promise<void> {
    if (rate !== undefined) {
      const due = started + (sent / rate) * 1_000
      if (due > performance.now()) await sleep(due - performance.now(), undefined, { signal })
    }
    sent += batch.length
    const views = batch.map(({ view }) => view)
    const refusals = await untilTaken(
      () => target(views, signal),
      signal,
      waiting => onProgress({ ...done, waiting }),
    )
    for (const [index, { line, original }] of batch.entries()) {
      const refusal = refusals[index]
      if (refusal) await reject({ line, original, reason: refusal.reason, message: refusal.message })
      else done.accepted += 1
    }
    onProgress({ ...done, waiting: null })
  }

  const most = rate === undefined ? viewsAtOnce : Math.max(1, Math.min(viewsAtOnce, Math.ceil(rate / 10)))
  let batch: Waiting[] = []
  let bytes = 0
  for await (const { number, bytes: original } of splitLines(options.input)) {
    signal.throwIfAborted()
    done.lines += 1
    if (original === null) {
      await reject({ line: number, original, reason: lineTooLong.reason, message: lineTooLong.message })
      continue
    }
    const parsed = parseProductView(original, { newId, now: now() })
    if (!parsed.ok) {
      await reject({ line: number, original, reason: parsed.reason, message: parsed.message })
      continue
    }
    batch.push({ line: number, original, view: parsed.view })
    bytes += original.length
    if (batch.length >= most || bytes >= batchBytes) {
      await flush(batch)
      batch = []
      bytes = 0
    }
  }
  if (batch.length > 0) await flush(batch)
  onProgress({ ...done, waiting: null })
  return done
}

async function untilTaken<T>(
  attempt: () => Promise<T>,
  signal: AbortSignal,
  onWait: (why: string) => void,
): Promise<T> {
  const giveUpAt = performance.now() + giveUpAfterMs
  for (let tries = 0; ; tries += 1) {
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof Unavailable) || performance.now() > giveUpAt) throw error
      onWait(error.message)
      const backOff = Math.min(maxBackOffMs, 200 * 2 ** tries)
      const wait = Math.max(error.retryAfterSeconds * 1_000, backOff) * (0.5 + Math.random() / 2)
      await sleep(wait, undefined, { signal })
    }
  }
}

/** Straight to the log, under the same rules as by HTTP. */
export function toLog(intake: Intake): Target {
  return async views => {
    const judged = views.map(view => intake.checkUser(view))
    await intake.append(judged.flatMap(parsed => (parsed.ok ? [parsed.view] : [])))
    return judged.map(parsed => (parsed.ok ? null : parsed))
  }
}

const requestLimitMs = 30_000

/** What a service, or a proxy before it, says when the same request may go well later. */
const comeBackLater = new Set([429, 502, 503, 504])

/** One request with its whole answer; an answer that is cut off counts as none. */
async function ask(
  endpoint: URL,
  body: string,
  key: string | undefined,
  signal: AbortSignal,
): Promise<{ response: Response; text: string }> {
  try {
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(key !== undefined && { authorization: `Bearer ${key}` }),
      },
      body,
      signal: AbortSignal.any([signal, AbortSignal.timeout(requestLimitMs)]),
    })
    return { response, text: await response.text() }
  } catch (error) {
    signal.throwIfAborted()
    throw new Unavailable(`${endpoint.origin} does not answer`, { cause: error })
  }
}

/** To a running Vitrine by HTTP, with a key for one that wants it. */
export function toUrl(url: string, key?: string): Target {
  const endpoint = new URL('/v1/views', url)
  return async (views, signal) => {
    const { response, text } = await ask(endpoint, `[${views.map(viewToJson).join(',')}]`, key, signal)
    if (response.status === 202) {
      const { verdicts } = JSON.parse(text) as {
        verdicts: ({ accepted: true } | (Refusal & { accepted: false }))[]
      }
      return verdicts.map(verdict => (verdict.accepted ? null : verdict))
    }
    if (comeBackLater.has(response.status)) {
      const asked = Number(response.headers.get('retry-after') ?? 1)
      throw new Unavailable(`${endpoint.origin} asks to wait (${response.status})`, {
        retryAfterSeconds: Number.isFinite(asked) ? asked : 1,
      })
    }
    if (response.status === 401 || response.status === 403) {
      const need =
        key === undefined
          ? 'wants a key: set VITRINE_KEY to one with the scope views:write'
          : 'refuses the key in VITRINE_KEY'
      throw new Misconfigured(`${endpoint.origin} ${need} (${response.status})`)
    }
    const refusals = response.status === 400 ? refusedWhole(text) : null
    if (refusals?.length === views.length) return refusals
    throw new InvalidInput(
      `${endpoint.href} answered ${response.status}: is a Vitrine there? ${text.slice(0, 200)}`,
    )
  }
}

/** A batch of which no view is taken is refused as a whole, with what is wrong with each; `null` if the answer is not Vitrine's. */
function refusedWhole(text: string): Refusal[] | null {
  try {
    const { errors } = JSON.parse(text) as {
      errors: { pointer: string; message: string; reason: RefusalReason }[]
    }
    return errors.map(({ pointer, message, reason }) => ({ ok: false, field: pointer, message, reason }))
  } catch {
    return null
  }
}
