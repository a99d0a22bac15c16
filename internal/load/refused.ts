import { InvalidInput } from '#internal/errors/errors.ts'

/**
 * Writes all items and returns those that `write` refuses for good, with `InvalidInput`, found by halving. Any
 * other failure is passed on, for another try with the same items; so `write` must bear repeats.
 */
export async function writeOrRefuse<T>(
  items: readonly T[],
  write: (items: readonly T[]) => Promise<void>,
): Promise<readonly T[]> {
  if (items.length === 0) return []
  try {
    await write(items)
    return []
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error
    if (items.length === 1) return items
    const half = items.length >> 1
    return [
      ...(await writeOrRefuse(items.slice(0, half), write)),
      ...(await writeOrRefuse(items.slice(half), write)),
    ]
  }
}
