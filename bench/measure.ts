import { loadavg } from 'node:os'

/** What one bench found: how fast Vitrine is, and how fast the plain way was, in the same run. */
export interface Figure {
  readonly name: string
  readonly unit: string
  /** Median over the rounds. */
  readonly vitrine: number
  /** Median over the rounds; what it measures is in `against`. */
  readonly ceiling: number
  readonly against: string
  /** Median of the rounds' own ratios, vitrine to ceiling. */
  readonly ratio: number
  /** The least ratio that is promised; `null` where none is. */
  readonly budget: number | null
  readonly rounds: readonly Round[]
  /** Milliseconds until an answer, with the slowest round's tail. */
  readonly latency?: Latency
  /** Processes that wanted the machine while this was measured, the bench's own among them. */
  readonly load: number
}

/** What one bench found that is held against a fixed limit, not against a ceiling. */
export interface Limit {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** It must lie below; `null` where nothing is promised. */
  readonly below: number | null
  /** Processes that wanted the machine while this was measured, the bench's own among them. */
  readonly load: number
}

export type Finding = Figure | Limit

/** A finding with the load of the moment. */
export function limit(found: Omit<Limit, 'load'>): Limit {
  return { ...found, load: loadavg()[0] ?? 0 }
}

export interface Round {
  readonly vitrine: number
  readonly ceiling: number
}

export interface Latency {
  readonly p50: number
  readonly p99: number
}

/** A rate, per second, and how long single answers took where that was measured. */
export interface Measured {
  readonly rate: number
  readonly latency?: Latency
}

export interface Comparison {
  readonly name: string
  readonly unit: string
  readonly against: string
  readonly budget: number | null
  readonly rounds: number
  /** `round` counts from 0; the first is a warm-up that is not kept. */
  readonly vitrine: (round: number) => Promise<Measured>
  readonly ceiling: (round: number) => Promise<Measured>
  readonly tell: (text: string) => void
}

/**
 * Measures both in turn, so that a machine that is busy for a while slows both down. The first round warms both up
 * and is not kept.
 */
export async function compare(comparison: Comparison): Promise<Figure> {
  const { name, unit, against, budget, tell } = comparison
  const rounds: Round[] = []
  const latencies: Latency[] = []
  for (let round = 0; round <= comparison.rounds; round += 1) {
    const ceiling = await comparison.ceiling(round)
    const vitrine = await comparison.vitrine(round)
    const about = round === 0 ? 'warm-up' : `round ${round} of ${comparison.rounds}`
    tell(`${name}, ${about}: ${Math.round(vitrine.rate)} against ${Math.round(ceiling.rate)} ${unit}`)
    if (round === 0) continue
    rounds.push({ vitrine: vitrine.rate, ceiling: ceiling.rate })
    if (vitrine.latency) latencies.push(vitrine.latency)
  }
  return {
    name,
    unit,
    against,
    budget,
    rounds,
    load: loadavg()[0] ?? 0,
    vitrine: median(rounds.map(round => round.vitrine)),
    ceiling: median(rounds.map(round => round.ceiling)),
    ratio: median(rounds.map(round => round.vitrine / round.ceiling)),
    ...(latencies.length > 0 && {
      latency: {
        p50: median(latencies.map(({ p50 }) => p50)),
        p99: Math.max(...latencies.map(({ p99 }) => p99)),
      },
    }),
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] as number
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2
}

/** What was done in one second of `work`. */
export async function ratePerSecond(done: number, work: () => Promise<unknown>): Promise<Measured> {
  const started = performance.now()
  await work()
  return { rate: (done * 1_000) / (performance.now() - started) }
}
