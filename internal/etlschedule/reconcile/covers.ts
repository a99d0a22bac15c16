import { parseQuantity } from '../resource/quantity.ts'

/**
 * Whether an object is as it was applied. What others or the API server's defaults added counts as nothing, and neither
 * does another spelling of the same quantity ("1000m", "1").
 */
export function covers(found: unknown, applied: unknown): boolean {
  if (Array.isArray(applied)) return coversList(found, applied)
  if (typeof applied !== 'object' || applied === null)
    return found === applied || sameQuantity(found, applied)
  const entries = Object.entries(applied)
  // The API server leaves empty objects out.
  if (found === undefined) return entries.every(([, value]) => covers(undefined, value))
  if (typeof found !== 'object' || found === null) return false
  const fields = found as Readonly<Record<string, unknown>>
  return entries.every(([name, value]) => value === undefined || covers(fields[name], value))
}

function coversList(found: unknown, applied: readonly unknown[]): boolean {
  if (found === undefined) return applied.length === 0
  if (!Array.isArray(found) || found.length !== applied.length) return false
  return applied.every((value, index) => covers(found[index], value))
}

function sameQuantity(found: unknown, applied: unknown): boolean {
  if (typeof found !== 'string' || !(typeof applied === 'string' || typeof applied === 'number')) return false
  const value = parseQuantity(applied)
  return value !== null && value === parseQuantity(found)
}
