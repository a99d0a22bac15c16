import { grown } from '../index/columns.ts'

/**
 * Sums by the numbers that a question gave to what it found, made to be filled, read and emptied thousands of times a
 * second without allocating.
 */
export class Sums {
  /** Numbers below this have a sum. */
  length = 0
  values = new Float64Array(1024)

  /** Lets all numbers below `length` have a sum; those that had none begin with 0. */
  fit(length: number): void {
    if (length <= this.length) return
    this.values = grown(this.values, length)
    this.values.fill(0, this.length, length)
    this.length = length
  }

  get(number: number): number {
    return number < this.length ? (this.values[number] as number) : 0
  }

  /** Adds all, times `factor`, to others. */
  addTo(other: Sums, factor: number): void {
    other.fit(this.length)
    const [values, others] = [this.values, other.values]
    for (let n = 0; n < this.length; n++) others[n] = (others[n] as number) + factor * (values[n] as number)
  }

  get total(): number {
    const { values, length } = this
    let total = 0
    for (let n = 0; n < length; n++) total += values[n] as number
    return total
  }

  /** Divides all by their total, so that they are shares of 1; none stays none. */
  toShares(): void {
    const { values, length, total } = this
    if (total <= 0) return
    const share = 1 / total
    for (let n = 0; n < length; n++) values[n] = share * (values[n] as number)
  }

  /** The same, and adds them, times `factor`, to others, in one go. */
  toSharesIn(other: Sums, factor: number): void {
    other.fit(this.length)
    const { values, length, total } = this
    const others = other.values
    if (total <= 0) return
    const share = 1 / total
    for (let n = 0; n < length; n++) {
      const value = share * (values[n] as number)
      values[n] = value
      others[n] = (others[n] as number) + factor * value
    }
  }

  clear(): void {
    this.length = 0
  }
}
