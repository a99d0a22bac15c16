import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Command } from 'commander'
import { Misconfigured, Unavailable } from '#internal/errors/errors.ts'
import { toUrl } from '#internal/ingest/send.ts'
import { runJob } from '#internal/process/run.ts'
import { rereadable } from '../shared/logins.ts'
import { httpUrl } from './options.ts'

interface CheckOptions {
  readonly ingestor: string
  readonly api: string
  readonly keyFile?: string
}

/** How long a view may take to show in its visitor's history. */
const limitMs = 60_000

const requestLimitMs = 15_000

/** `vitrine check`: whether a shop is served, tried as its pages do it. */
export function checkCommand(): Command {
  return new Command('check')
    .description(
      'try a running Vitrine as a shop does: a made-up visitor looks at a product, is seen to have, and is forgotten',
    )
    .requiredOption('--ingestor <url>', 'where views go, such as http://127.0.0.1:8080', httpUrl)
    .requiredOption('--api <url>', 'where answers come from', httpUrl)
    .option('--key-file <file>', 'a file with the key, in the place of the environment variable VITRINE_KEY')
    .addHelpText(
      'after',
      '\nThe key needs the scopes views:write, recommendations:read, history:read and history:delete.\nExit code 0: the shop is served; 1: the last line says what is not.',
    )
    .action(({ ingestor, api, keyFile }: CheckOptions) =>
      runJob(async (_, signal) => {
        const key =
          keyFile === undefined
            ? process.env['VITRINE_KEY'] || undefined
            : rereadable('--key-file', keyFile)()
        await check(ingestor, api, key, signal)
        return 0
      }),
    )
}

async function check(
  ingestor: string,
  api: string,
  key: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const ask = createAsk(api, key, signal)
  const visitor = `vitrine-check-${randomUUID()}`
  const history = `/v1/users/${visitor}/history`

  // First, so that nothing is sent which could not be forgotten again.
  await ask('DELETE', history)
  const product = await productOf(ask)
  say(`${api} answers`)

  const sentAt = performance.now()
  const view = {
    messageId: randomUUID(),
    userId: visitor,
    productId: product,
    source: 'vitrine-check',
    timestamp: Date.now(),
  }
  const [refusal] = await toUrl(ingestor, key)([view], signal)
  if (refusal) throw new Misconfigured(`the ingestor refuses the view of the check: ${refusal.message}`)
  say(`${ingestor} takes views`)
  try {
    const seen = async () =>
      (await ask<Items>('GET', history)).items.some(({ productId }) => productId === product)
    while (!(await seen())) {
      if (performance.now() - sentAt > limitMs) {
        throw new Unavailable(
          `the view did not come into the visitor's history within ${limitMs / 1_000} s: /readyz of the loader and the api say what they lack`,
        )
      }
      await sleep(100, undefined, { signal })
    }
    say(`the view is in its visitor's history after ${Math.round(performance.now() - sentAt)} ms`)
    const { items } = await ask<Items>('GET', `/v1/users/${visitor}/recommendations`)
    say(`the visitor is recommended ${items.length} products`)
  } catch (error) {
    // What went wrong first is what counts.
    await ask('DELETE', history).catch(() => {})
    throw error
  }
  await ask('DELETE', history)
  if ((await ask<Items>('GET', history)).items.length > 0)
    throw new Unavailable('the visitor is not forgotten')
  say('the visitor is forgotten')
}

/** One that visitors do look at: a made-up one would be among what the shop recommends, should the check be cut off. */
async function productOf(ask: Ask): Promise<string> {
  const { items } = await ask<Items>('GET', '/v1/rankings/trending?limit=1')
  return items[0]?.productId ?? 'vitrine-check'
}

const say = (text: string) => process.stdout.write(`ok: ${text}\n`)

interface Items {
  readonly items: readonly { readonly productId: string }[]
}

type Ask = <T>(method: string, path: string) => Promise<T>

/** Calls of the api, whose refusals are told in words. */
function createAsk(api: string, key: string | undefined, signal: AbortSignal): Ask {
  return async <T>(method: string, path: string) => {
    const response = await fetch(new URL(path, api), {
      method,
      headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
      signal: AbortSignal.any([signal, AbortSignal.timeout(requestLimitMs)]),
    }).catch((error: unknown) => {
      signal.throwIfAborted()
      throw new Unavailable(`${api} does not answer`, { cause: error })
    })
    const text = await response.text()
    if (!response.ok)
      throw new Unavailable(`${method} ${path} of ${api} answered ${response.status}: ${text.slice(0, 300)}`)
    return JSON.parse(text) as T
  }
}
