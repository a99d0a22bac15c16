import { defaultShopOptions } from '#internal/generate/options.ts'
import { generateShop } from '#internal/generate/shop.ts'
import type { ProductView } from '#internal/domain/product-view.ts'
import type { Shop } from '#internal/generate/shop.ts'

const viewsPerUser = 52
const productsPerRoot = 16

/** A shop whose visitors look at something about `views` times in a month; its catalogue grows with the root of that. */
export function shopWith(views: number): Shop {
  return generateShop({ ...defaultShopOptions, ...sizeOf(views), until: Date.now() })
}

/** 16,000 products and some 19,000 users for a million views. */
export function sizeOf(views: number): { users: number; products: number } {
  return {
    users: Math.ceil(views / viewsPerUser),
    products: Math.round(productsPerRoot * Math.sqrt(views)),
  }
}

/** The shop's first `count` views. */
export function* firstViews(shop: Shop, count: number): Generator<ProductView> {
  let taken = 0
  for (const view of shop.views()) {
    if (taken === count) return
    taken += 1
    yield view
  }
  if (taken < count) throw new Error(`the shop has only ${taken} views, not ${count}`)
}
