import { runApart } from './apart.ts'
import { limit, median } from './measure.ts'
import type { Found, Task } from './apart/questions.ts'
import type { Found as MemoryFound, Task as MemoryTask } from './apart/memory.ts'
import type { Limit } from './measure.ts'
import type { Times } from './times.ts'

/** Views in the index. */
const sizes = [100_000, 1_000_000, 10_000_000] as const
const questions = 3_000

/** One recommendation in process, and what the index costs, as it grows. */
export async function benchInProcess(options: {
  rounds: number
  tell: (text: string) => void
}): Promise<Limit[]> {
  const { rounds, tell } = options
  const found = new Map<number, Found>()
  const limits: Limit[] = []
  for (const views of sizes) {
    tell(`in process: an index of ${views.toLocaleString('en')} views`)
    const one = await runApart<Task, Found>('questions.ts', { views, questions, rounds })
    found.set(views, one)
    limits.push(...costsOf(views, one))
  }
  tell('memory: catalogue and known visitors')
  return [...limits, ...growth(found), ...(await memoryBeside())]
}

const products = 1_000_000
/** As many as are remembered at most, both. */
const knownVisitors = { visitors: 50_000, productsOfVisitor: 40 }

async function memoryBeside(): Promise<Limit[]> {
  const found = await runApart<MemoryTask, MemoryFound>('memory.ts', { products, ...knownVisitors })
  const mebibytes = (bytes: number) => bytes / 2 ** 20
  return [
    limit({ name: 'catalogue of 1 M products', value: mebibytes(found.catalogue), unit: 'MiB', below: null }),
    limit({
      name: '50,000 known visitors with 40 products each',
      value: mebibytes(found.visitors),
      unit: 'MiB',
      below: null,
    }),
  ]
}

const kinds = ['with reasons', 'without reasons'] as const
const timesOf = (one: Found, kind: (typeof kinds)[number]) =>
  kind === 'with reasons' ? one.withReasons : one.withoutReasons
const overRounds = (times: readonly Times[], name: keyof Times) => median(times.map(time => time[name]))

function costsOf(views: number, one: Found): Limit[] {
  const name = (text: string) => `${text}, ${views / 1_000_000} M views`
  const isBudgeted = views === 1_000_000
  return [
    ...kinds.flatMap(kind =>
      (['p50', 'p99'] as const).map(share =>
        limit({
          name: name(`one recommendation ${kind}, ${share}`),
          value: overRounds(timesOf(one, kind), share),
          unit: 'ms',
          below: isBudgeted ? budgets[share] : null,
        }),
      ),
    ),
    limit({ name: name('a view into the index'), value: one.addMicroseconds, unit: 'µs', below: null }),
    limit({ name: name('index.bytes() a view'), value: one.bytes / one.views, unit: 'B', below: null }),
    limit({
      name: name("growth of the process' live memory a view"),
      value: one.liveBytes / one.views,
      unit: 'B',
      below: isBudgeted ? 200 : null,
    }),
    limit({
      name: name("growth of the process' resident memory a view"),
      value: one.residentBytes / one.views,
      unit: 'B',
      below: null,
    }),
  ]
}

const budgets = { p50: 0.3, p99: 2 } as const

function growth(found: ReadonlyMap<number, Found>): Limit[] {
  const [least, most] = [found.get(sizes[0]), found.get(sizes[2])]
  if (!least || !most) return []
  return kinds.flatMap(kind =>
    (['p50', 'p99'] as const).map(share =>
      limit({
        name: `one recommendation ${kind}, ${share}: growth from 0.1 M to 10 M views`,
        value: overRounds(timesOf(most, kind), share) / overRounds(timesOf(least, kind), share),
        unit: 'x',
        below: 2,
      }),
    ),
  )
}
