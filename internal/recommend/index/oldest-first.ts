import { grown } from './columns.ts'

/** Sessions by their start, the oldest on top: a binary heap. A session whose start changes is put in again. */
export interface OldestFirst {
  readonly size: number
  put(session: number, start: number): void
  /** The oldest for which `stands(session, start)` still holds, taken out; those for which it does not are dropped. */
  takeOldest(stands: (session: number, start: number) => boolean): number | null
  /** Starts again with nothing. */
  clear(): void
  bytes(): number
}

export function createOldestFirst(): OldestFirst {
  let sessions = new Uint32Array(16)
  let starts = new Float64Array(16)
  let size = 0

  function set(at: number, session: number, start: number): void {
    sessions[at] = session
    starts[at] = start
  }

  function up(session: number, start: number): void {
    let at = size - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if ((starts[parent] as number) <= start) break
      set(at, sessions[parent] as number, starts[parent] as number)
      at = parent
    }
    set(at, session, start)
  }

  function down(session: number, start: number): void {
    let at = 0
    for (let child = 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && (starts[child + 1] as number) < (starts[child] as number)) child++
      if ((starts[child] as number) >= start) break
      set(at, sessions[child] as number, starts[child] as number)
      at = child
    }
    set(at, session, start)
  }

  function takeTop(): void {
    size--
    if (size > 0) down(sessions[size] as number, starts[size] as number)
  }

  return {
    get size() {
      return size
    },
    put(session, start) {
      sessions = grown(sessions, size + 1)
      starts = grown(starts, sessions.length)
      size++
      up(session, start)
    },
    takeOldest(stands) {
      while (size > 0) {
        const [session, start] = [sessions[0] as number, starts[0] as number]
        takeTop()
        if (stands(session, start)) return session
      }
      return null
    },
    clear() {
      size = 0
    },
    bytes: () => sessions.byteLength + starts.byteLength,
  }
}
