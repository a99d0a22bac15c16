import { readOrdersByQuery, readProductsByQuery } from './shop-query.ts'
import { readOrderTables, readProductTable } from './shop-tables.ts'
import type { ShopSnapshot } from './shop-database.ts'

/** SQL that stands after FROM, and gives the columns that its place promises. */
export type Relation = string

/** The shop's orders at one moment, whatever they are kept in. */
export interface ShopOrders extends ShopSnapshot {
  /**
   * A row per item of an order: `orderid`, `productid`, `categoryid`, `quantity`, `userid`, `messagetime`, `changedat`
   * and `isline`. All rows of an order have the same `userid` and the same times. An order without items, or a cancelled
   * one, may come as one row for which `isline` is false.
   */
  readonly lines: Relation
  /** `changedat`: when each order was last touched, as far as the shop says. */
  readonly changes: Relation
}

/** The shop's catalogue at one moment. */
export interface ShopProducts extends ShopSnapshot {
  /** A row per product: `productid`, `categoryid`, `title`, `price`, `instock` and `createdat`. */
  readonly products: Relation
}

/** Looks where the orders are: what the shop's own `query` gives, or its tables. Rejects with `Misconfigured`, naming what is missing. */
export async function findOrders(shop: ShopSnapshot, query: string | null): Promise<ShopOrders> {
  return { ...shop, ...(query === null ? await readOrderTables(shop) : await readOrdersByQuery(shop, query)) }
}

/** Looks where the catalogue is: what the shop's own `query` gives, or its table. Rejects with `Misconfigured`, naming what is missing. */
export async function findProducts(shop: ShopSnapshot, query: string | null): Promise<ShopProducts> {
  return {
    ...shop,
    ...(query === null ? await readProductTable(shop) : await readProductsByQuery(shop, query)),
  }
}
