import { until } from './processes.ts'
import type { Running } from './processes.ts'

/** A recommendation as the api answers it. */
export interface Item {
  readonly productId: string
  readonly score: number
  readonly source: string
  readonly because: Readonly<Record<string, unknown>>
}

export interface Answer {
  readonly type: 'personalized' | 'non-personalized'
  readonly degraded: boolean
  readonly warming: boolean
  readonly items: readonly Item[]
}

/** What an api recommends to a user. */
export async function recommended(api: Running, user: string, limit = 20): Promise<Answer> {
  const path = `/v1/users/${encodeURIComponent(user)}/recommendations?limit=${limit}`
  const response = await fetch(`${api.url}${path}`, { signal: AbortSignal.timeout(15_000) })
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`)
  return (await response.json()) as Answer
}

/** What an api recommends to each of many users, who ask in turn. */
export async function itemsOf(api: Running, users: readonly string[]): Promise<Map<string, readonly Item[]>> {
  const answers = new Map<string, readonly Item[]>()
  for (const user of users) answers.set(user, (await recommended(api, user)).items)
  return answers
}

/** The value of a metric without labels; 0 where it was never set. */
export async function metricOf({ opsUrl }: Running, name: string): Promise<number> {
  const text = await (await fetch(`${opsUrl}/metrics`)).text()
  return Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(text)?.[1] ?? 0)
}

/** Waits until an api has taken in so many views that came since it began. */
export async function untilCounted(api: Running, views: number): Promise<void> {
  await until(`${views} views counted`, async () => {
    const counted = await metricOf(api, 'vitrine_view_to_effect_seconds_count')
    if (counted < views) throw new Error(`${counted} of ${views}`)
    return true
  })
}

/** Waits until these apis answer with the same weights, learned before somebody froze them. */
export async function untilSameWeights(apis: readonly Running[]): Promise<void> {
  await until('the same frozen weights', async () => {
    const of = (name: string) => Promise.all(apis.map(api => metricOf(api, `vitrine_ranker_${name}`)))
    const [frozen, versions] = [await of('frozen'), await of('version')]
    if (frozen.every(one => one === 1) && new Set(versions).size === 1 && versions[0] !== 0) return true
    throw new Error(JSON.stringify({ frozen, versions }))
  })
}
