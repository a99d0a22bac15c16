import type { Product } from '#internal/orders/store.ts'
import type { Catalogue } from './catalogue.ts'
import type { Interner } from './index/interner.ts'

/**
 * Finds products of a catalogue by their numbers in the index. A question asks for hundreds, most of them asked for
 * lately: remembering where they are spares a look through a map that is larger than the processor's caches.
 */
export interface NumberedCatalogue {
  /** The product of a number that is held; `undefined` where the catalogue has none. */
  get(catalogue: Catalogue, item: number): Product | undefined
}

export function createNumberedCatalogue(ids: Pick<Interner, 'id'>): NumberedCatalogue {
  let shown: Catalogue | null = null
  /** The id that a number stood for when its product was looked up: a number may come to stand for another. */
  let lookedUp: string[] = []
  let products: (Product | undefined)[] = []
  return {
    get(catalogue, item) {
      if (catalogue !== shown) {
        shown = catalogue
        lookedUp = []
        products = []
      }
      const id = ids.id(item)
      if (lookedUp[item] !== id) {
        lookedUp[item] = id
        products[item] = catalogue.get(id)
      }
      return products[item]
    },
  }
}
