import { Command, InvalidArgumentError } from 'commander'
import { defaultShopOptions } from '#internal/generate/options.ts'
import { generateShop } from '#internal/generate/shop.ts'
import { writeShop } from '#internal/generate/write-shop.ts'
import { writeViewsNdjson } from '#internal/generate/write-views.ts'
import { runJob } from '#internal/process/run.ts'
import { connectPostgres } from '#internal/postgres/client.ts'
import { createLogger } from '#internal/telemetry/logger.ts'
import { openProgress } from '../shared/progress.ts'

const dayMs = 86_400_000

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(text)
}

function time(text: string): number {
  const ms = text === 'now' ? Date.now() : Date.parse(text)
  if (Number.isNaN(ms))
    throw new InvalidArgumentError('It must be "now" or a time such as 2026-11-01T00:00:00Z.')
  return ms
}

interface GenerateOptions {
  readonly users: number
  readonly products: number
  readonly days: number
  readonly seed: number
  readonly until: number
  readonly views?: string
  readonly postgres?: string
  readonly replace?: boolean
}

/** `vitrine generate`: a made-up shop with its visitors. */
export function generateCommand(): Command {
  const defaults = defaultShopOptions
  return new Command('generate')
    .description('make up a shop: products and orders into a PostgreSQL, views as NDJSON')
    .option('--users <n>', 'how many visitors', wholeNumber, defaults.users)
    .option('--products <n>', 'how many products', wholeNumber, defaults.products)
    .option('--days <n>', 'how many days of visits', wholeNumber, defaults.days)
    .option('--seed <n>', 'the same seed, sizes and end give the same bytes', wholeNumber, defaults.seed)
    .option(
      '--until <time>',
      'when the last day ends; "now" or a time (default: the start of today, UTC)',
      time,
      Math.floor(Date.now() / dayMs) * dayMs,
    )
    .option('--views <file>', 'where the views go; - is standard output (the default without --postgres)')
    .option('--postgres <url>', "the shop's database, for products and orders (or VITRINE_SHOP_URL)")
    .option('--replace', 'delete the rows that its tables hold first')
    .addHelpText(
      'after',
      `
Examples:
  vitrine generate --users 1000 --views views.ndjson --postgres postgres://shop:secret@localhost/shop
  vitrine generate --seed 7 | vitrine send - --url http://127.0.0.1:8080`,
    )
    .action((options: GenerateOptions) => runJob(opened => generate(options, opened)))
}

async function generate(options: GenerateOptions, opened: AsyncDisposableStack): Promise<number> {
  const progress = opened.use(openProgress())
  const { users, products, days, seed, until } = options
  const shop = generateShop({ ...defaultShopOptions, users, products, days, seed, until })
  const url = options.postgres ?? process.env['VITRINE_SHOP_URL']
  const views = options.views ?? (url ? undefined : '-')

  if (url) {
    const logger = createLogger({ service: 'vitrine-generate', level: 'warn' })
    const postgres = opened.use(
      connectPostgres({ url, applicationName: 'vitrine-generate', maxConnections: 1, logger }),
    )
    progress.say('writing products and orders')
    const written = await writeShop(postgres, shop, { replace: options.replace ?? false })
    progress.say(`${written.products} products, ${written.orders} orders, ${written.orderItems} order lines`)
    progress.end()
  }
  if (views !== undefined) {
    progress.say('writing views')
    const count = await writeViewsNdjson(shop.views(), views === '-' ? process.stdout : views)
    progress.say(`${count} views${views === '-' ? '' : ` in ${views}`}`)
    progress.end()
  }
  return 0
}
