import { parseDocument } from 'yaml'
import { z } from 'zod'
import { InvalidInput } from '#internal/errors/errors.ts'
import { resources } from '../resource/resources-field.ts'
import { parseWithWords } from '../resource/words.ts'

const named = z.strictObject({ name: z.string().min(1), optional: z.boolean().optional() })
const keyRef = z.strictObject({
  name: z.string().min(1),
  key: z.string().min(1),
  optional: z.boolean().optional(),
})

const envVar = z.strictObject({
  name: z.string().min(1),
  value: z.string().optional(),
  valueFrom: z
    .strictObject({
      secretKeyRef: keyRef.optional(),
      configMapKeyRef: keyRef.optional(),
      fieldRef: z.strictObject({ fieldPath: z.string() }).optional(),
    })
    .optional(),
})

const envFrom = z.strictObject({
  prefix: z.string().optional(),
  secretRef: named.optional(),
  configMapRef: named.optional(),
})

const toleration = z.strictObject({
  key: z.string().optional(),
  operator: z.enum(['Exists', 'Equal']).optional(),
  value: z.string().optional(),
  effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']).optional(),
  tolerationSeconds: z.int().optional(),
})

const items = z.array(z.strictObject({ key: z.string().min(1), path: z.string().min(1) })).optional()

const volume = z
  .strictObject({
    name: z.string().min(1),
    secret: z
      .strictObject({ secretName: z.string().min(1), items, optional: z.boolean().optional() })
      .optional(),
    configMap: z
      .strictObject({ name: z.string().min(1), items, optional: z.boolean().optional() })
      .optional(),
  })
  .refine(({ secret, configMap }) => (secret === undefined) !== (configMap === undefined), {
    error: 'must hold a secret or a configMap',
  })

const volumeMount = z.strictObject({ name: z.string().min(1), mountPath: z.string().startsWith('/') })

const words = z.record(z.string(), z.string())

const runDefaults = z.strictObject({
  image: z.string().min(1).describe('Image of the runs.'),
  imagePullPolicy: z
    .enum(['Always', 'IfNotPresent', 'Never'])
    .default('IfNotPresent')
    .describe('When the image is pulled.'),
  imagePullSecrets: z
    .array(z.strictObject({ name: z.string().min(1) }))
    .default([])
    .describe('Secrets that open the registry of the image.'),
  command: z
    .array(z.string())
    .min(1)
    .default(['node', 'cmd/etl/main.ts'])
    .describe('What starts a run, in the working directory of the image.'),
  serviceAccountName: z
    .string()
    .min(1)
    .optional()
    .describe("ServiceAccount of the runs; the namespace's default without it. They get no token of it."),
  env: z
    .array(envVar)
    .default([])
    .describe('Environment of the runs: where the event log and the store are, OTEL_*, proxies.'),
  envFrom: z.array(envFrom).default([]).describe('ConfigMaps and Secrets whose keys become environment.'),
  volumes: z
    .array(volume)
    .default([])
    .describe('Secrets and ConfigMaps as files, such as the CA of an engine.'),
  volumeMounts: z.array(volumeMount).default([]).describe('Where these stand in the container; read-only.'),
  resources: resources
    .default({ requests: { cpu: '100m', memory: '256Mi' }, limits: { memory: '512Mi' } })
    .describe('What a run asks for and may use where its EtlSchedule does not say.'),
  nodeSelector: words.default({}).describe('Labels that a node must have for a run.'),
  tolerations: z.array(toleration).default([]).describe('Taints of nodes that runs put up with.'),
  podLabels: words
    .default({})
    .describe("Labels on the runs' pods, beside those that belong to the EtlSchedule."),
})

/** What the runs of all EtlSchedules of an install have in common. */
export type RunDefaults = z.output<typeof runDefaults>

/**
 * Checks what was read from a file of defaults, and fills in what it leaves out; only `image` must be given.
 *
 * @throws InvalidInput with all that is wrong, each by the path of its field, unknown fields included
 */
export function parseRunDefaults(object: unknown): RunDefaults {
  return parseWithWords(runDefaults, object)
}

/**
 * Reads the text of a file of defaults, YAML or JSON.
 *
 * @throws InvalidInput as {@link parseRunDefaults}
 */
export function readRunDefaults(text: string): RunDefaults {
  const document = parseDocument(text)
  const [error] = document.errors
  if (error) throw new InvalidInput(`it is not YAML: ${error.message.split('\n')[0]}`)
  return parseRunDefaults(document.toJS())
}
