import { Problem } from './problem.ts'
import type { CounterMetric, Metrics } from '#internal/telemetry/metrics.ts'

/** Tells whether a key is good for what a call's scope names. */
export interface Keys {
  check(text: string, scope: string): 'allowed' | 'unknown' | 'expired' | 'out-of-scope' | 'not-ready'
}

type Reason = 'missing' | Exclude<ReturnType<Keys['check']>, 'allowed'>

/** Lets calls through that bring a key for their scope; throws the refusal of all others. */
export type Guard = (authorization: string | undefined, scope: string) => void

const refusals = {
  missing: 'This call wants a key: Authorization: Bearer KEY.',
  unknown: 'This key is unknown; it may have been revoked.',
  expired: 'This key has expired; ask for a new one.',
} as const

/** A scheme in any case, spaces, and what a key may be made of (RFC 6750). */
const bearer = /^bearer +([\w.~+/-]+=*) *$/i

export function createGuard(keys: Keys, metrics: Metrics): Guard {
  const refused: CounterMetric<'reason'> = metrics.counter({
    name: 'vitrine_requests_refused_total',
    help: 'Requests refused for want of a key that is good for them, by reason.',
    labels: ['reason'],
  })
  return (authorization, scope) => {
    const text = bearer.exec(authorization ?? '')?.[1]
    const verdict = text === undefined ? 'missing' : keys.check(text, scope)
    if (verdict === 'allowed') return
    refused.add({ reason: verdict })
    throw refusalOf(verdict, scope)
  }
}

function refusalOf(reason: Reason, scope: string): Problem {
  if (reason === 'not-ready') {
    return new Problem('unavailable', 'The keys have not been read yet; try again.', {
      headers: { 'Retry-After': '1' },
    })
  }
  if (reason === 'out-of-scope') {
    return new Problem('forbidden', `This key is not good for ${scope}: ask for one with that scope.`, {
      headers: { 'WWW-Authenticate': `Bearer error="insufficient_scope", scope="${scope}"` },
    })
  }
  const error = reason === 'missing' ? '' : ' error="invalid_token"'
  return new Problem('unauthorized', refusals[reason], { headers: { 'WWW-Authenticate': `Bearer${error}` } })
}
