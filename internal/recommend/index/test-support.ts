import { none } from './columns.ts'
import { maxDistance } from './returns.ts'
import { maxSessionViews } from './session-index.ts'
import { createPath } from './session-chunks.ts'
import type { SessionIndex } from './session-index.ts'

/** All that answers are made from, without the numbers that ids happen to have. */
export function portrait(index: SessionIndex) {
  const { sessions, products, visitors, postings, counts, returns, trending, newestTime } = index
  const path = createPath(maxSessionViews)
  const of = (session: number) => {
    sessions.read(session, path)
    return {
      visitor: visitors.id(sessions.visitor(session)),
      path: [...path.items.subarray(0, path.length)].map((item, i) => [products.id(item), path.times[i]]),
    }
  }
  const all = [...Array(visitors.used).keys()].flatMap(visitor => {
    const chain: number[] = []
    for (let s = sessions.newest(visitor); s !== none; s = sessions.older(s)) chain.push(s)
    return chain
  })
  const items = [...Array(products.used).keys()].filter(item => counts.total(item) > 0)
  return {
    newestTime,
    sessions: all
      .toSorted((a, b) => sessions.start(a) - sessions.start(b))
      .map(of)
      .sort((a, b) => Number(a.path[0]?.[1]) - Number(b.path[0]?.[1]) || (a.visitor < b.visitor ? -1 : 1)),
    products: items
      .map(item => ({
        product: products.id(item),
        views: counts.total(item),
        trending: trending.of(item, newestTime),
        sessions: postings.count(item),
        found: [...postings.list(item).subarray(0, postings.length(item))].map(of),
      }))
      .sort((a, b) => (a.product < b.product ? -1 : 1)),
    trending: trending.top(newestTime).map(({ item, views }) => [products.id(item), views]),
    returns: [
      returns.transitions,
      ...Array.from({ length: maxDistance }, (_, distance) => returns.by(distance + 1)),
    ],
  }
}
