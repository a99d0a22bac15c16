import { Json } from '#internal/http/route.ts'
import type { RankedProduct } from '#internal/orders/store.ts'
import type { Catalogue } from './catalogue.ts'

/** Writes a list of best sellers, which never changes itself, as the body of an answer. */
export type WriteBestSellers = (
  list: readonly RankedProduct[],
  titles: Titles | null,
  limit: number,
  degraded: boolean,
) => Json

type Titles = Pick<Catalogue, 'get'>

/** Of each list the body asked for last is kept, as long as the list is. */
export function writeBestSellers(): WriteBestSellers {
  const kept = new WeakMap<readonly RankedProduct[], WrittenList>()

  return (list, titles, limit, degraded) => {
    const last = kept.get(list)
    const isAsLast =
      last?.limit === limit && last.degraded === degraded && last.titles?.deref() === (titles ?? undefined)
    if (isAsLast) return last.body
    const items = list.slice(0, limit).map(({ productId, buyers, quantity }) => {
      const title = titles?.get(productId)?.title ?? null
      return { productId, ...(title !== null && { title }), buyers, quantity }
    })
    const body = new Json({ items, degraded })
    kept.set(list, { limit, degraded, titles: titles && new WeakRef(titles), body })
    return body
  }
}

interface WrittenList {
  readonly limit: number
  readonly degraded: boolean
  /** Weak, so that no older catalogue stays in memory. */
  readonly titles: WeakRef<Titles> | null
  readonly body: Json
}
