import type { Latency } from './measure.ts'

/** How long something took, milliseconds. */
export interface Times extends Latency {
  readonly mean: number
}

/** Rejects nothing: of no times all are 0. */
export function timesOf(milliseconds: readonly number[]): Times {
  const sorted = Float64Array.from(milliseconds).sort()
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
  const sum = sorted.reduce((total, value) => total + value, 0)
  return { p50: at(0.5), p99: at(0.99), mean: sum / Math.max(1, sorted.length) }
}
