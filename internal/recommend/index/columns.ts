type Column = Uint8Array | Uint16Array | Int32Array | Uint32Array | Float64Array

/** No slot: what a number that points to one holds when it points to none. */
export const none = 0xffff_ffff

/** The column itself when it has `length` places, else a copy with half as many again, the new ones 0. */
export function grown<T extends Column>(column: T, length: number): T {
  if (column.length >= length) return column
  const larger = new (column.constructor as new (length: number) => T)(
    Math.max(length, Math.ceil(column.length * 1.5)),
  )
  larger.set(column)
  return larger
}

/** Hands out the numbers of rows, those given back first. */
export interface Slots {
  /** Rows that were ever in use at once: columns need so many places. */
  readonly used: number
  take(): number
  giveBack(slot: number): void
  bytes(): number
}

export function createSlots(): Slots {
  let free = new Uint32Array(16)
  let freeCount = 0
  let used = 0
  return {
    get used() {
      return used
    },
    take() {
      if (freeCount > 0) return free[--freeCount] as number
      return used++
    },
    giveBack(slot) {
      free = grown(free, freeCount + 1)
      free[freeCount++] = slot
    },
    bytes: () => free.byteLength,
  }
}
