import { createLeaders } from './leaders.ts'
import { fill, forbidden } from './selection.ts'
import { createNumbering } from './views.ts'
import type { Method } from './method.ts'

/** The most viewed products, the same for everybody; at equal views the one that was seen first. */
export function createPopularity(): Method {
  const products = createNumbering()
  const popular = createLeaders()
  return {
    name: 'popularity',
    observe: ({ productId }) => popular.count(products.of(productId)),
    recommend(question) {
      const list: number[] = []
      fill(list, question.limit, popular, forbidden(question, products))
      return list.map(product => products.ids[product] as string)
    },
  }
}
