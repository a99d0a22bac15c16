import { setTimeout as sleep } from 'node:timers/promises'
import { settleMs } from '#internal/history/remembered-histories.ts'
import { startTestPostgres } from '../test/engines/postgres.ts'
import { start } from '../test/system/processes.ts'
import { runApart } from './apart.ts'
import { startBareServer } from './bare.ts'
import { requestRate } from './http.ts'
import { appendAll } from './intake.ts'
import { compare, limit } from './measure.ts'
import { publishShop } from './publish-shop.ts'
import { createInProcess } from './questions.ts'
import { grewInAll, quantileOf, scrape } from './scrape.ts'
import { shopWith, sizeOf } from './shop.ts'
import { timesOf } from './times.ts'
import { recordsOf } from './views.ts'
import type { ProductView } from '#internal/domain/product-view.ts'
import type { Running } from '../test/system/processes.ts'
import type { Due, Found, Task } from './apart/open-loop.ts'
import type { Figure, Finding, Limit, Measured } from './measure.ts'
import type { InProcess } from './questions.ts'
import type { Times } from './times.ts'
import type { Stand } from './stand.ts'

const indexed = 1_000_000
/** Larger than the index, so that its visitors go on looking around. */
const shopViews = 1.6 * indexed
/** So many of them are there while it is measured, with some six views each. */
const visitors = 3_000
const viewsPerSecond = 1_000
/** First what a view's way takes while the api has time, then what is promised. */
const questionsPerSecond = [100, 1_000] as const
const viewsARequest = 10
const warmUpSeconds = 5
/** Over a shorter time a p99 says little. */
const leastSeconds = 15
const probes = 100

/** What the index holds, and what comes next. */
interface Visits {
  readonly before: readonly ProductView[]
  readonly next: readonly ProductView[]
}

/** The api with a million views in its index, over HTTP. The store knows the histories of those who ask. */
export async function benchLive(stand: Stand): Promise<Finding[]> {
  const { tell, env, engines } = stand
  const seconds = Math.max(leastSeconds, 5 * stand.seconds)
  const perLoad = viewsPerSecond * (warmUpSeconds + seconds)
  const visits = makeVisits(questionsPerSecond.length * perLoad)
  tell('writing a million views')
  const log = engines.log()
  await appendAll(log, await recordsOf(visits.before, log))
  await writeHistories(stand, visits)
  await using shop = await startTestPostgres()
  const { users } = sizeOf(indexed / 10)
  await publishShop({ ...env, VITRINE_SHOP_URL: shop.url }, { users, products: sizeOf(shopViews).products })
  const inProcess = createInProcess({ views: visits.before, capacityViews: indexed })
  tell('starting the api')
  await using api = await start('api', { ...env, VITRINE_INDEX_VIEWS: String(indexed) })
  const findings: Finding[] = await answersAgainstBare(stand, api, visits, inProcess)
  await using ingestor = await start('ingestor', env)
  for (const [n, questions] of questionsPerSecond.entries()) {
    const next = visits.next.slice(n * perLoad, (n + 1) * perLoad)
    findings.push(...(await underLoad(stand, { api, ingestor, before: visits.before, next, questions })))
  }
  return findings
}

function makeVisits(count: number): Visits {
  const before: ProductView[] = []
  const next: ProductView[] = []
  const there = new Set<string>()
  for (const view of shopWith(shopViews).views()) {
    if (before.length < indexed) before.push(view)
    else if (there.has(view.userId) || there.size < visitors) {
      there.add(view.userId)
      next.push(view)
    }
    if (next.length === count) break
  }
  if (next.length < count) throw new Error(`the shop has only ${next.length} views more, not ${count}`)
  const shift = Date.now() - (before.at(-1)?.timestamp ?? 0)
  return { before: before.map(view => ({ ...view, timestamp: view.timestamp + shift })), next }
}

const rowsAtOnce = 500

