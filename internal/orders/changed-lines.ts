import type { OrderLine } from './store.ts'

/** What must be written and what must go, so that the lines that stand become the lines that are wanted. */
export function compareLines(
  standing: readonly OrderLine[],
  wanted: readonly OrderLine[],
): { changed: OrderLine[]; gone: OrderLine[] } {
  const before = new Map(standing.map(line => [keyOf(line), line]))
  const after = new Set(wanted.map(keyOf))
  return {
    changed: wanted.filter(line => !isSame(line, before.get(keyOf(line)))),
    gone: standing.filter(line => !after.has(keyOf(line))),
  }
}

/** Ids hold no control characters. */
const keyOf = ({ userId, orderId, productId }: OrderLine) => `${userId}\n${orderId}\n${productId}`

function isSame(line: OrderLine, other: OrderLine | undefined): boolean {
  return (
    line.categoryId === other?.categoryId &&
    line.quantity === other.quantity &&
    line.orderedAt === other.orderedAt
  )
}
