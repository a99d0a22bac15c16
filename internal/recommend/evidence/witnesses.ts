import { grown, none } from '../index/columns.ts'
import { maxSessionViews } from '../index/session-index.ts'
import { isAmong } from './question.ts'
import { createSums } from './sums.ts'
import type { SessionIndex } from '../index/session-index.ts'
import type { Question } from './question.ts'

/** Of the newest so many sessions of a product it is asked what else they hold. */
const sessionsAsked = 100
/** The newest products of a visit are the reason, if anything speaks for that; else the earlier ones. */
const askedFirst = 3

/** Who viewed a recommended product together with one that the visitor viewed. */
export interface Witnesses {
  /** Hears the visitors who viewed the newest products of a question on the products that will be asked about. */
  hear(question: Question, items: Iterable<number>): void
  /**
   * The viewed product that most visitors lately viewed in one session with `item`, and how many; {@link none} and 0
   * when nobody did. The asking visitor is not counted, and nobody twice.
   */
  of(item: number, question: Question): { readonly viewed: number; readonly visitors: number }
  /** How many visitors lately viewed both in one session. */
  ofBoth(a: number, b: number): number
}

export function createWitnesses({ sessions, postings }: SessionIndex): Witnesses {
  const items = new Uint32Array(maxSessionViews)
  const others = new Uint32Array(maxSessionViews)
  const heard = Array.from({ length: askedFirst }, () => createSums())
  /** By visitor, the last count that he was part of. */
  let counted = new Uint32Array(1024)
  let counts = 0
  /** By product, the last question in which it was asked about. */
  let wanted = new Uint32Array(1024)
  let questions = 0

  /** Tells `meet` the newest sessions with a product, and whether their visitor was met before. */
  function meetAll(asked: number, asking: number, meet: (session: number, again: boolean) => void): void {
    const list = postings.list(asked)
    const last = postings.length(asked) - 1
    counts = following(counts, counted)
    for (let n = last; n >= 0 && n > last - sessionsAsked; n--) {
      const session = list[n] as number
      const visitor = sessions.visitor(session)
      if (visitor === asking) continue
      counted = grown(counted, visitor + 1)
      meet(session, counted[visitor] === counts)
      counted[visitor] = counts
    }
  }

  /** Has a newer session of the same visitor both products? */
  function hasSaid(session: number, asked: number, item: number): boolean {
    let newer = sessions.newest(sessions.visitor(session))
    for (; newer !== session; newer = sessions.older(newer)) {
      const length = sessions.readItems(newer, others)
      if (isAmong(others, length, asked) && isAmong(others, length, item)) return true
    }
    return false
  }

  function hearOf(asked: number, asking: number, place: number): void {
    const sums = heard[place] as (typeof heard)[number]
    sums.clear()
    meetAll(asked, asking, (session, again) => {
      const length = sessions.readItems(session, items)
      for (let i = 0; i < length; i++) {
        const item = items[i] as number
        if (wanted[item] !== questions || isAmong(items, i, item)) continue
        if (!again || !hasSaid(session, asked, item)) sums.add(item, 1)
      }
    })
  }

  function ofBoth(a: number, b: number, asking = none): number {
    const [rarer, other] = postings.length(a) < postings.length(b) ? [a, b] : [b, a]
    let visitors = 0
    meetAll(rarer, asking, (session, again) => {
      if (!isAmong(items, sessions.readItems(session, items), other)) return
      if (!again || !hasSaid(session, rarer, other)) visitors++
    })
    return visitors
  }

  return {
    hear({ recent, recentLength, visitor }, about) {
      questions = following(questions, wanted)
      for (const item of about) {
        wanted = grown(wanted, item + 1)
        wanted[item] = questions
      }
      for (let r = 0; r < askedFirst; r++) {
        if (r < recentLength) hearOf(recent[r] as number, visitor, r)
        else heard[r]?.clear()
      }
    },
    of(item, { recent, recentLength, visitor }) {
      let viewed = none
      let visitors = 0
      for (let r = 0; r < recentLength && !(r >= askedFirst && visitors > 0); r++) {
        const asked = recent[r] as number
        const isHeard = r < askedFirst && wanted[item] === questions
        const both = isHeard ? (heard[r]?.get(item) ?? 0) : ofBoth(item, asked, visitor)
        if (both > visitors) [viewed, visitors] = [asked, both]
      }
      return { viewed, visitors }
    },
    ofBoth,
  }
}

/** The number after `count` that fits into the marks; where they run out, they are wiped and begin again. */
function following(count: number, marks: Uint32Array): number {
  if (count < 0xffff_ffff) return count + 1
  marks.fill(0)
  return 1
}
