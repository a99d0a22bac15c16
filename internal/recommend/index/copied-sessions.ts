import { grown } from './columns.ts'

/**
 * Sessions copied to where they lie side by side: what is scattered over memory is read once and without waiting for one
 * read before the next, and then as often as one likes.
 */
export class CopiedSessions {
  /** How many there are. */
  size = 0
  /** Numbers of the sessions, who visited, how many views each holds, and in which span of six hours it ended. */
  sessions = new Uint32Array(1024)
  visitors = new Uint32Array(1024)
  lengths = new Uint32Array(1024)
  endSpans = new Uint32Array(1024)
  /** Where in {@link views} the first view of each is. */
  firsts = new Uint32Array(1024)
  /** The products viewed, session by session, in the order of the views. */
  views = new Uint32Array(8192)
  viewed = 0

  clear(): void {
    this.size = 0
    this.viewed = 0
  }

  /** Makes room for so many more sessions. */
  reserve(more: number): void {
    const size = this.size + more
    if (size <= this.sessions.length) return
    this.sessions = grown(this.sessions, size)
    const { length } = this.sessions
    this.visitors = grown(this.visitors, length)
    this.lengths = grown(this.lengths, length)
    this.endSpans = grown(this.endSpans, length)
    this.firsts = grown(this.firsts, length)
  }

  /** Makes room for so many more views. */
  reserveViews(more: number): void {
    this.views = grown(this.views, this.viewed + more)
  }

  /** Is the product, or whatever its views were renumbered to, among those of the n-th session? */
  holds(n: number, product: number): boolean {
    const first = this.firsts[n] as number
    const end = first + (this.lengths[n] as number)
    for (let at = first; at < end; at++) if (this.views[at] === product) return true
    return false
  }
}
