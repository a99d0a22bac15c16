import { InvalidInput } from '#internal/errors/errors.ts'

export interface ShopOptions {
  readonly users: number
  readonly products: number
  /** How many days before `until` the first visit falls in. */
  readonly days: number
  readonly seed: number
  /** Epoch milliseconds; every time in the shop lies before it. */
  readonly until: number
  /** Mean visits of a user in a day; a visit has about six views. */
  readonly visitsPerUserDay: number
}

/** About 27,000 views. For a million, ask for 18,500 users. */
export const defaultShopOptions: Omit<ShopOptions, 'until'> = {
  users: 500,
  products: 300,
  days: 30,
  seed: 1,
  visitsPerUserDay: 0.3,
}

const wholeNumbers = {
  users: [1, 10_000_000],
  products: [1, 10_000_000],
  days: [1, 3_650],
  seed: [0, 2 ** 32 - 1],
  until: [Date.UTC(2011, 0), Date.UTC(2200, 0)],
} as const

/** Rejects with `InvalidInput`, which names the field, what no shop can be made of. */
export function checkShopOptions(options: ShopOptions): void {
  for (const [field, [least, most]] of Object.entries(wholeNumbers)) {
    const value = options[field as keyof typeof wholeNumbers]
    if (!Number.isInteger(value) || value < least || value > most) {
      throw new InvalidInput(`${field} must be a whole number from ${least} to ${most}, got ${value}`, field)
    }
  }
  const { visitsPerUserDay } = options
  if (!(visitsPerUserDay > 0 && visitsPerUserDay <= 20)) {
    throw new InvalidInput(
      `visitsPerUserDay must be more than 0 and at most 20, got ${visitsPerUserDay}`,
      'visitsPerUserDay',
    )
  }
}
