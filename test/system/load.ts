import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** A shop's traffic that goes on whatever becomes of it: so many views and as many questions a second. */
export interface Load {
  /** Ends it, and tells what became of it once all is answered. */
  stop(): Promise<Became>
}

export interface Became {
  readonly views: number
  readonly questions: number
  /** What failed, in words; refused requests included. */
  readonly failed: readonly string[]
  /** How often a view was not taken at once. */
  readonly retries: number
  /** By user the products whose views were answered 202. */
  readonly taken: ReadonlyMap<string, ReadonlySet<string>>
}

interface LoadOptions {
  readonly ingestor: string
  readonly api: string
  /** Empty where none is asked for. */
  readonly key: string
  readonly perSecond: number
  /** Tells this load's users from another's. */
  readonly name: string
  /** How often a view that was not taken is sent again, as a shop does after a 503 or a lost connection. */
  readonly again?: number
}

const limitMs = 10_000
const users = 400

/** Starts it: an open loop, in which nothing waits for an answer before. */
export function startLoad({ ingestor, api, key, perSecond, name, again = 0 }: LoadOptions): Load {
  // With a time of its own, since Node else does not heed for how long a server wants connections to be kept.
  const agent = new Agent({ keepAlive: true, maxSockets: 256, timeout: 60_000 })
  const headers = {
    ...(key !== '' && { authorization: `Bearer ${key}` }),
    'content-type': 'application/json',
  }
  const failed: string[] = []
  const taken = new Map<string, Set<string>>()
  const under = new Set<Promise<void>>()
  const sent = { views: 0, questions: 0, retries: 0 }
  const began = performance.now()
  let goesOn = true

  function send(method: string, url: string, body?: string): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>()
    const sending = request(
      url,
      { agent, method, headers, signal: AbortSignal.timeout(limitMs) },
      response => {
        response.resume()
        response.once('error', reject)
        response.once('end', () => resolve(response.statusCode ?? 0))
      },
    )
    sending.once('error', reject)
    sending.end(body)
    return promise
  }

  async function view(number: number): Promise<void> {
    const [user, product] = [`${name}-user-${number % users}`, `${name}-product-${number}`]
    const timestamp = new Date().toISOString()
    const properties = { productid: product }
    const body = JSON.stringify({
      event: 'ProductView',
      messageid: `${name}-${number}`,
      userid: user,
      properties,
      timestamp,
    })
    for (let left = again; ; left -= 1) {
      const status = await send('POST', `${ingestor}/v1/views`, body).catch((error: Error) => error.message)
      if (status === 202) break
      if (left === 0) throw new Error(`view ${number}: ${status}`)
      sent.retries += 1
      await sleep(500)
    }
    taken.set(user, (taken.get(user) ?? new Set()).add(product))
  }

  async function ask(number: number): Promise<void> {
    const status = await send('GET', `${api}/v1/users/${name}-user-${(number * 7) % users}/recommendations`)
    if (status !== 200) throw new Error(`question ${number}: ${status}`)
  }

  function follow(work: Promise<void>): void {
    const followed = work
      .catch(
        (error: Error) => void failed.push(`${Math.round(performance.now() - began)} ms: ${error.message}`),
      )
      .finally(() => under.delete(followed))
    under.add(followed)
  }

  async function run(): Promise<void> {
    while (goesOn) {
      const due = ((performance.now() - began) / 1_000) * perSecond
      while (sent.views < due) {
        follow(view(sent.views++))
        follow(ask(sent.questions++))
      }
      await sleep(2)
    }
    await Promise.all(under)
    agent.destroy()
  }

  const running = run()
  return {
    async stop() {
      goesOn = false
      await running
      return { ...sent, failed, taken }
    },
  }
}

/** Users of whom a view that was taken is not in their history, with what is missing. */
export async function missingViews(
  taken: ReadonlyMap<string, ReadonlySet<string>>,
  historyOf: (user: string) => Promise<string[]>,
): Promise<string[]> {
  const missing: string[] = []
  for (const [user, products] of taken) {
    const history = new Set(await historyOf(user))
    for (const product of products) if (!history.has(product)) missing.push(`${user}: ${product}`)
  }
  return missing
}
