import { CopiedSessions } from '../index/copied-sessions.ts'
import { maxRecent } from './question.ts'
import { Found } from './found.ts'
import type { SessionIndex } from '../index/session-index.ts'

/** The sessions that one question reads, and the products found in them. */
export interface Reading {
  /** Their views are numbers of {@link found}. */
  readonly sessions: CopiedSessions
  readonly found: Found
  /** Forgets all, and numbers the products asked about as first. */
  start(products: Uint32Array, length: number): void
  /**
   * Reads the newest `most` sessions with a product, the newest first, behind those read before; those of `visitor` are
   * left out. Returns the place of the first of them.
   */
  read(product: number, visitor: number, most: number): number
}

export function createReading({ products: catalogue, sessions: table, postings }: SessionIndex): Reading {
  const sessions = new CopiedSessions()
  const found = new Found()
  const asked = new Uint32Array(maxRecent)

  return {
    sessions,
    found,
    start(products, length) {
      sessions.clear()
      found.clear()
      asked.set(products.subarray(0, length))
      found.renumber(asked, 0, length, catalogue.size)
    },
    read(product, visitor, most) {
      const { size, viewed } = sessions
      table.copy(postings.list(product), postings.length(product), most, visitor, sessions)
      found.renumber(sessions.views, viewed, sessions.viewed, catalogue.size)
      return size
    },
  }
}
