import { grown } from '../index/columns.ts'

/** Sums by number, made to be filled, read and emptied thousands of times a second without allocating. */
export interface Sums {
  /** How many numbers have a sum. */
  readonly size: number
  /** The n-th number that got a sum. */
  number(n: number): number
  get(number: number): number
  add(number: number, x: number): void
  multiply(number: number, x: number): void
  /** Adds all, times `factor`, to others. */
  addTo(other: Sums, factor: number): void
  /** Divides all by their total, so that they are shares of 1; none stays none. */
  toShares(): void
  clear(): void
}

/** A class, since many of these go through the same hot loops, which then need not tell their closures apart. */
class GrowingSums implements Sums {
  size = 0
  #values = new Float64Array(1024)
  #numbers = new Uint32Array(1024)

  number(n: number): number {
    return this.#numbers[n] as number
  }

  get(number: number): number {
    return this.#values[number] ?? 0
  }

  add(number: number, x: number): void {
    if (number >= this.#values.length) this.#values = grown(this.#values, number + 1)
    const had = this.#values[number] as number
    if (had === 0) {
      if (this.size === this.#numbers.length) this.#numbers = grown(this.#numbers, this.size + 1)
      this.#numbers[this.size++] = number
    }
    this.#values[number] = had + x
  }

  multiply(number: number, x: number): void {
    this.#values[number] = (this.#values[number] as number) * x
  }

  addTo(other: Sums, factor: number): void {
    const [values, numbers] = [this.#values, this.#numbers]
    for (let n = 0; n < this.size; n++) {
      const number = numbers[n] as number
      other.add(number, factor * (values[number] as number))
    }
  }

  toShares(): void {
    const [values, numbers] = [this.#values, this.#numbers]
    let total = 0
    for (let n = 0; n < this.size; n++) total += values[numbers[n] as number] as number
    if (total <= 0) return
    for (let n = 0; n < this.size; n++) {
      const number = numbers[n] as number
      values[number] = (values[number] as number) / total
    }
  }

  clear(): void {
    for (let n = 0; n < this.size; n++) this.#values[this.#numbers[n] as number] = 0
    this.size = 0
  }
}

export function createSums(): Sums {
  return new GrowingSums()
}

/** Keeps the best of what it is offered. */
export interface Best {
  readonly size: number
  /** The numbers kept, in no order until `sort` was called. */
  readonly numbers: Uint32Array
  start(limit: number): void
  /** Would it be kept if it were offered now? */
  takes(number: number, score: number): boolean
  offer(number: number, score: number): void
  /** Puts the best first. */
  sort(): void
}

/** At most `capacity` at a time. `better(a, b)` decides between two numbers of equal score. */
export function createBest(capacity: number, better: (a: number, b: number) => boolean): Best {
  const numbers = new Uint32Array(capacity)
  const scores = new Float64Array(capacity)
  let size = 0
  let limit = capacity

  const goesBefore = (a: number, x: number, b: number, y: number) => x > y || (x === y && better(a, b))

  /** The worst is on top of a heap. */
  function sink(from: number, end: number, number: number, score: number): void {
    let at = from
    for (let child = 2 * at + 1; child < end; child = 2 * at + 1) {
      if (child + 1 < end && worse(child + 1, child)) child++
      if (!goesBefore(number, score, numbers[child] as number, scores[child] as number)) break
      set(at, numbers[child] as number, scores[child] as number)
      at = child
    }
    set(at, number, score)
  }

  const worse = (i: number, j: number) =>
    goesBefore(numbers[j] as number, scores[j] as number, numbers[i] as number, scores[i] as number)

  function set(at: number, number: number, score: number): void {
    numbers[at] = number
    scores[at] = score
  }

  const takes = (number: number, score: number) =>
    size < limit || (limit > 0 && goesBefore(number, score, numbers[0] as number, scores[0] as number))

  return {
    get size() {
      return size
    },
    numbers,
    takes,
    start(most) {
      size = 0
      limit = Math.min(most, capacity)
    },
    offer(number, score) {
      if (!takes(number, score)) return
      if (size < limit) {
        let at = size++
        while (at > 0) {
          const parent = (at - 1) >> 1
          if (!goesBefore(numbers[parent] as number, scores[parent] as number, number, score)) break
          set(at, numbers[parent] as number, scores[parent] as number)
          at = parent
        }
        set(at, number, score)
      } else {
        sink(0, size, number, score)
      }
    },
    sort() {
      for (let end = size - 1; end > 0; end--) {
        const [number, score] = [numbers[end] as number, scores[end] as number]
        set(end, numbers[0] as number, scores[0] as number)
        sink(0, end, number, score)
      }
    },
  }
}
