import { until } from './processes.ts'

/** A user's whole history over HTTP, page by page. */
export async function historyOf(
  apiUrl: string,
  user: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  const products: string[] = []
  let cursor = ''
  do {
    const response = await fetch(
      `${apiUrl}/v1/users/${encodeURIComponent(user)}/history?limit=100${cursor}`,
      { headers },
    )
    if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`)
    const page = (await response.json()) as { items: { productId: string }[]; nextCursor: string | null }
    products.push(...page.items.map(({ productId }) => productId))
    cursor = page.nextCursor === null ? '' : `&cursor=${encodeURIComponent(page.nextCursor)}`
  } while (cursor !== '')
  return products
}

/** Users whose history is not what it must be, with both; asks many at once. */
export async function differences(
  apiUrl: string,
  expected: ReadonlyMap<string, readonly string[]>,
): Promise<{ user: string; wanted: readonly string[]; got: readonly string[] }[]> {
  const left = [...expected]
  const wrong: { user: string; wanted: readonly string[]; got: readonly string[] }[] = []
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      for (let next = left.pop(); next; next = left.pop()) {
        const [user, wanted] = next
        const got = await historyOf(apiUrl, user)
        if (got.join('\n') !== wanted.join('\n')) wrong.push({ user, wanted, got })
      }
    }),
  )
  return wrong
}

/** Waits until the loader's group is behind by nothing, as its own metrics say. */
export async function untilLoaded(loaderOpsUrl: string, timeoutMs = 120_000): Promise<void> {
  await until(
    'lag zero',
    async () => {
      const text = await (await fetch(`${loaderOpsUrl}/metrics`)).text()
      const lags = [...text.matchAll(/^vitrine_log_lag_records\{.*topic="product-views".*\} (\d+)$/gm)]
      return lags.length > 0 && lags.every(([, lag]) => lag === '0')
    },
    timeoutMs,
  )
}
