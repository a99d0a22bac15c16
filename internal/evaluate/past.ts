import type { Sessions } from './sessions.ts'
import type { Views } from './views.ts'

/** The views, cut into visits, with the visits that are asked about. */
export interface Material {
  readonly views: Views
  readonly sessions: Sessions
  /** Of each session, 1 when it is asked about, 0 when it is only learned from. */
  readonly asked: Uint8Array
}

/** What is known of the catalogue from the visits that are only learned from. */
export interface Past {
  readonly views: number
  /** Of each product, its views. */
  readonly viewsOf: Uint32Array
  /** Different products. */
  readonly products: number
  readonly mostViews: number
  /** Of each product, 1 when it is among the fifth with most views. */
  readonly famous: Uint8Array
}

export function readPast({ views, sessions, asked }: Material): Past {
  const viewsOf = new Uint32Array(views.productIds.length)
  let total = 0
  for (let view = 0; view < views.length; view += 1) {
    if (asked[sessions.of[view] as number] === 1) continue
    const product = views.products[view] as number
    viewsOf[product] = (viewsOf[product] as number) + 1
    total += 1
  }
  const known = Uint32Array.from(viewsOf.keys()).filter(product => (viewsOf[product] as number) > 0)
  const byViews = known.sort((a, b) => (viewsOf[b] as number) - (viewsOf[a] as number))
  const famous = new Uint8Array(viewsOf.length)
  for (const product of byViews.subarray(0, Math.ceil(byViews.length / 5))) famous[product] = 1
  const mostViews = viewsOf[byViews[0] ?? 0] ?? 0
  return { views: total, viewsOf, products: byViews.length, mostViews, famous }
}
