import { historyOf } from '../../system/histories.ts'
import type { WireView } from '../../system/clicks.ts'
import type { Install } from './install.ts'

/** A shop's calls to an installed Vitrine, with its key. */
export interface Shop {
  /** Sends views as one file; rejects unless all are taken. */
  send(views: readonly WireView[]): Promise<void>
  /** An answer of the api; rejects with what it says where it refuses. */
  ask<T>(path: string, headers?: Readonly<Record<string, string>>): Promise<T>
  /** A user's products, newest first. */
  readonly historyOf: (user: string) => Promise<string[]>
}

/** Where an installed Vitrine answers, and the key by which it does. */
export interface ShopAddress {
  readonly ingestor: string
  readonly api: string
  readonly key: string
}

/** The ways to the services of the release `vitrine`, and its first key. */
export async function addressOf(install: Install): Promise<ShopAddress> {
  const key = await install.field('secret/vitrine-first-key', '{.data.key}')
  return {
    ingestor: await install.reach('vitrine-ingestor'),
    api: await install.reach('vitrine-api'),
    key: Buffer.from(key, 'base64').toString(),
  }
}

export function openShop({ ingestor, api, key }: ShopAddress): Shop {
  const authorization = `Bearer ${key}`

  return {
    async send(views) {
      const response = await fetch(`${ingestor}/v1/views`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/x-ndjson' },
        body: views.map(view => JSON.stringify(view)).join('\n'),
      })
      const answer = (await response.json()) as { accepted: number }
      if (answer.accepted !== views.length) throw new Error(`${response.status}: ${JSON.stringify(answer)}`)
    },
    async ask(path, headers = {}) {
      const response = await fetch(`${api}${path}`, { headers: { authorization, ...headers } })
      const text = await response.text()
      if (!response.ok) throw new Error(`${path}: ${response.status}: ${text}`)
      return JSON.parse(text)
    },
    historyOf: user => historyOf(api, user, { authorization }),
  }
}

/** Views of so many visitors of a small shop, each through a dozen products of one taste, the last of them now. */
export function visits(visitors: number, now: number): WireView[] {
  return Array.from({ length: visitors }, (_, visitor) =>
    Array.from({ length: 12 }, (_, step) => ({
      event: 'ProductView' as const,
      messageid: `visit-${visitor}-${step}`,
      userid: `visitor-${visitor}`,
      // Neighbours in a walk through 40 products of a category, so that visitors of one taste overlap.
      properties: { productid: `product-${(visitor % 5) * 40 + ((visitor * 7 + step * 3) % 40)}` },
      context: { source: step % 2 === 0 ? 'desktop' : 'mobile' },
      timestamp: new Date(now - (visitors - visitor) * 1_000 - (12 - step) * 50).toISOString(),
    })),
  ).flat()
}
