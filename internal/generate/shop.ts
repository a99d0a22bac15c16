import { createCatalogue, productId } from './catalogue.ts'
import { checkShopOptions } from './options.ts'
import { createRandom, randomUuid } from './random.ts'
import { simulateVisits } from './visits.ts'
import type { ProductView } from '#internal/domain/product-view.ts'
import type { Catalogue, GeneratedProduct } from './catalogue.ts'
import type { ShopOptions } from './options.ts'
import type { Random } from './random.ts'

export interface GeneratedOrder {
  readonly orderId: string
  readonly userId: string
  /** Epoch milliseconds. */
  readonly createdAt: number
  readonly updatedAt: number
  readonly cancelled: boolean
}

export interface GeneratedOrderItem {
  readonly id: number
  readonly orderId: string
  readonly productId: string
  readonly quantity: number
}

/**
 * A shop that never was, the same for the same options to the last byte. Each call walks through it from its start,
 * with about an hour of it in memory, so a shop may be far larger than the memory.
 */
export interface Shop {
  products(): Iterable<GeneratedProduct>
  /** In the order of their times. */
  views(): Iterable<ProductView>
  /** Each of products that its user had looked at before. */
  orders(): Iterable<GeneratedOrder>
  orderItems(): Iterable<GeneratedOrderItem>
}

/** Rejects with `InvalidInput` what {@link checkShopOptions} refuses. */
export function generateShop(options: ShopOptions): Shop {
  checkShopOptions(options)
  const catalogue = createCatalogue(options)
  return {
    *products() {
      for (let index = 0; index < catalogue.count; index += 1) yield catalogue.product(index)
    },
    views: () => viewsOf(options, catalogue),
    *orders() {
      for (const { order } of ordersOf(options, catalogue)) yield order
    },
    *orderItems() {
      for (const { items } of ordersOf(options, catalogue)) yield* items
    },
  }
}

/** Visits overlap, so views wait until no later visit can bring an earlier one. */
function* viewsOf(options: ShopOptions, catalogue: Catalogue): Generator<ProductView> {
  const random = createRandom(options.seed, 'message ids')
  const windowMs = 600_000
  let waiting: ProductView[] = []
  let release = -Infinity
  for (const { user, source, views } of simulateVisits(options, catalogue)) {
    const start = (views[0] as { time: number }).time
    if (start >= release) {
      const [due, later] = split(waiting, start)
      yield* due
      waiting = later
      release = start + windowMs
    }
    for (const { product, time } of views) {
      waiting.push({
        messageId: randomUuid(random),
        userId: userId(user),
        productId: productId(product),
        source,
        timestamp: time,
      })
    }
  }
  yield* split(waiting, Infinity)[0]
}

/** Views before a time in their order (the sort is stable, so equal times keep it), and the rest. */
function split(views: readonly ProductView[], before: number): [due: ProductView[], later: ProductView[]] {
  const due: ProductView[] = []
  const later: ProductView[] = []
  for (const view of views) (view.timestamp < before ? due : later).push(view)
  return [due.sort((a, b) => a.timestamp - b.timestamp), later]
}

function* ordersOf(
  options: ShopOptions,
  catalogue: Catalogue,
): Generator<{ order: GeneratedOrder; items: GeneratedOrderItem[] }> {
  const random = createRandom(options.seed, 'orders')
  let orders = 0
  let lines = 0
  for (const { user, purchase } of simulateVisits(options, catalogue)) {
    if (purchase === null) continue
    orders += 1
    const orderId = `order-${orders}`
    const items = purchase.lines.map(({ product, quantity }) => {
      lines += 1
      return { id: lines, orderId, productId: productId(product), quantity }
    })
    yield { order: { orderId, userId: userId(user), ...fateOf(random, purchase.time, options.until) }, items }
  }
}

/** One order in 25 is cancelled; any is touched again within two days. */
function fateOf(random: Random, createdAt: number, until: number) {
  const updatedAt = Math.min(createdAt + random.between(60_000, 2 * 86_400_000), until - 1)
  return { createdAt, updatedAt, cancelled: random.chance(0.04) }
}

/** "user-1" for the first. */
const userId = (index: number) => `user-${index + 1}`
