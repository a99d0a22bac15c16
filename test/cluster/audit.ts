import { readFile } from 'node:fs/promises'
import { clusterFolder } from './scripts.ts'

interface AuditEvent {
  readonly verb: string
  readonly objectRef?: {
    readonly namespace?: string
    readonly resource: string
    readonly apiGroup?: string
    readonly subresource?: string
  }
  readonly responseStatus?: { readonly code?: number }
}

/** Rules of a Role or ClusterRole. */
export interface Rule {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
}

/** What a service account of a namespace asked the API server for, as rights such as `get jobs.batch`, and what it was refused. */
export async function auditedRights(namespace: string, account: string) {
  const user = `"system:serviceaccount:${namespace}:${account}"`
  const lines = (await readFile(`${clusterFolder}/log/audit.log`, 'utf8')).split('\n')
  const events = lines.filter(line => line.includes(user)).map(line => JSON.parse(line) as AuditEvent)
  const resources = events.filter(
    ({ objectRef }) => objectRef !== undefined && [namespace, undefined].includes(objectRef.namespace),
  )
  const refused = resources.filter(({ responseStatus }) => responseStatus?.code === 403).map(rightOf)
  return { asked: new Set(resources.map(rightOf)), refused: [...new Set(refused)] }
}

/** The rights that rules give, in the same form. */
export function rightsOf(rules: readonly Rule[]): Set<string> {
  return new Set(
    rules.flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap(group =>
        resources.flatMap(resource => verbs.map(verb => rightName(verb, resource, group))),
      ),
    ),
  )
}

function rightOf({ verb, objectRef }: AuditEvent): string {
  const { resource = '', apiGroup, subresource } = objectRef ?? {}
  return rightName(verb, subresource === undefined ? resource : `${resource}/${subresource}`, apiGroup)
}

const rightName = (verb: string, resource: string, group = '') =>
  `${verb} ${group === '' ? resource : `${resource}.${group}`}`
