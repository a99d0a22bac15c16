import { Command, InvalidArgumentError } from 'commander'
import { stopAll } from '../test/engines/registry.ts'
import { openCartShop } from '../test/system/cart-shop.ts'
import { giftOrders, recall, splitCarts } from '../test/system/carts.ts'

/**
 * How much of the rest of a cart is found. A real shop's orders are sold in a real PostgreSQL and copied by the pipeline
 * of orders; then each later cart is asked about over HTTP with half of it shown.
 */
const listLength = 20
const dayMs = 86_400_000

function days(text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1) return value
  throw new InvalidArgumentError('must be a whole number of days')
}

const { every } = new Command('bought-together')
  .description('measure what is bought together on the orders of a real shop')
  .option('--every <days>', 'run the pipeline again so often while the later orders come in', days)
  .parse()
  .opts<{ every?: number }>()

const tell = (text: string) => void process.stderr.write(`${text}\n`)
const row = (...cells: string[]) => process.stdout.write(`| ${cells.join(' | ')} |\n`)
const figure = (value: number) => value.toFixed(4)

async function measure(orders: NonNullable<ReturnType<typeof giftOrders>>): Promise<void> {
  const { earlier, questions, end } = splitCarts(orders)
  await using shop = await openCartShop()
  // With further runs the last order is sold now, else the last one before the split.
  const shiftMs = Date.now() - (every === undefined ? end : (orders.at(-1)?.at ?? end))
  const lines = await shop.sell(earlier, shiftMs)
  tell(`${earlier.length} orders with ${lines} lines are sold`)

  const plain: number[] = []
  const filled: number[] = []
  const runs: number[] = []
  const milliseconds: number[] = []
  let empty = 0
  let learnedTo = end
  async function learn(): Promise<void> {
    const { result, seconds, message, rowsWritten } = await shop.publish()
    if (result !== 'Succeeded') throw new Error(`the run ended ${result}: ${message}`)
    runs.push(seconds)
    tell(`run ${runs.length}: ${rowsWritten} rows in ${seconds.toFixed(1)} s`)
  }
  await learn()
  for (const { at, shown, hidden } of questions) {
    if (every !== undefined && at >= learnedTo + every * dayMs) {
      const from = learnedTo
      learnedTo += Math.floor((at - learnedTo) / (every * dayMs)) * every * dayMs
      await shop.sell(
        orders.filter(order => order.at >= from && order.at < learnedTo),
        shiftMs,
      )
      await learn()
    }
    const question = { products: shown, limit: listLength }
    const asked = performance.now()
    const { items, notEnoughData } = await shop.complete(question)
    milliseconds.push(performance.now() - asked)
    const { items: full } = await shop.complete({ ...question, fill: 'best-sellers' })
    const recallOf = (list: readonly { productId: string }[]) =>
      recall(
        list.map(({ productId }) => productId),
        hidden,
        listLength,
      )
    plain.push(recallOf(items))
    filled.push(recallOf(full))
    if (notEnoughData) empty += 1
  }
  milliseconds.sort((a, b) => a - b)
  const at = (share: number) =>
    `${(milliseconds[Math.floor(share * milliseconds.length)] ?? 0).toFixed(1)} ms`
  row('what', 'figure')
  row('---', '---')
  row('carts', String(questions.length))
  row(`recall@${listLength}`, figure(mean(plain)))
  row(`recall@${listLength}, filled up with best sellers`, figure(mean(filled)))
  row('carts of which at least one product was found', figure(mean(plain.map(value => Number(value > 0)))))
  row('carts with not enough data', String(empty))
  row('runs', String(runs.length))
  row('a run, mean', `${mean(runs).toFixed(1)} s`)
  row('an answer, p50 / p99', `${at(0.5)} / ${at(0.99)}`)
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

const orders = giftOrders()
if (orders === null) tell('the orders are not at hand: nothing is measured')
else {
  try {
    await measure(orders)
  } finally {
    await stopAll({ keepFolders: false })
  }
}
