import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json }
export type Fields = { [name: string]: Json }

/** Any object as the wire has it. */
export interface FakeObject {
  [name: string]: unknown
  apiVersion?: string
  kind?: string
  metadata: {
    name: string
    namespace?: string
    uid: string
    resourceVersion: string
    generation: number
    creationTimestamp: string
    labels?: Record<string, string>
    managedFields?: { manager: string; operation: string; subresource?: string }[]
  }
  status?: unknown
}

/** An answer other than a good one. */
export class Refusal extends Error {
  readonly code: number
  readonly reason: string
  readonly details: object

  constructor(code: number, reason: string, message: string, details: object = {}) {
    super(message)
    this.code = code
    this.reason = reason
    this.details = details
  }
}

export interface FakeChange {
  readonly version: number
  readonly kind: string
  readonly old: FakeObject | null
  readonly now: FakeObject | null
}

interface Stored {
  object: FakeObject
  /** What each manager applied last, by manager and subresource. */
  readonly applied: Map<string, Fields>
}

export interface WriteOptions {
  readonly kind: string
  readonly namespace: string | undefined
  readonly name: string
  readonly manager: string
  readonly subresource: string | undefined
  /** Answers as if it wrote. */
  readonly dryRun?: boolean
}

/** What an API server keeps: objects by kind, one growing version over all, and what changed. */
export function createFakeCluster(clock: () => number) {
  const kinds = new Map<string, Map<string, Stored>>()
  const listeners = new Set<(change: FakeChange) => void>()
  let changes: FakeChange[] = []
  let version = 1000
  let forgotten = 0

  const keyOf = (namespace: string | undefined, name: string) => `${namespace ?? ''}/${name}`
  const shelf = (kind: string) => {
    const known = kinds.get(kind) ?? new Map<string, Stored>()
    kinds.set(kind, known)
    return known
  }

  function stored({ kind, namespace, name }: Pick<WriteOptions, 'kind' | 'namespace' | 'name'>): Stored {
    const found = shelf(kind).get(keyOf(namespace, name))
    if (found) return found
    throw new Refusal(404, 'NotFound', `${kind} "${name}" not found`, { name, kind })
  }

  function announce(change: FakeChange): void {
    changes.push(change)
    for (const listener of listeners) listener(change)
  }

  function keep(
    options: WriteOptions,
    object: FakeObject,
    old: Stored | null,
    operation: string,
  ): FakeObject {
    checkLabels(object)
    const before = old?.object ?? null
    const specChanged = before === null || !isDeepStrictEqual(withoutMeta(before), withoutMeta(object))
    const { manager, subresource, dryRun = false } = options
    if (!dryRun) version += 1
    const managers = (before?.metadata.managedFields ?? []).filter(
      one => one.manager !== manager || one.operation !== operation || one.subresource !== subresource,
    )
    const now: FakeObject = {
      ...object,
      metadata: {
        ...object.metadata,
        name: options.name,
        ...(options.namespace !== undefined && { namespace: options.namespace }),
        uid: before?.metadata.uid ?? randomUUID(),
        creationTimestamp:
          before?.metadata.creationTimestamp ?? new Date(clock()).toISOString().replace(/\.\d+/, ''),
        resourceVersion: String(version),
        generation: (before?.metadata.generation ?? 0) + (specChanged ? 1 : 0),
        managedFields: [
          ...managers,
          { manager, operation, ...(subresource !== undefined && { subresource }) },
        ],
      },
    }
    if (dryRun) return now
    const entry = old ?? { object: now, applied: new Map<string, Fields>() }
    entry.object = now
    shelf(options.kind).set(keyOf(options.namespace, options.name), entry)
    announce({ version, kind: options.kind, old: before, now })
    return now
  }

  /** A write by subresource touches the status alone, any other leaves it. */
  function limited(next: FakeObject, old: FakeObject | null, subresource: string | undefined): FakeObject {
    if (subresource === 'status' && old) return { ...old, status: next.status }
    const { status: _status, ...rest } = next
    return old?.status === undefined ? (rest as FakeObject) : ({ ...rest, status: old.status } as FakeObject)
  }

  return {
    get version() {
      return version
    },
    get oldestVersion() {
      return forgotten
    },
    changesAfter: (after: number) => changes.filter(change => change.version > after),
    listen(listener: (change: FakeChange) => void) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    /** As etcd's compaction: what changed before now can't be asked for any more. */
    compact() {
      changes = []
      forgotten = version
    },
    get: (options: Pick<WriteOptions, 'kind' | 'namespace' | 'name'>) => stored(options).object,
    list(kind: string, namespace: string | undefined): FakeObject[] {
      const all = [...shelf(kind)].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, { object }]) => object)
      return namespace === undefined ? all : all.filter(({ metadata }) => metadata.namespace === namespace)
    },
    create(options: WriteOptions, object: FakeObject): FakeObject {
      const { kind, namespace, name } = options
      if (shelf(kind).has(keyOf(namespace, name))) {
        throw new Refusal(409, 'AlreadyExists', `${kind} "${name}" already exists`, { name, kind })
      }
      return keep(options, limited(object, null, undefined), null, 'Update')
    },
    update(options: WriteOptions, object: FakeObject): FakeObject {
      const old = stored(options)
      refuseMoved(options, object.metadata, old)
      return keep(options, limited(object, old.object, options.subresource), old, 'Update')
    },
    merge(options: WriteOptions, patch: Fields): FakeObject {
      const old = stored(options)
      refuseMoved(options, (patch['metadata'] ?? {}) as { resourceVersion?: string }, old)
      const next = mergePatch(old.object as unknown as Json, patch) as unknown as FakeObject
      return keep(options, limited(next, old.object, options.subresource), old, 'Update')
    },
    apply(options: WriteOptions, intent: FakeObject): FakeObject {
      const { kind, namespace, name, manager, subresource } = options
      const old = shelf(kind).get(keyOf(namespace, name)) ?? null
      const { uid } = intent.metadata
      refuseMoved(options, intent.metadata, old)
      if (old === null && subresource !== undefined) stored(options)
      if (uid !== undefined && uid !== old?.object.metadata.uid) throw moved(options)
      const field = `${manager} ${subresource ?? ''}`
      const before = old?.applied.get(field) ?? {}
      const fields = fieldsOf(intent)
      const next = applied((old?.object ?? { metadata: {} }) as unknown as Fields, before, fields)
      const object = limited(next as unknown as FakeObject, old?.object ?? null, subresource)
      if (!options.dryRun) old?.applied.set(field, fields)
      if (old && isDeepStrictEqual(object, old.object)) return old.object
      const kept = keep(options, object, old, 'Apply')
      if (!old) shelf(kind).get(keyOf(namespace, name))?.applied.set(field, fields)
      return kept
    },
    delete(options: WriteOptions, uid: string | undefined): FakeObject {
      const { object } = stored(options)
      if (uid !== undefined && uid !== object.metadata.uid) throw moved(options)
      shelf(options.kind).delete(keyOf(options.namespace, options.name))
      version += 1
      const last = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } }
      announce({ version, kind: options.kind, old: object, now: null })
      return last
    },
  }
}

