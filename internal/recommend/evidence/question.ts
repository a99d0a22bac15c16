import { none } from '../index/columns.ts'
import type { SessionIndex } from '../index/session-index.ts'

/** So many of the newest views are looked at. */
export const maxPath = 64
/** So many different products of them are asked for what others viewed with them. */
export const maxRecent = 10
/** With so many different products of the newest session nobody asks what was viewed before it. */
const enoughProducts = 3

/** What is asked from: what a visitor looked at last. Filled anew for each question. */
export interface Question {
  /** Numbers of products, the newest view first; {@link none} for products that nobody else viewed. */
  readonly path: Uint32Array
  /** Effective times of these views, epoch milliseconds; the same for all where no times are known. */
  readonly times: Float64Array
  length: number
  /** Whose views are no evidence: the asking visitor's number, or {@link none}. */
  visitor: number
  /** The different products among them, the newest first, and how many steps back each was viewed last (1 for the newest). */
  readonly recent: Uint32Array
  readonly distances: Uint8Array
  recentLength: number
}

export function createQuestion(): Question {
  return {
    path: new Uint32Array(maxPath),
    times: new Float64Array(maxPath),
    length: 0,
    visitor: none,
    recent: new Uint32Array(maxRecent),
    distances: new Uint8Array(maxRecent),
    recentLength: 0,
  }
}

/** From whom and from what is asked. */
export interface Asked {
  /** Whose views are looked up, and are no evidence; `null` for nobody known. */
  readonly userId: string | null
  /** Products looked at after those views, or in their place, the newest last. */
  readonly products: readonly string[]
  /** When these were looked at, epoch milliseconds. */
  readonly at: number
}

/** Fills a question; false when nobody has viewed any product that it holds. */
export function ask(question: Question, index: SessionIndex, { userId, products, at }: Asked): boolean {
  question.visitor = userId === null ? none : index.visitors.find(userId)
  question.length = Math.min(products.length, maxPath)
  for (let i = 0; i < question.length; i++) {
    question.path[i] = index.products.find(products[products.length - 1 - i] as string)
    question.times[i] = at
  }
  if (question.visitor !== none) addViews(question, index)
  findRecent(question)
  return question.recentLength > 0
}

/**
 * Adds the views of the visitor's newest session, which come before the products that are there, and of those before it
 * as long as there are too few products to ask from: what one was after on another day says little.
 */
function addViews(question: Question, { sessions }: SessionIndex): void {
  let session = sessions.newest(question.visitor)
  while (session !== none && question.length < maxPath) {
    question.length += sessions.readBackwards(session, question.path, question.times, question.length)
    session = sessions.older(session)
    findRecent(question)
    if (question.recentLength >= enoughProducts) return
  }
}

function findRecent(question: Question): void {
  const { path, recent, distances, length } = question
  let found = 0
  for (let i = 0; i < length && found < maxRecent; i++) {
    const item = path[i] as number
    if (item === none || isAmong(recent, found, item)) continue
    recent[found] = item
    distances[found] = i + 1
    found++
  }
  question.recentLength = found
}

export function isAmong(numbers: Uint32Array, length: number, number: number): boolean {
  for (let i = 0; i < length; i++) if (numbers[i] === number) return true
  return false
}
