import { z } from 'zod'
import { crdVersionAnnotation, group, kind, maxNameLength, plural, version } from './names.ts'
import { celKey } from './rules.ts'
import { etlScheduleSpec } from './spec.ts'
import { etlScheduleStatus } from './status.ts'

export type Json = { readonly [key: string]: unknown }

/** What `kubectl get` shows; those of priority 1 only with `-o wide`. */
export const printerColumns = [
  { name: 'Pipeline', type: 'string', jsonPath: '.spec.pipeline', description: 'What a run copies.' },
  { name: 'Schedule', type: 'string', jsonPath: '.spec.schedule', description: 'When runs start.' },
  {
    name: 'Suspended',
    type: 'boolean',
    jsonPath: '.spec.suspend',
    description: 'Whether the schedule starts no runs.',
  },
  {
    name: 'Ready',
    type: 'string',
    jsonPath: '.status.conditions[?(@.type=="Ready")].status',
    description: 'Whether the CronJob is as the spec says.',
  },
  {
    name: 'Last Run',
    type: 'date',
    jsonPath: '.status.lastRun.startTime',
    description: 'How long ago the last run started.',
  },
  {
    name: 'Result',
    type: 'string',
    jsonPath: '.status.lastRun.result',
    description: 'How the last run ended.',
  },
  // A string, since kubectl shows a date to come as <invalid>.
  {
    name: 'Next',
    type: 'string',
    jsonPath: '.status.nextScheduleTimes[0]',
    description: 'When the next run is due, in UTC.',
  },
  {
    name: 'Age',
    type: 'date',
    jsonPath: '.metadata.creationTimestamp',
    description: 'How long ago it was made.',
  },
  {
    name: 'Zone',
    type: 'string',
    jsonPath: '.spec.timeZone',
    priority: 1,
    description: 'Zone of the schedule.',
  },
  {
    name: 'Message',
    type: 'string',
    jsonPath: '.status.lastRun.message',
    priority: 1,
    description: 'What the last run said.',
  },
] as const

/**
 * The CustomResourceDefinition, made from the schemas that check EtlSchedules here. `release` is told by an annotation,
 * so that an older release leaves a newer definition alone.
 */
export function buildCrd(release: string) {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${group}`,
      annotations: { [crdVersionAnnotation]: release },
      labels: { 'app.kubernetes.io/name': 'vitrine', 'app.kubernetes.io/component': 'controller' },
    },
    spec: {
      group,
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        shortNames: ['etl'],
        categories: ['vitrine'],
      },
      scope: 'Namespaced',
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: printerColumns,
          schema: { openAPIV3Schema: objectSchema() },
        },
      ],
    },
  }
}

/** The schema of a whole EtlSchedule, as the API server takes it. */
export function objectSchema(): Json {
  return {
    type: 'object',
    description: "Copies a shop's orders or products into Vitrine by a schedule, and tells of every run.",
    required: ['spec'],
    properties: {
      apiVersion: { type: 'string', maxLength: 64, description: `The API's version, ${group}/${version}.` },
      kind: { type: 'string', maxLength: 64, description: `What it is, ${kind}.` },
      // The API server describes and checks it, and takes no word of ours.
      metadata: { type: 'object' },
      spec: { ...structural(etlScheduleSpec), description: 'What is copied, from where, and when.' },
      status: {
        ...withoutDefaults(structural(etlScheduleStatus)),
        default: { observedGeneration: -1 },
        description: 'What the controller has done, and how runs ended.',
      },
    },
    [celKey]: [
      {
        rule: `size(self.metadata.name) <= ${maxNameLength}`,
        message: `metadata.name must be at most ${maxNameLength} characters, since a CronJob of this name is made; choose a shorter one`,
      },
    ],
  }
}

function structural(schema: z.ZodType): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io: 'input',
    override: ({ jsonSchema }) => {
      const { anyOf } = jsonSchema
      if (!anyOf || !('x-kubernetes-int-or-string' in jsonSchema)) return
      // The API server knows both types by this word, and takes no bounds of either in alternatives.
      jsonSchema.maxLength = Math.max(...anyOf.map(({ maxLength = 0 }) => maxLength))
      delete jsonSchema.anyOf
    },
  })
  return rest
}

/** Only the whole status has a default: what the controller has not said stays unsaid. */
function withoutDefaults(schema: Json): Json {
  const { default: _, ...rest } = schema
  return Object.fromEntries(
    Object.entries(rest).map(([key, value]) => [
      key,
      key === 'properties'
        ? Object.fromEntries(
            Object.entries(value as Json).map(([name, field]) => [name, withoutDefaults(field as Json)]),
          )
        : value,
    ]),
  )
}
