import { none } from '../index/columns.ts'

/** A map from numbers to numbers that is small enough to stay near, whatever the numbers are. */
export interface NumberMap {
  /** What stands for `key`, or {@link none}. */
  get(key: number): number
  set(key: number, value: number): void
  clear(): void
}

/** Open addressing with linear probing; grows so that at most half of the places are taken. */
export function createNumberMap(): NumberMap {
  let bits = 11
  let keys = new Uint32Array(1 << bits).fill(none)
  let values = new Uint32Array(1 << bits)
  let size = 0

  /** Where the key stands, or would stand. Hashed by the golden ratio, so that near numbers lie apart. */
  function placeOf(key: number): number {
    const mask = keys.length - 1
    let at = Math.imul(key, 0x9e3779b1) >>> (32 - bits)
    while (keys[at] !== key && keys[at] !== none) at = (at + 1) & mask
    return at
  }

  function grow(): void {
    const [oldKeys, oldValues] = [keys, values]
    bits++
    keys = new Uint32Array(1 << bits).fill(none)
    values = new Uint32Array(1 << bits)
    for (const [n, key] of oldKeys.entries()) {
      if (key === none) continue
      const at = placeOf(key)
      keys[at] = key
      values[at] = oldValues[n] as number
    }
  }

  return {
    get(key) {
      const at = placeOf(key)
      return keys[at] === none ? none : (values[at] as number)
    },
    set(key, value) {
      if (2 * (size + 1) > keys.length) grow()
      const at = placeOf(key)
      if (keys[at] === none) size++
      keys[at] = key
      values[at] = value
    },
    clear() {
      if (size > 0) keys.fill(none)
      size = 0
    },
  }
}
