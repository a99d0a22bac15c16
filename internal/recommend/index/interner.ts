import { createSlots, grown, none } from './columns.ts'

/** Ids as small numbers. A number stands for its id as long as somebody holds it, and may then stand for another. */
export interface Interner {
  /** How many ids have a number. */
  readonly size: number
  /** All numbers are below this. */
  readonly used: number
  /** The id's number, or {@link none}. */
  find(id: string): number
  /** The id's number, held once more. */
  hold(id: string): number
  /** Holds a number once less; true when that was the last time and the id is gone. */
  release(slot: number): boolean
  /** The id of a number that is held. */
  id(slot: number): string
  /** Estimated: strings and maps do not tell their size. */
  bytes(): number
}

/** A short string, its entry in a map and in a list, roughly, in V8. */
const bytesOfEntry = 96

export function createInterner(): Interner {
  const numbers = new Map<string, number>()
  const ids: string[] = []
  const slots = createSlots()
  let holders = new Uint32Array(16)
  return {
    get size() {
      return numbers.size
    },
    get used() {
      return slots.used
    },
    find: id => numbers.get(id) ?? none,
    hold(id) {
      let slot = numbers.get(id)
      if (slot === undefined) {
        slot = slots.take()
        numbers.set(id, slot)
        ids[slot] = id
        holders = grown(holders, slot + 1)
        holders[slot] = 0
      }
      holders[slot] = (holders[slot] as number) + 1
      return slot
    },
    release(slot) {
      const left = (holders[slot] as number) - 1
      holders[slot] = left
      if (left > 0) return false
      numbers.delete(ids[slot] as string)
      ids[slot] = ''
      slots.giveBack(slot)
      return true
    },
    id: slot => ids[slot] as string,
    bytes: () => numbers.size * bytesOfEntry + holders.byteLength + slots.bytes(),
  }
}
