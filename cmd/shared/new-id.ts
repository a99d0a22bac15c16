import { randomFillSync } from 'node:crypto'
import { v7 } from 'uuid'

const bytesOfId = 16
const drawnAtOnce = 256

/** Makes UUIDv7s. Randomness is drawn for many at once: a draw of its own costs more than all else of an id. */
export function createNewId(): () => string {
  const pool = new Uint8Array(drawnAtOnce * bytesOfId)
  let at = pool.length
  const rng = () => {
    if (at === pool.length) {
      randomFillSync(pool)
      at = 0
    }
    return pool.subarray(at, (at += bytesOfId))
  }
  return () => v7({ rng })
}
