/** A reference by which an object says who made it; what is made goes when its maker goes. */
export interface OwnerReference {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly controller?: boolean
  readonly blockOwnerDeletion?: boolean
}

/** `metadata` of any object, as far as this project looks at it. Times are RFC 3339 in UTC. */
export interface ObjectMeta {
  readonly name: string
  readonly namespace?: string
  readonly uid?: string
  readonly generation?: number
  readonly resourceVersion?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly ownerReferences?: readonly OwnerReference[]
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
}

/** Any object of a cluster; rooms that know its kind extend this. */
export interface KubeObject {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: ObjectMeta
}

/** Objects of one kind in one namespace; without a namespace those of all namespaces, or of the cluster. */
export interface Place {
  /** Empty for the core group. */
  readonly group: string
  readonly version: string
  readonly plural: string
  readonly namespace?: string
}

/** Which objects of a place are meant. */
export interface Selection {
  readonly labelSelector?: string
  readonly fieldSelector?: string
  /** Without `spec`, `status` and `data`, so that Secrets can be watched and not read. */
  readonly metadataOnly?: boolean
}

/** `namespace/name`, or the name alone where there is no namespace: the key of an object among those of its kind. */
export function keyOf({ metadata }: KubeObject): string {
  return metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`
}

/** `plural.group`, as kubectl names a kind, for messages and labels. */
export const nameOf = ({ group, plural }: Place) => (group === '' ? plural : `${plural}.${group}`)

export function pathOf(place: Place, name?: string, subresource?: string): string {
  const { group, version, plural, namespace } = place
  const parts = group === '' ? ['api', version] : ['apis', group, version]
  if (namespace !== undefined) parts.push('namespaces', namespace)
  parts.push(plural)
  if (name !== undefined) parts.push(name)
  if (subresource !== undefined) parts.push(subresource)
  return `/${parts.map(encodeURIComponent).join('/')}`
}
