import { isId } from '#internal/domain/id.ts'
import { InvalidInput } from '#internal/errors/errors.ts'
import type { HistoryPosition } from './store.ts'

/** What any engine takes for a time: years 1970 to 9999. */
const endOfTimes = Date.UTC(10_000, 0)

/** A position in a history as an opaque word for clients; {@link decodeCursor} reads it again. */
export function encodeCursor({ viewedAt, productId }: HistoryPosition): string {
  return Buffer.from(JSON.stringify([viewedAt, productId])).toString('base64url')
}

/** Rejects with `InvalidInput` naming `cursor` for anything that {@link encodeCursor} did not make. */
export function decodeCursor(cursor: string): HistoryPosition {
  const position = parse(cursor)
  if (position !== null && encodeCursor(position) === cursor) return position
  throw new InvalidInput('cursor must be the nextCursor of an earlier answer', 'cursor')
}

function parse(cursor: string): HistoryPosition | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    if (!Array.isArray(value) || value.length !== 2) return null
    const [viewedAt, productId] = value as unknown[]
    if (!isTime(viewedAt) || typeof productId !== 'string' || !isId(productId)) return null
    return { viewedAt, productId }
  } catch {
    return null
  }
}

function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < endOfTimes
}
