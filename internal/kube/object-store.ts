import { keyOf } from './objects.ts'
import type { KubeObject } from './objects.ts'

/** By which values an object is found; an index is a name for such a function. */
export type Indexes<T> = Readonly<Record<string, (object: T) => readonly string[]>>

/** The objects of one kind that are known, by `keyOf` and by index. */
export interface ReadableStore<T extends KubeObject> {
  get(key: string): T | undefined
  list(): T[]
  /** Those that the index files under this value. */
  byIndex(index: string, value: string): T[]
}

export interface ObjectStore<T extends KubeObject> extends ReadableStore<T> {
  keys(): IterableIterator<string>
  /** What was known before. */
  set(object: T): T | undefined
  delete(key: string): T | undefined
}

export function createObjectStore<T extends KubeObject>(indexes: Indexes<T> = {}): ObjectStore<T> {
  const objects = new Map<string, T>()
  const files = new Map(Object.keys(indexes).map(name => [name, new Map<string, Set<string>>()]))

  function unfile(key: string, object: T): void {
    for (const [name, valuesOf] of Object.entries(indexes)) {
      const file = files.get(name)
      for (const value of valuesOf(object)) {
        const keys = file?.get(value)
        keys?.delete(key)
        if (keys?.size === 0) file?.delete(value)
      }
    }
  }

  function fileAway(key: string, object: T): void {
    for (const [name, valuesOf] of Object.entries(indexes)) {
      const file = files.get(name)
      for (const value of valuesOf(object)) {
        const keys = file?.get(value)
        if (keys) keys.add(key)
        else file?.set(value, new Set([key]))
      }
    }
  }

  return {
    get: key => objects.get(key),
    list: () => [...objects.values()],
    keys: () => objects.keys(),
    byIndex(index, value) {
      const keys = files.get(index)?.get(value) ?? []
      return [...keys].map(key => objects.get(key) as T)
    },
    set(object) {
      const key = keyOf(object)
      const old = objects.get(key)
      if (old) unfile(key, old)
      objects.set(key, object)
      fileAway(key, object)
      return old
    },
    delete(key) {
      const old = objects.get(key)
      if (old) unfile(key, old)
      objects.delete(key)
      return old
    },
  }
}
