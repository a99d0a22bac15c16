import { viewToJson } from '#internal/domain/product-view-json.ts'
import { productViewsTopic } from '#internal/eventlog/topics.ts'
import { start } from '../test/system/processes.ts'
import { startBareServer } from './bare.ts'
import { requestRate } from './http.ts'
import { compare, ratePerSecond } from './measure.ts'
import { makeViews, recordsOf } from './views.ts'
import type { EventLog, NewRecord } from '#internal/eventlog/log.ts'
import type { Request } from './http.ts'
import type { Figure } from './measure.ts'
import type { Stand } from './stand.ts'

const json = { 'content-type': 'application/json' }
const arrayViews = 100
const viewsPerSecond = 25_000
const batchRecords = 500
const appendsAtOnce = 4

const post = (body: string): Request => ({ method: 'POST', path: '/v1/views', headers: json, body })

/** Views in: one a request, a hundred a request, and as a stream. */
export async function benchIntake(stand: Stand): Promise<Figure[]> {
  const { seconds, rounds, tell, env } = stand
  await using bare = await startBareServer()
  await using ingestor = await start('ingestor', env)
  const shared = { rounds, tell }

  const singles = makeViews(0, 200).map(view => post(viewToJson(view)))
  const single = await compare({
    ...shared,
    name: 'intake, one view a request',
    unit: 'requests/s',
    against: 'bare koa that parses the JSON',
    budget: 0.5,
    ceiling: () => requestRate(bare.url, singles, seconds),
    vitrine: () => requestRate(ingestor.url, singles, seconds),
  })

  const arrays = Array.from({ length: 20 }, (_, at) =>
    post(
      `[${makeViews(at * arrayViews, arrayViews)
        .map(viewToJson)
        .join(',')}]`,
    ),
  )
  const array = await compare({
    ...shared,
    name: `intake, ${arrayViews} views a request`,
    unit: 'requests/s',
    against: 'bare koa that parses the JSON',
    budget: null,
    ceiling: () => requestRate(bare.url, arrays, seconds),
    vitrine: () => requestRate(ingestor.url, arrays, seconds),
  })

  const count = Math.round(viewsPerSecond * seconds)
  const views = makeViews(0, count)
  const body = views.map(view => `${viewToJson(view)}\n`).join('')
  const log = stand.engines.log()
  const records = await recordsOf(views, log)
  const stream = await compare({
    ...shared,
    name: 'intake, a stream of NDJSON',
    unit: 'views/s',
    against: "the log's own append of the same records",
    budget: 0.5,
    ceiling: () => ratePerSecond(count, () => appendAll(log, records)),
    vitrine: () => ratePerSecond(count, () => sendStream(ingestor.url, body, count)),
  })
  return [single, array, stream]
}

/** Appends in batches, some at once, so that the log always has work. */
export async function appendAll(log: EventLog, records: readonly NewRecord[]): Promise<void> {
  let from = 0
  const worker = async () => {
    while (from < records.length) {
      const batch = records.slice(from, from + batchRecords)
      from += batchRecords
      await log.append(productViewsTopic, batch)
    }
  }
  await Promise.all(Array.from({ length: appendsAtOnce }, worker))
}

async function sendStream(url: string, body: string, count: number): Promise<void> {
  const headers = { 'content-type': 'application/x-ndjson' }
  const response = await fetch(`${url}/v1/views`, { method: 'POST', headers, body })
  const answer = (await response.json()) as { accepted?: number }
  if (answer.accepted !== count) throw new Error(`of ${count} views: ${JSON.stringify(answer)}`)
}
