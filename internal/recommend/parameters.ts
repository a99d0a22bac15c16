import { z } from 'zod'
import { durationForm, durationPattern, parseDuration } from '#internal/domain/duration.ts'
import { idParameter, limitParameter } from '#internal/history/request-ids.ts'
import { defaultFilters } from './filters.ts'
import type { Filters, ProductFilters } from './filters.ts'

/** Each category asked for costs a list, each product left out a word in the request. */
const maxCategories = 20
const maxExcluded = 500

const price = (description: string) =>
  z
    .string()
    .regex(/^\d{1,12}(\.\d{1,6})?$/, { error: 'must be a price such as 19.99' })
    .transform(Number)
    .optional()
    .meta({ description })

/** Whether something may come; it may not unless said. */
export const choice = (description: string) =>
  z
    .enum(['include', 'exclude'], { error: 'must be include or exclude' })
    .default('exclude')
    .meta({ description })

/** The filters that ask only what a product is, as query parameters. */
export const productParameters = {
  category: z
    .array(idParameter)
    .max(maxCategories, { error: `must come at most ${maxCategories} times` })
    .default([])
    .meta({ description: 'Only products of this category; repeated: of any of them' }),
  'in-stock': z
    .enum(['true', 'false'], { error: 'must be true or false' })
    .transform(text => text === 'true')
    .optional()
    .meta({ description: 'Only products in stock, or only those out of it' }),
  'min-price': price('Only products at this price or above'),
  'max-price': price('Only products at this price or below'),
  exclude: z
    .array(idParameter)
    .max(maxExcluded, { error: `must come at most ${maxExcluded} times` })
    .default([])
    .meta({ description: 'Not this product; may be repeated' }),
}

const bodyPrice = (description: string) =>
  z
    .number()
    .min(0, { error: 'must be 0 or more' })
    .max(1e12, { error: 'must be at most 1e12' })
    .optional()
    .meta({ description })

/** The same as fields of a body. */
export const productFields = {
  category: z
    .array(idParameter)
    .max(maxCategories, { error: `must hold at most ${maxCategories} categories` })
    .default([])
    .meta({ description: 'Only products of any of these categories' }),
  'in-stock': z.boolean().optional().meta({ description: 'Only products in stock, or only those out of it' }),
  'min-price': bodyPrice('Only products at this price or above'),
  'max-price': bodyPrice('Only products at this price or below'),
  exclude: z
    .array(idParameter)
    .max(maxExcluded, { error: `must hold at most ${maxExcluded} products` })
    .default([])
    .meta({ description: 'Not these products' }),
}

const wholeLimit = { error: 'must be a whole number from 1 to 100' }

/** How many items, as a field of a body. */
export const bodyLimit = z
  .int(wholeLimit)
  .min(1, wholeLimit)
  .max(100, wholeLimit)
  .default(10)
  .meta({ description: 'How many items at most' })

/** The filters as query parameters. */
export const filterParameters = {
  ...productParameters,
  seen: choice('Whether products that the user looked at may come'),
  bought: choice('Whether products that the user bought may come'),
  'rebuy-after': z
    .string()
    .regex(durationPattern, { error: `must be ${durationForm}` })
    .default('30d')
    .meta({ description: 'A product bought longer ago than this may come again' }),
}

interface Prices {
  readonly 'min-price'?: number | undefined
  readonly 'max-price'?: number | undefined
}

/** As arguments of zod's `refine`: the prices asked for leave room between them. */
export const pricesInOrder = [
  (asked: Prices) => (asked['min-price'] ?? 0) <= (asked['max-price'] ?? Number.POSITIVE_INFINITY),
  { path: ['max-price'], error: 'must not be below min-price' },
] satisfies [(asked: Prices) => boolean, object]

export const recommendationQuery = z
  .object({ limit: limitParameter, ...filterParameters })
  .refine(...pricesInOrder)

/** What is asked of products themselves, as a query or a body says it. */
interface ProductParameters extends Prices {
  readonly category: readonly string[]
  readonly 'in-stock'?: boolean | undefined
  readonly exclude: readonly string[]
}

/** The filters that checked parameters ask for, without those about a person. */
export function productFiltersOf(asked: ProductParameters): ProductFilters {
  return {
    categories: asked.category,
    inStock: asked['in-stock'] ?? null,
    minPrice: asked['min-price'] ?? null,
    maxPrice: asked['max-price'] ?? null,
    exclude: asked.exclude,
  }
}

/** The filters that checked query parameters ask for. */
export function filtersOf(query: z.output<typeof recommendationQuery>): Filters {
  return {
    ...productFiltersOf(query),
    seen: query.seen,
    bought: query.bought,
    rebuyAfterMs: parseDuration(query['rebuy-after']) ?? defaultFilters.rebuyAfterMs,
  }
}
