/** A process' metrics as their page shows them, by name with labels. */
export type Scraped = ReadonlyMap<string, number>

export async function scrape(opsUrl: string): Promise<Scraped> {
  const response = await fetch(`${opsUrl}/metrics`)
  if (!response.ok) throw new Error(`${opsUrl}/metrics answered ${response.status}`)
  const lines = (await response.text()).split('\n').filter(line => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map(line => {
      const at = line.lastIndexOf(' ')
      return [line.slice(0, at), Number(line.slice(at + 1))]
    }),
  )
}

function grew(key: string, before: Scraped, after: Scraped): number {
  return (after.get(key) ?? 0) - (before.get(key) ?? 0)
}

/** By how much a counter grew, over all its labels. */
export function grewInAll(name: string, before: Scraped, after: Scraped): number {
  const keys = [...after.keys()].filter(key => key === name || key.startsWith(`${name}{`))
  return keys.reduce((sum, key) => sum + grew(key, before, after), 0)
}

/**
 * The quantile of what a histogram without labels of its own observed between two looks: between the edges of its bucket
 * as `histogram_quantile` of Prometheus has it. Infinite beyond the last edge.
 */
export function quantileOf(name: string, share: number, before: Scraped, after: Scraped): number {
  const buckets = [...after.keys()].flatMap(key => {
    const edge = key.startsWith(`${name}_bucket{`) ? /le="([^"]+)"/.exec(key)?.[1] : undefined
    if (edge === undefined) return []
    return [{ edge: edge === '+Inf' ? Infinity : Number(edge), count: grew(key, before, after) }]
  })
  buckets.sort((a, b) => a.edge - b.edge)
  const rank = share * (buckets.at(-1)?.count ?? 0)
  let from = { edge: 0, count: 0 }
  for (const bucket of buckets) {
    if (bucket.count >= rank && bucket.count > from.count) {
      if (bucket.edge === Infinity) return Infinity
      const within = (rank - from.count) / (bucket.count - from.count)
      return from.edge + within * (bucket.edge - from.edge)
    }
    from = bucket
  }
  throw new Error(`${name} observed nothing`)
}