/** Straight into the store, as a loader that is through would have left it. */
async function writeHistories({ engines, tell }: Stand, { before, next }: Visits): Promise<void> {
  const there = new Set(next.map(({ userId }) => userId))
  const views = before
    .filter(({ userId }) => there.has(userId))
    .map(view => ({ ...view, effectiveTime: view.timestamp }))
  tell(`writing the histories of ${there.size} visitors, ${views.length} views`)
  const store = engines.history()
  for (let from = 0; from < views.length; from += rowsAtOnce) {
    await store.recordViews(views.slice(from, from + rowsAtOnce))
  }
}

const questionsInProcess = 1_000

/** Half of a bare server's rate, and for recommendations what it would answer if it took in-process time as well. */
async function answersAgainstBare(
  { seconds, rounds, tell }: Stand,
  api: Running,
  { next }: Visits,
  inProcess: InProcess,
): Promise<Figure[]> {
  await using bare = await startBareServer()
  const asking = [...new Set(next.map(({ userId }) => userId))].slice(0, 500)
  const recommendations = asking.map(user => ({ path: `/v1/users/${user}/recommendations` }))
  const history = asking.map(user => ({ path: `/v1/users/${user}/history` }))
  const latest = asking.map(user => ({
    path: '/api/v1/user_nav_history_latest_products',
    headers: { 'user-id': user },
  }))
  const bestSellers = [
    { path: '/v1/rankings/best-sellers' },
    { path: '/v1/rankings/best-sellers?window=ever' },
  ]
  const trending = [{ path: '/v1/rankings/trending' }]

  /** What a server would answer that adds nothing to bare koa but the recommendation itself. */
  async function bareWithRecommendation(): Promise<Measured> {
    const { rate } = await requestRate(bare.url, recommendations, seconds)
    const { mean } = inProcess.time(questionsInProcess, 'with reasons')
    return { rate: 1 / (1 / rate + mean / 1_000) }
  }

  const figures = [
    await compare({
      name: 'recommendations, 1 M views in the index',
      unit: 'requests/s',
      against: '1 / (bare koa with router + one recommendation in process)',
      budget: 0.7,
      rounds,
      tell,
      ceiling: bareWithRecommendation,
      vitrine: () => requestRate(api.url, recommendations, seconds),
    }),
  ]
  await comeToKnow(api, history)
  const others = [
    { name: "a user's history", requests: history },
    { name: 'latest products', requests: latest },
    { name: 'best sellers', requests: bestSellers },
    { name: 'trending', requests: trending },
  ]
  for (const { name, requests } of others) {
    figures.push(
      await compare({
        name,
        unit: 'requests/s',
        against: 'bare koa with router',
        budget: 0.5,
        rounds,
        tell,
        ceiling: () => requestRate(bare.url, recommendations, seconds),
        vitrine: () => requestRate(api.url, requests, seconds),
      }),
    )
  }
  return figures
}

/** Asks until the api knows the histories: shops ask for those who are there again and again. */
async function comeToKnow(api: Running, requests: readonly { readonly path: string }[]): Promise<void> {
  const askAll = async () => {
    for (const { path } of requests) await (await fetch(`${api.url}${path}`)).arrayBuffer()
  }
  await askAll()
  await sleep(settleMs)
  await askAll()
}

