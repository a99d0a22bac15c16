import fc from 'fast-check'

let unique = 0
/** A user of this run alone: engines are shared. */
export const newUser = () => `user-${process.pid}-${Date.now()}-${(unique += 1)}`

export type Step =
  | { readonly kind: 'view'; readonly product: string; readonly at: number; readonly source: string }
  | { readonly kind: 'forget'; readonly product: string | null; readonly at: number }

const product = fc.constantFrom('product-1', 'product-2', 'été', '__proto__', '😀', 'z'.repeat(256))
/** Few times, so that ties are common; some lie in the future, as a wrong clock says. */
const time = fc.constantFrom(0, 1, 2, 3, 1_000, 1_001, 60_000, 300_000)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('view' as const),
      product,
      at: time,
      source: fc.constantFrom('app', 'desktop', 'mobile', 'é'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('forget' as const), product: fc.option(product), at: time }),
  },
)
export const history = fc.record({
  steps: fc.array(step, { minLength: 1, maxLength: 12 }),
  /** Which steps come again, and where. */
  repeats: fc.array(fc.nat(11), { maxLength: 6 }),
  order: fc.infiniteStream(fc.nat(1_000)).map(stream => stream.take(40)),
})

export type History = typeof history extends fc.Arbitrary<infer T> ? T : never

/** What a guest and a user do before and after the guest logs in. */
export const takeover = fc.record({
  guests: history,
  before: history,
  after: history,
  again: fc.nat(2),
  /** What the guest looks at later than the takeover reaches. */
  since: fc.array(
    fc.record({
      kind: fc.constant('view' as const),
      product,
      at: fc.constantFrom(300_000, 400_000),
      source: fc.constant('desktop'),
    }),
    { maxLength: 4 },
  ),
})

/** The steps and their repeats, in another order. */
export function mix({ steps, repeats, order: ranks }: History): Step[] {
  const order = [...ranks]
  return [...steps, ...repeats.flatMap(i => steps[i] ?? [])]
    .map((one, i) => ({ one, rank: order[i] ?? i }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ one }) => one)
}
