import { grown, none } from '../index/columns.ts'
import { maxSessionViews } from '../index/session-index.ts'
import { isAmong } from './question.ts'
import type { SessionIndex } from '../index/session-index.ts'
import type { Question } from './question.ts'

/** Of the newest so many sessions of the rarer product it is asked whether they hold the other, too. */
const sessionsAsked = 300
/** The newest products of a visit are the reason, if anything speaks for that; else the earlier ones. */
const askedFirst = 3

/** Who viewed a recommended product together with one that the visitor viewed. */
export interface Witnesses {
  /**
   * The viewed product that most visitors viewed in one session with `item`, and how many; {@link none} and 0 when
   * nobody did. The asking visitor is not counted.
   */
  of(item: number, question: Question): { readonly viewed: number; readonly visitors: number }
  /** How many visitors viewed both in one session. */
  ofBoth(a: number, b: number): { readonly visitors: number }
}

export function createWitnesses({ sessions, postings }: SessionIndex): Witnesses {
  const items = new Uint32Array(maxSessionViews)
  /** By visitor, the last count that he was part of: so nobody counts twice. */
  let counted = new Uint32Array(1024)
  let counts = 0

  function visitorsWithBoth(a: number, b: number, asking: number): number {
    const [rarer, other] = postings.length(a) < postings.length(b) ? [a, b] : [b, a]
    const list = postings.list(rarer)
    const last = postings.length(rarer) - 1
    counts++
    let found = 0
    for (let n = last; n >= 0 && n > last - sessionsAsked; n--) {
      const session = list[n] as number
      const visitor = sessions.visitor(session)
      if (visitor === asking) continue
      counted = grown(counted, visitor + 1)
      if (counted[visitor] === counts) continue
      if (!isAmong(items, sessions.readItems(session, items), other)) continue
      counted[visitor] = counts
      found++
    }
    return found
  }

  return {
    of(item, { recent, recentLength, visitor }) {
      let viewed = none
      let visitors = 0
      for (let r = 0; r < recentLength && !(r >= askedFirst && visitors > 0); r++) {
        const both = visitorsWithBoth(item, recent[r] as number, visitor)
        if (both > visitors) [viewed, visitors] = [recent[r] as number, both]
      }
      return { viewed, visitors }
    },
    ofBoth: (a, b) => ({ visitors: visitorsWithBoth(a, b, none) }),
  }
}
