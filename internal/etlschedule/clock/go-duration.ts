const unitNs: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
}

const units = Object.keys(unitNs).join('|')
const whole = new RegExp(`^[-+]?(?:(?:\\d+\\.?\\d*|\\.\\d+)(?:${units}))+$`)
const part = new RegExp(`(\\d*)\\.?(\\d*)(${units})`, 'g')
/** Go counts in nanoseconds of 64 bits, some 292 years. */
const maxNs = 2n ** 63n - 1n

/** Reads "90m", "1h30m" or "-1.5s" as Go's time.ParseDuration does, as nanoseconds; `null` for anything else. */
export function parseGoDuration(text: string): bigint | null {
  if (/^[-+]?0$/.test(text)) return 0n
  if (!whole.test(text)) return null
  let total = 0n
  for (const [, digits = '', fraction = '', unit = ''] of text.matchAll(part)) {
    total += (BigInt(digits + fraction) * (unitNs[unit] as bigint)) / 10n ** BigInt(fraction.length)
  }
  if (total > maxNs) return null
  return text.startsWith('-') ? -total : total
}
