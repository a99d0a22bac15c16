import { createReadStream, existsSync, readFileSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { productViewsTopic } from '#internal/eventlog/topics.ts'
import { loaderGroup } from '#internal/load/loader.ts'
import type { EventLog } from '#internal/eventlog/log.ts'
import type { Children } from './children.ts'

/** Ids of the demo shop that give an answer. */
export interface Demo {
  readonly user: string
  readonly product: string
  /** Was it made by this start? */
  readonly fresh: boolean
}

interface DemoFile {
  /** The end of the made-up time, ISO 8601; kept so that a start that was cut off makes the same shop again. */
  readonly until: string
  readonly ready?: { readonly user: string; readonly product: string }
}

export interface DemoOptions {
  readonly folder: string
  readonly url: string
  /** The embedded shop's database: its rows are replaced. */
  readonly shopUrl: string
  readonly children: Children
  readonly log: Pick<EventLog, 'lag'>
  readonly say: (text: string) => void
  readonly signal: AbortSignal
}

/** Fills an empty data folder with a made-up shop: products and orders, their runs, and views through the intake. */
export async function prepareDemo(options: DemoOptions): Promise<Demo> {
  const { folder, url, shopUrl, children, log, say, signal } = options
  const file = join(folder, 'demo.json')
  const known = existsSync(file) ? readDemoFile(file) : null
  if (known?.ready) return { ...known.ready, fresh: false }

  const until = known?.until ?? new Date().toISOString()
  await mkdir(folder, { recursive: true })
  await writeFile(file, JSON.stringify({ until } satisfies DemoFile))
  const views = join(folder, 'demo-views.ndjson')

  say('Making up a shop: products, orders and visits …')
  await children.run(['generate', '--until', until, '--postgres', shopUrl, '--replace', '--views', views])
  say("Copying the shop's products and orders …")
  await children.run(['run', 'products'])
  await children.run(['run', 'orders'])
  say('Sending the visits …')
  await children.run(['send', views, '--url', url])
  await untilLoaded(log, signal)

  const ready = await lastVisitor(views)
  await untilRecommended(url, ready.user, signal)
  await writeFile(file, JSON.stringify({ until, ready } satisfies DemoFile))
  await rm(views)
  return { ...ready, fresh: true }
}

/** A file that a kill cut short says nothing: then the shop is made anew. */
function readDemoFile(file: string): DemoFile | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as DemoFile
  } catch {
    return null
  }
}

async function untilLoaded(log: Pick<EventLog, 'lag'>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const lags = await log.lag(loaderGroup, productViewsTopic)
    if (lags.every(({ records }) => records === 0n)) return
    await sleep(50, undefined, { signal })
  }
}

/** What the runs published is in the answers a moment later. */
async function untilRecommended(url: string, user: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const response = await fetch(`${url}/v1/users/${encodeURIComponent(user)}/recommendations`, { signal })
    const { items } = (await response.json()) as { items?: unknown[] }
    if (items !== undefined && items.length > 0) return
    await sleep(100, undefined, { signal })
  }
}

async function lastVisitor(file: string): Promise<{ user: string; product: string }> {
  let last = ''
  for await (const line of createInterface({ input: createReadStream(file) })) last = line
  const { userid, properties } = JSON.parse(last) as { userid: string; properties: { productid: string } }
  return { user: userid, product: properties.productid }
}