/** A thousand views a second, and so many questions, each when it is due. */
async function underLoad(
  { tell }: Stand,
  { api, ingestor, before, next, questions }: Load,
): Promise<Limit[]> {
  const load = `${questions.toLocaleString('en')} questions/s while 1,000 views/s come in`
  tell(load)
  const requests = schedule(next, { views: `${ingestor.url}/v1/views`, questions: api.url }, questions)
  const warmUpMs = warmUpSeconds * 1_000
  const sending = runApart<Task, Found>('open-loop.ts', { requests, warmUpMs })
  await sleep(warmUpMs)
  const from = await scrape(api.opsUrl)
  const began = performance.now()
  const [found, seen] = await Promise.all([
    sending,
    questions < viewsPerSecond ? probeEffects({ api, ingestor, productId: mostViewed(before) }) : null,
  ])
  const seconds = (performance.now() - began) / 1_000
  const to = await scrape(api.opsUrl)
  const { p50, p99 } = found.lateness
  tell(`sent ${p50.toFixed(1)} / ${p99.toFixed(1)} ms late (p50 / p99)`)
  if (found.overwhelmed) tell('the api fell behind, and was not asked any more')
  const effect = (share: number) => 1_000 * quantileOf('vitrine_view_to_effect_seconds', share, from, to)
  const cpu = grewInAll('process_cpu_seconds_total', from, to) / seconds
  const figure = (name: string, value: number, unit: string, below: number | null = null) =>
    limit({ name: `${name}; ${load}`, value, unit, below })
  const answered = found.overwhelmed
    ? 'recommendations, open loop, until it fell behind'
    : 'recommendations, open loop'
  const answers = [
    figure(`${answered}, p50`, found.gets.p50, 'ms'),
    figure(`${answered}, p99`, found.gets.p99, 'ms', questions === viewsPerSecond ? 10 : null),
  ]
  // Of an api that is not waited for, nothing else can be told.
  if (found.overwhelmed) return answers
  return [
    ...answers,
    figure('requests with 10 of these views, p99', found.posts.p99, 'ms'),
    figure("view to effect, the api's own histogram, p50", effect(0.5), 'ms'),
    figure("view to effect, the api's own histogram, p99", effect(0.99), 'ms', 100),
    ...(seen === null
      ? []
      : [
          figure('from sending a view to an answer that it shaped, p50', seen.p50, 'ms'),
          figure('from sending a view to an answer that it shaped, p99', seen.p99, 'ms'),
        ]),
    figure("the api's CPU", cpu, 'cores'),
  ]
}

interface Load {
  readonly api: Running
  readonly ingestor: Running
  readonly before: readonly ProductView[]
  readonly next: readonly ProductView[]
  readonly questions: number
}

/** The visitors' next views in requests of ten, and after some of them a question of who viewed. */
function schedule(
  next: readonly ProductView[],
  to: { views: string; questions: string },
  questions: number,
): Due[] {
  const requests: Due[] = []
  for (const [n, { userId }] of next.entries()) {
    const at = (n * 1_000) / viewsPerSecond
    if (n % viewsARequest === 0) {
      requests.push({ at, url: to.views, body: bodyOf(next.slice(n, n + viewsARequest)) })
    }
    if (n % (viewsPerSecond / questions) === 0) {
      requests.push({ at, url: `${to.questions}/v1/users/${userId}/recommendations` })
    }
  }
  return requests
}

/** Without times: they are viewed as they come. */
function bodyOf(views: readonly Pick<ProductView, 'userId' | 'productId' | 'source'>[]): string {
  return JSON.stringify(
    views.map(({ userId, productId, source }) => ({
      event: 'ProductView',
      userid: userId,
      properties: { productid: productId },
      context: { source },
    })),
  )
}

/** How long it takes from outside until a stranger's first view shapes an answer to him, questions and all. */
async function probeEffects(parts: { api: Running; ingestor: Running; productId: string }): Promise<Times> {
  const { api, ingestor, productId } = parts
  const milliseconds: number[] = []
  for (let n = 0; n < probes; n++) {
    const userId = `probe-${process.pid}-${n}`
    const began = performance.now()
    const response = await fetch(`${ingestor.url}/v1/views`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: bodyOf([{ userId, productId, source: 'probe' }]),
    })
    if (!response.ok) throw new Error(`a view was answered with ${response.status}`)
    await response.arrayBuffer()
    await personalized(api.url, userId)
    milliseconds.push(performance.now() - began)
    await sleep(50)
  }
  return timesOf(milliseconds)
}

const effectLimitMs = 10_000

/** Asks until the answer is the user's own. */
async function personalized(url: string, userId: string): Promise<void> {
  for (const began = performance.now(); performance.now() - began < effectLimitMs; ) {
    const response = await fetch(`${url}/v1/users/${userId}/recommendations`)
    const { type } = (await response.json()) as { type?: string }
    if (type === 'personalized') return
  }
  throw new Error(`a view did not count within ${effectLimitMs / 1_000} s`)
}

function mostViewed(views: readonly ProductView[]): string {
  const times = new Map<string, number>()
  for (const { productId } of views) times.set(productId, (times.get(productId) ?? 0) + 1)
  const [most] = [...times].sort((a, b) => b[1] - a[1])
  if (most === undefined) throw new Error('nothing was viewed')
  return most[0]
}
