import { parseAllDocuments } from 'yaml'
import { z } from 'zod'
import { InvalidInput } from '#internal/errors/errors.ts'
import { parseEtlSchedule } from '../resource/etl-schedule.ts'
import { kind } from '../resource/names.ts'
import type { EtlSchedule } from '../resource/etl-schedule.ts'

/** What a file of manifests holds for the ETL. */
export interface ScheduleFile {
  /** At least one; no two have the same name. */
  readonly schedules: readonly EtlSchedule[]
  /** What else lies in it, as "ConfigMap shop-settings". */
  readonly others: readonly string[]
  /**
   * The value under a key of a Secret of the file; `null` when it does not hold the Secret.
   *
   * @throws InvalidInput when the Secret has no such key
   */
  secretValue(namespace: string, ref: { readonly name: string; readonly key: string }): string | null
}

const values = z.record(z.string(), z.string()).nullish()
const manifest = z.looseObject({
  kind: z.string(),
  metadata: z.looseObject({ name: z.string().optional(), namespace: z.string().optional() }).prefault({}),
  items: z.array(z.unknown()).optional(),
  data: z.unknown().optional(),
  stringData: z.unknown().optional(),
})
type Manifest = z.output<typeof manifest>

/** An object of the file, and which of its documents it stands in, such as "document 2: "; empty where there is one. */
interface Placed {
  readonly object: Manifest
  readonly where: string
}

/**
 * Reads manifests in YAML or JSON, as `kubectl apply` takes them: several documents, and Lists. Each EtlSchedule is
 * checked as the API server checks it; unknown fields are refused, as by `kubectl apply`. `namespace` is that of
 * objects which name none.
 *
 * @throws InvalidInput with the line, or with the document, the object and its fields, that are wrong
 */
export function readScheduleFile(text: string, { namespace = 'default' } = {}): ScheduleFile {
  const all = documentsOf(text)
    .flatMap(({ object, where }) => itemsOf(object, where))
    .map(({ object, where }) => ({ object: placedIn(namespace, object), where }))
  const schedules = all.filter(({ object }) => object.kind === kind).map(checkedSchedule)
  const titles = all.map(({ object }) => titleOf(object))
  if (schedules.length === 0) {
    throw new InvalidInput(`there is no ${kind} in it; found: ${titles.join(', ') || 'nothing'}`)
  }
  refuseRepeats(schedules)
  const objects = all.map(({ object }) => object)
  const secrets = new Map(objects.filter(one => one.kind === 'Secret').map(one => [keyOf(one), one]))
  return {
    schedules,
    others: objects.filter(one => one.kind !== kind && one.kind !== 'Secret').map(titleOf),
    secretValue(inNamespace, { name, key }) {
      const secret = secrets.get(`${inNamespace}/${name}`)
      return secret ? valueOf(secret, key) : null
    },
  }
}

function documentsOf(text: string): { object: unknown; where: string }[] {
  const documents = parseAllDocuments(text)
  return documents.map((document, index) => {
    const where = documents.length > 1 ? `document ${index + 1}: ` : ''
    const [error] = document.errors
    if (error) throw new InvalidInput(`${where}it is not YAML: ${error.message.split(/:?\n/)[0]}`)
    return { object: document.toJS() as unknown, where }
  })
}

/** Empty documents, such as after a last `---`, hold nothing. */
function itemsOf(object: unknown, where: string): Placed[] {
  if (object === null || object === undefined) return []
  const result = manifest.safeParse(object)
  if (!result.success) {
    throw new InvalidInput(`${where}it must hold Kubernetes objects, each with kind and metadata`)
  }
  return result.data.items && result.data.kind.endsWith('List')
    ? result.data.items.flatMap(item => itemsOf(item, where))
    : [{ object: result.data, where }]
}

function placedIn(namespace: string, object: Manifest): Manifest {
  return { ...object, metadata: { ...object.metadata, namespace: object.metadata.namespace ?? namespace } }
}

function checkedSchedule({ object, where }: Placed): EtlSchedule {
  try {
    return parseEtlSchedule(object, { unknownFields: 'refuse' })
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error
    throw new InvalidInput(`${where}${titleOf(object)}: ${error.message}`, error.field)
  }
}

function refuseRepeats(schedules: readonly EtlSchedule[]): void {
  const names = schedules.map(({ metadata }) => metadata.name)
  const repeated = names.find((name, place) => names.indexOf(name) !== place)
  if (repeated === undefined) return
  throw new InvalidInput(`${kind} ${repeated} is in it twice; give each a name of its own`, 'metadata.name')
}

function valueOf(secret: Manifest, key: string): string {
  const plain = valuesOf(secret, 'stringData')[key]
  if (plain !== undefined) return plain
  const encoded = valuesOf(secret, 'data')[key]
  if (encoded !== undefined) return Buffer.from(encoded, 'base64').toString()
  throw new InvalidInput(`${titleOf(secret)} has no key ${key}; add it under stringData`)
}

function valuesOf(secret: Manifest, field: 'data' | 'stringData'): Readonly<Record<string, string>> {
  const result = values.safeParse(secret[field])
  if (!result.success)
    throw new InvalidInput(`${field} of ${titleOf(secret)} must hold text under each key`, field)
  return result.data ?? {}
}

const titleOf = ({ kind: what, metadata }: Manifest) => `${what} ${metadata.name ?? 'without a name'}`
const keyOf = ({ metadata }: Manifest) => `${metadata.namespace}/${metadata.name}`
