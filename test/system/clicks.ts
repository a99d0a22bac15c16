import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { generateClicks } from './made-clicks.ts'

/** A view in the wire format. */
export interface WireView {
  readonly event: 'ProductView'
  readonly messageid: string
  readonly userid: string
  readonly properties: { readonly productid: string }
  readonly context: { readonly source: string }
  readonly timestamp: string
}

/** Real clicks of a shop where they are at hand, else made ones: a session is a user, and the last click is now. */
export function clicks(set: 'toy' | 'eshop-spring', now: number): WireView[] {
  const file = new URL(`../../../shared/data/${set}/train.csv.gz`, import.meta.url)
  const rows = existsSync(file) ? readCsv(gunzipSync(readFileSync(file)).toString('utf8')) : generateClicks()
  const last = rows.reduce((newest, row) => Math.max(newest, row.time), 0)
  return rows.map((row, index) => ({
    event: 'ProductView',
    messageid: `${set}-${index}`,
    userid: `session-${row.session}`,
    properties: { productid: row.item },
    context: { source: index % 2 === 0 ? 'desktop' : 'mobile' },
    timestamp: new Date(now - (last - row.time) * 1000).toISOString(),
  }))
}

export interface Click {
  readonly session: string
  readonly item: string
  /** Unix seconds. */
  readonly time: number
}

function readCsv(text: string): Click[] {
  return text
    .trim()
    .split('\n')
    .slice(1)
    .map(line => {
      const [session = '', item = '', time = ''] = line.split(',')
      return { session, item, time: Number(time) }
    })
}

/** What each user's history must be, by the shortest way to say it: newest view of each product, newest first. */
export function expectedHistories(views: readonly WireView[]): Map<string, string[]> {
  const newest = new Map<string, Map<string, string>>()
  for (const { userid, properties, timestamp } of views) {
    const products = newest.get(userid) ?? newest.set(userid, new Map()).get(userid)!
    if ((products.get(properties.productid) ?? '') < timestamp) products.set(properties.productid, timestamp)
  }
  return new Map(
    [...newest].map(([user, products]) => [
      user,
      [...products]
        .sort(([p, s], [q, t]) => (s === t ? (p < q ? -1 : 1) : s < t ? 1 : -1))
        .map(([product]) => product),
    ]),
  )
}

export function toNdjson(views: readonly WireView[]): string {
  return views.map(view => `${JSON.stringify(view)}\n`).join('')
}

/** A repeatable shuffle. */
export function shuffled<T>(values: readonly T[], seed: number): T[] {
  const result = [...values]
  let state = seed
  for (let i = result.length - 1; i > 0; i -= 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    const j = state % (i + 1)
    const held = result[i] as T
    result[i] = result[j] as T
    result[j] = held
  }
  return result
}
