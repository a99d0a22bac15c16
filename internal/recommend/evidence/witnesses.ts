import { CopiedSessions } from '../index/copied-sessions.ts'
import { none } from '../index/columns.ts'
import { askedFrom } from './evidence.ts'
import { createNumberMap } from './number-map.ts'
import { Sums } from './sums.ts'
import type { SessionIndex } from '../index/session-index.ts'
import type { Evidence } from './evidence.ts'
import type { Question } from './question.ts'

/** Of the newest so many sessions of a product it is asked what else they hold. */
const sessionsAsked = 100

/** Who viewed a recommended product together with one that the visitor viewed. */
export interface Witnesses {
  /**
   * Hears, in the sessions read for a question's newest products, the visitors on the products that will be asked about,
   * by the numbers under which they were found.
   */
  hear(evidence: Pick<Evidence, 'reading' | 'readFor'>, numbers: Iterable<number>): void
  /**
   * The viewed product that most visitors lately viewed in one session with `item`, and how many; {@link none} and 0
   * when nobody did. One of the newest products, if any of them can be the reason; else an earlier one. The asking
   * visitor is not counted, and nobody twice.
   */
  of(item: number, question: Question): { readonly viewed: number; readonly visitors: number }
  /** How many visitors lately viewed both in one session. */
  ofBoth(a: number, b: number): number
}

export function createWitnesses({ sessions: table, postings }: SessionIndex): Witnesses {
  const copied = new CopiedSessions()
  const met = createNumberMap()
  const heard = Array.from({ length: askedFrom }, () => new Sums())
  /** By number, 1 for what will be asked about. */
  const wanted = new Sums()
  let numberOf: (item: number) => number = () => none

  /** Tells `meet` the sessions from `from` up to `to`, and whether their visitor was met in one before. */
  function meetAll(
    { visitors }: CopiedSessions,
    from: number,
    to: number,
    meet: (place: number, again: boolean) => void,
  ): void {
    met.clear()
    for (let place = from; place < to; place++) {
      const visitor = visitors[place] as number
      const again = met.get(visitor) !== none
      if (!again) met.set(visitor, place)
      meet(place, again)
    }
  }

  /** Does a session between `from` and `place` of the same visitor hold the product, too? */
  function hasSaid(sessions: CopiedSessions, from: number, place: number, product: number): boolean {
    const visitor = sessions.visitors[place]
    for (let n = from; n < place; n++) {
      if (sessions.visitors[n] === visitor && sessions.holds(n, product)) return true
    }
    return false
  }

  function hearFrom(sessions: CopiedSessions, from: number, to: number, sums: Sums): void {
    sums.fit(wanted.length)
    meetAll(sessions, from, to, (place, again) => {
      const first = sessions.firsts[place] as number
      const end = first + (sessions.lengths[place] as number)
      for (let at = first; at < end; at++) {
        const number = sessions.views[at] as number
        if (wanted.values[number] !== 1 || isAmong(sessions.views, first, at, number)) continue
        if (!again || !hasSaid(sessions, from, place, number)) sums.values[number]! += 1
      }
    })
  }

  function ofBoth(a: number, b: number, asking = none): number {
    const [rarer, other] = postings.length(a) < postings.length(b) ? [a, b] : [b, a]
    copied.clear()
    table.copy(postings.list(rarer), postings.length(rarer), sessionsAsked, asking, copied)
    let visitors = 0
    meetAll(copied, 0, copied.size, (place, again) => {
      if (copied.holds(place, other) && !(again && hasSaid(copied, 0, place, other))) visitors++
    })
    return visitors
  }

  return {
    hear({ reading: { sessions, found }, readFor }, numbers) {
      numberOf = item => found.find(item)
      wanted.clear()
      wanted.fit(found.size)
      for (const number of numbers) wanted.values[number] = 1
      for (const [place, sums] of heard.entries()) {
        const [from, end] = [readFor[place] as number, readFor[place + 1] as number]
        sums.clear()
        hearFrom(sessions, from, Math.min(end, from + sessionsAsked), sums)
      }
    },
    of(item, { recent, recentLength, visitor }) {
      const number = numberOf(item)
      const isHeard = number !== none && wanted.get(number) === 1
      let viewed = none
      let visitors = 0
      for (let r = 0; r < recentLength && !(r >= askedFrom && visitors > 0); r++) {
        const asked = recent[r] as number
        const sums = isHeard ? heard[r] : undefined
        const both = sums ? sums.get(number) : ofBoth(item, asked, visitor)
        if (both > visitors) [viewed, visitors] = [asked, both]
      }
      return { viewed, visitors }
    },
    ofBoth,
  }
}

function isAmong(numbers: Uint32Array, from: number, to: number, number: number): boolean {
  for (let at = from; at < to; at++) if (numbers[at] === number) return true
  return false
}
