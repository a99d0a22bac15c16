import type { KubeObject } from '#internal/kube/objects.ts'

export type Verdict = 'InProgress' | 'Failed' | 'Current' | 'Terminating'

interface WithConditions extends KubeObject {
  readonly status?: {
    readonly observedGeneration?: number
    readonly conditions?: readonly { readonly type: string; readonly status: string }[]
  }
}

/**
 * What kstatus makes of a custom resource, and so what `helm --wait`, Flux and Argo CD wait for: its README's rules, in
 * their order.
 */
export function verdictOn({ metadata, status }: WithConditions): Verdict {
  if (metadata.deletionTimestamp !== undefined) return 'Terminating'
  const { observedGeneration, conditions = [] } = status ?? {}
  if (observedGeneration !== undefined && observedGeneration !== metadata.generation) return 'InProgress'
  const statusOf = (type: string) => conditions.find(condition => condition.type === type)?.status
  if (statusOf('Reconciling') === 'True') return 'InProgress'
  if (statusOf('Stalled') === 'True') return 'Failed'
  const ready = statusOf('Ready')
  return ready === undefined || ready === 'True' ? 'Current' : 'InProgress'
}
