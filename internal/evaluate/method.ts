/** A view as a method sees it. */
export interface ObservedView {
  readonly userId: string
  readonly productId: string
  /** Epoch milliseconds. */
  readonly time: number
}

/** What will this visitor look at next? */
export interface Question {
  readonly userId: string
  /** What was looked at in this visit, oldest first, at least one product; only good during the call. */
  readonly visit: readonly string[]
  /** Epoch milliseconds. */
  readonly at: number
  /** How many products are wanted. */
  readonly limit: number
  /** Leave out all products of the visit, not only the last of them. */
  readonly excludeSeen: boolean
}

/** A way to recommend, as an evaluation asks it. */
export interface Method {
  readonly name: string
  /** Takes a view in; they come in order of time. */
  observe(view: ObservedView): void
  /** The best products for the question, best first, each once; never the last of the visit. */
  recommend(question: Question): string[]
  /** Told when no more views will come: visits that are still open count as ended. */
  settle?(): void
  /** Readable state, such as learned weights, for the report. */
  report?(): Record<string, unknown>
}
