import { grown, none } from '../index/columns.ts'

/**
 * The products that a question comes across, numbered 0, 1, 2 … as it finds them. What is summed up for them then lies
 * side by side, however large the catalogue is.
 */
export class Found {
  size = 0
  /** Products by number. */
  products = new Uint32Array(1024)
  /** Numbers by product, each plus 1; 0 for what was not found. */
  #numbers = new Uint32Array(1024)

  /** The product's number, or {@link none}. */
  find(product: number): number {
    const number = this.#numbers[product] ?? 0
    return number === 0 ? none : number - 1
  }

  /** Puts the numbers of products from `from` up to `to` in their places; all are below `catalogue`. */
  renumber(products: Uint32Array, from: number, to: number, catalogue: number): void {
    this.#numbers = grown(this.#numbers, catalogue)
    this.products = grown(this.products, this.size + to - from)
    const [numbers, found] = [this.#numbers, this.products]
    for (let at = from; at < to; at++) {
      const product = products[at] as number
      let number = numbers[product] as number
      if (number === 0) {
        found[this.size] = product
        number = ++this.size
        numbers[product] = number
      }
      products[at] = number - 1
    }
  }

  clear(): void {
    for (let n = 0; n < this.size; n++) this.#numbers[this.products[n] as number] = 0
    this.size = 0
  }
}
