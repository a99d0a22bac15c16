import { types } from 'cassandra-driver'

/**
 * A row as a plain object: `bigint` as a number where exact (else BigInt), `uuid` as text, `timestamp` as `Date`, a
 * set as a list, the rest as the driver reads it.
 */
export function plainRow<T>(row: types.Row): T {
  const plain: Record<string, unknown> = {}
  for (const name of Object.keys(row)) plain[name] = plainValue((row as Record<string, unknown>)[name])
  return plain as T
}

function plainValue(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (types.Long.isLong(value)) {
    const number = value.toNumber()
    return Number.isSafeInteger(number) ? number : BigInt(value.toString())
  }
  if (value instanceof types.Uuid) return value.toString()
  return value
}
