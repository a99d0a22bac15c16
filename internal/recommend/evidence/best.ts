/** Keeps the best of what it is offered, at most so many. */
export class Best {
  size = 0
  /** The numbers kept, in no order until `sort` was called. */
  readonly numbers: Uint32Array
  /** A number with a lower score would not be kept. */
  least = -Infinity
  readonly #scores: Float64Array
  readonly #better: (a: number, b: number) => boolean
  #limit: number

  /** `better(a, b)` decides between two numbers of equal score. */
  constructor(capacity: number, better: (a: number, b: number) => boolean) {
    this.numbers = new Uint32Array(capacity)
    this.#scores = new Float64Array(capacity)
    this.#better = better
    this.#limit = capacity
  }

  /** Starts again with nothing, to keep `most` of what comes. */
  start(most: number): void {
    this.size = 0
    this.#limit = Math.min(most, this.numbers.length)
    this.least = this.#limit === 0 ? Infinity : -Infinity
  }

  /** Would it be kept if it were offered now? */
  takes(number: number, score: number): boolean {
    if (score !== this.least) return score > this.least
    return this.#limit > 0 && this.#better(number, this.numbers[0] as number)
  }

  offer(number: number, score: number): void {
    if (!this.takes(number, score)) return
    if (this.size < this.#limit) this.#rise(this.size++, number, score)
    else this.#sink(0, this.size, number, score)
    if (this.size === this.#limit) this.least = this.#scores[0] as number
  }

  /** Puts the best first; nothing can be offered until the next start. */
  sort(): void {
    for (let end = this.size - 1; end > 0; end--) {
      const [number, score] = [this.numbers[end] as number, this.#scores[end] as number]
      this.#set(end, this.numbers[0] as number, this.#scores[0] as number)
      this.#sink(0, end, number, score)
    }
  }

  #goesBefore(a: number, x: number, b: number, y: number): boolean {
    return x > y || (x === y && this.#better(a, b))
  }

  #set(at: number, number: number, score: number): void {
    this.numbers[at] = number
    this.#scores[at] = score
  }

  /** The worst is on top of a heap. */
  #rise(from: number, number: number, score: number): void {
    let at = from
    while (at > 0) {
      const parent = (at - 1) >> 1
      const [above, its] = [this.numbers[parent] as number, this.#scores[parent] as number]
      if (!this.#goesBefore(above, its, number, score)) break
      this.#set(at, above, its)
      at = parent
    }
    this.#set(at, number, score)
  }

  #sink(from: number, end: number, number: number, score: number): void {
    let at = from
    for (let child = 2 * at + 1; child < end; child = 2 * at + 1) {
      if (child + 1 < end && this.#isWorse(child + 1, child)) child++
      const [below, its] = [this.numbers[child] as number, this.#scores[child] as number]
      if (!this.#goesBefore(number, score, below, its)) break
      this.#set(at, below, its)
      at = child
    }
    this.#set(at, number, score)
  }

  #isWorse(i: number, j: number): boolean {
    const { numbers } = this
    const [a, b] = [this.#scores[i] as number, this.#scores[j] as number]
    return this.#goesBefore(numbers[j] as number, b, numbers[i] as number, a)
  }
}