export type FakeCluster = ReturnType<typeof createFakeCluster>

const moved = ({ kind, name }: WriteOptions) =>
  new Refusal(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${kind} "${name}": the object has been modified`,
  )

/** A write that names the version it was made for. */
function refuseMoved(
  options: WriteOptions,
  { resourceVersion }: { resourceVersion?: string },
  old: Stored | null,
): void {
  if (resourceVersion !== undefined && resourceVersion !== old?.object.metadata.resourceVersion)
    throw moved(options)
}

function withoutMeta({ metadata: _metadata, status: _status, ...rest }: FakeObject): object {
  return rest
}

function checkLabels({ metadata }: FakeObject): void {
  for (const value of Object.values(metadata.labels ?? {})) {
    if (/^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/.test(value)) continue
    const causes = [{ field: 'metadata.labels', message: `Invalid value: "${value}"` }]
    throw new Refusal(422, 'Invalid', `metadata.labels: Invalid value: "${value}"`, { causes })
  }
}

const isFields = (value: Json | undefined): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** RFC 7386. */
function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isFields(patch)) return patch
  const merged: Fields = isFields(target) ? { ...target } : {}
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name]
    else merged[name] = mergePatch(merged[name], value)
  }
  return merged
}

/** What a manager speaks of when it applies: not who the object is. */
function fieldsOf({ metadata, ...rest }: FakeObject): Fields {
  const { name: _name, namespace: _namespace, uid: _uid, resourceVersion: _version, ...meta } = metadata
  return { ...rest, metadata: meta } as unknown as Fields
}

/** Sets what is applied, and removes what the same manager applied before and leaves out now. Lists are one value. */
function applied(target: Fields, before: Fields, now: Fields): Fields {
  const result: Fields = { ...target }
  for (const name of Object.keys(before)) if (!(name in now)) delete result[name]
  for (const [name, value] of Object.entries(now)) {
    const [was, had] = [result[name], before[name]]
    result[name] = isFields(value)
      ? applied(isFields(was) ? was : {}, isFields(had) ? had : {}, value)
      : value
  }
  return result
}
