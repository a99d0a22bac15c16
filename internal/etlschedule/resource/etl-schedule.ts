import { z } from 'zod'
import { InvalidInput } from '#internal/errors/errors.ts'
import { apiVersion, kind, maxNameLength } from './names.ts'
import { etlScheduleSpec } from './spec.ts'
import { etlScheduleStatus } from './status.ts'
import { parseWithWords } from './words.ts'

const words = z.record(z.string(), z.string())

const metadata = z.object({
  name: z
    .string()
    .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/, {
      error: "must be lower-case letters, digits, '-' and '.', such as orders-hourly",
    })
    .max(maxNameLength, {
      error: `must be at most ${maxNameLength} characters, since a CronJob of this name is made; choose a shorter one`,
    }),
  namespace: z.string().max(63).default('default'),
  /** Empty in what was read from a file, and so are the next two. */
  uid: z.string().default(''),
  resourceVersion: z.string().default(''),
  generation: z.int().default(0),
  annotations: words.default({}),
  labels: words.default({}),
  creationTimestamp: z.string().nullish(),
  deletionTimestamp: z.string().nullish(),
})

const etlSchedule = z.object({
  apiVersion: z.literal(apiVersion),
  kind: z.literal(kind),
  metadata,
  spec: etlScheduleSpec,
  status: etlScheduleStatus.prefault({}),
})

/** An EtlSchedule whose every field has been checked, with defaults filled in. */
export type EtlSchedule = z.output<typeof etlSchedule>
export type EtlScheduleMetadata = EtlSchedule['metadata']

export interface ParseOptions {
  /** Fields that an EtlSchedule does not have: the API server drops them, `kubectl apply` refuses them. */
  readonly unknownFields?: 'drop' | 'refuse'
}

/**
 * Checks an EtlSchedule from the API server or from a file as the API server does, and fills in its defaults.
 *
 * @throws InvalidInput with all that is wrong, each by the path of its field; `field` is the first of them
 */
export function parseEtlSchedule(
  object: unknown,
  { unknownFields = 'drop' }: ParseOptions = {},
): EtlSchedule {
  const parsed = parseWithWords(etlSchedule, object)
  const [unknown] =
    unknownFields === 'refuse' ? unknownPaths((object as EtlSchedule).spec, parsed.spec, 'spec') : []
  if (unknown === undefined) return parsed
  throw new InvalidInput(`${unknown} is an unknown field; correct its name or remove it`, unknown)
}

/**
 * What can be told of an EtlSchedule whose spec is refused, so that its status can say so.
 *
 * @throws InvalidInput as {@link parseEtlSchedule}
 */
export function parseWithoutSpec(object: unknown): Omit<EtlSchedule, 'spec'> {
  return parseWithWords(etlSchedule.omit({ spec: true }), object)
}

/** The fields that parsing has left out. */
function* unknownPaths(given: object, parsed: object, path: string): Generator<string> {
  for (const [name, value] of Object.entries(given)) {
    const field = `${path}.${name}`
    const kept = (parsed as Record<string, unknown>)[name]
    if (kept === undefined && value !== undefined) yield field
    else if (kept !== null && typeof kept === 'object') yield* unknownPaths(value as object, kept, field)
  }
}
