import { InvalidInput } from '#internal/errors/errors.ts'
import type { Views } from './views.ts'

/** A visit ends when its user looked at nothing for so long. */
export const sessionGapMs = 30 * 60_000

/** Runs of one user's views with gaps under the limit, numbered in the order they begin. */
export interface Sessions {
  readonly count: number
  /** Of each view, its session. */
  readonly of: Uint32Array
  /** When each begins, epoch milliseconds, never falling. */
  readonly starts: Float64Array
}

export function cutSessions(views: Views, gapMs = sessionGapMs): Sessions {
  const of = new Uint32Array(views.length)
  const starts = new Float64Array(views.length)
  const lastOfUser = new Int32Array(views.userIds.length).fill(-1)
  let count = 0
  for (let view = 0; view < views.length; view += 1) {
    const user = views.users[view] as number
    const time = views.times[view] as number
    const last = lastOfUser[user] as number
    if (last >= 0 && time - (views.times[last] as number) < gapMs) {
      of[view] = of[last] as number
    } else {
      of[view] = count
      starts[count] = time
      count += 1
    }
    lastOfUser[user] = view
  }
  return { count, of, starts: starts.subarray(0, count) }
}

/** Where the past ends: at a time (epoch milliseconds), or so that this share of the sessions, the newest, is asked about. */
export type Split = { readonly at: number } | { readonly share: number }

/** Sessions that begin at the split or later are asked about, all older ones are learned from. Throws `InvalidInput` when either is empty. */
export function splitSessions(sessions: Sessions, split: Split): { at: number; asked: Uint8Array } {
  if (sessions.count < 2) {
    throw new InvalidInput(
      `at least two visits are needed, the older to learn from and the newer to be asked about; there is ${sessions.count || 'none'}`,
    )
  }
  const at = 'at' in split ? split.at : timeOfShare(sessions, split.share)
  const asked = Uint8Array.from(sessions.starts, start => (start >= at ? 1 : 0))
  const [first, last] = [sessions.starts[0] as number, sessions.starts[sessions.count - 1] as number]
  if (asked[0] === 1 || asked[sessions.count - 1] === 0) {
    throw new InvalidInput(
      `the split must have visits before and after it: it is at ${text(at)}, the visits begin from ${text(first)} to ${text(last)}`,
      'split',
    )
  }
  return { at, asked }
}

function timeOfShare({ count, starts }: Sessions, share: number): number {
  const index = Math.min(count - 1, Math.max(1, Math.floor(count * (1 - share))))
  return starts[index] as number
}

const text = (time: number) => new Date(time).toISOString()
