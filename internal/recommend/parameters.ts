import { z } from 'zod'
import { durationForm, parseDuration } from '#internal/domain/duration.ts'
import { idParameter, limitParameter } from '#internal/history/request-ids.ts'
import { defaultFilters } from './filters.ts'
import type { Filters } from './filters.ts'

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

const choice = (description: string) =>
  z
    .enum(['include', 'exclude'], { error: 'must be include or exclude' })
    .default('exclude')
    .meta({ description })

/** The filters as query parameters. */
export const filterParameters = {
  category: z
    .array(idParameter)
    .max(maxCategories, { error: `must come at most ${maxCategories} times` })
    .default([])
    .meta({ description: 'Only products of this category; repeated: of any of them' }),
  'in-stock': z
    .enum(['true', 'false'], { error: 'must be true or false' })
    .optional()
    .meta({ description: 'Only products in stock, or only those out of it' }),
  'min-price': price('Only products at this price or above'),
  'max-price': price('Only products at this price or below'),
  exclude: z
    .array(idParameter)
    .max(maxExcluded, { error: `must come at most ${maxExcluded} times` })
    .default([])
    .meta({ description: 'Not this product; may be repeated' }),
  seen: choice('Whether products that the user looked at may come'),
  bought: choice('Whether products that the user bought may come'),
  'rebuy-after': z
    .string()
    .refine(text => parseDuration(text) !== null, { error: `must be ${durationForm}` })
    .default('30d')
    .meta({ description: 'A product bought longer ago than this may come again' }),
}

export const recommendationQuery = z
  .object({ limit: limitParameter, ...filterParameters })
  .refine(query => (query['min-price'] ?? 0) <= (query['max-price'] ?? Number.POSITIVE_INFINITY), {
    path: ['max-price'],
    error: 'must not be below min-price',
  })

/** The filters that checked query parameters ask for. */
export function filtersOf(query: z.output<typeof recommendationQuery>): Filters {
  const inStock = query['in-stock']
  return {
    categories: query.category,
    inStock: inStock === undefined ? null : inStock === 'true',
    minPrice: query['min-price'] ?? null,
    maxPrice: query['max-price'] ?? null,
    exclude: query.exclude,
    seen: query.seen,
    bought: query.bought,
    rebuyAfterMs: parseDuration(query['rebuy-after']) ?? defaultFilters.rebuyAfterMs,
  }
}
