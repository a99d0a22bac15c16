import { isDeepStrictEqual } from 'node:util'
import type { KubeClient } from './client.ts'
import type { KubeObject, Place } from './objects.ts'

/** An object with a status, as it was last seen. */
export interface WithStatus extends KubeObject {
  readonly status?: unknown
}

export interface StatusWriter {
  /**
   * Makes the object's status this one; asks the API server for nothing where it is so already. Whether it wrote: not
   * either where the object is gone. `Conflict` where its name belongs to another object meanwhile.
   */
  write(object: WithStatus, status: object, options?: { readonly signal?: AbortSignal }): Promise<boolean>
}

/** Writes statuses of one kind; `apiVersion` and `kind` are the kind's, since objects of a list come without. */
export function createStatusWriter(
  client: KubeClient,
  { place, apiVersion, kind }: { place: Place; apiVersion: string; kind: string },
): StatusWriter {
  return {
    async write({ metadata, status: before }, status, options) {
      const wanted: unknown = JSON.parse(JSON.stringify(status))
      if (isDeepStrictEqual(wanted, before)) return false
      const { name, namespace, uid } = metadata
      const identity = {
        name,
        ...(namespace !== undefined && { namespace }),
        ...(uid !== undefined && { uid }),
      }
      const where = namespace === undefined ? place : { ...place, namespace }
      const intent: WithStatus = { apiVersion, kind, metadata: identity, status: wanted }
      return (await client.applyStatus(where, intent, options)) !== null
    },
  }
}
