import { setTimeout as sleep } from 'node:timers/promises'
import { Conflict, Misconfigured, Unavailable } from '#internal/errors/errors.ts'
import { buildCrd } from '../resource/crd.ts'
import { crdVersionAnnotation } from '../resource/names.ts'
import { compareReleases } from '../resource/release.ts'
import type { KubeClient } from '#internal/kube/client.ts'
import type { KubeObject } from '#internal/kube/objects.ts'

/** What became of the CustomResourceDefinition; `left` where the cluster's is of a newer release. */
export interface Applied {
  readonly outcome: 'created' | 'updated' | 'unchanged' | 'left'
  /** The release that the cluster's came with; `null` where there was none, or it does not say. */
  readonly before: string | null
}

export interface ApplyOptions {
  readonly kube: KubeClient
  readonly release: string
  /** Asks the API server what would become of it, and changes nothing. */
  readonly dryRun: boolean
  /** How long the API server may take to serve it. */
  readonly limitMs: number
  readonly signal: AbortSignal
}

interface Crd extends KubeObject {
  readonly status?: {
    readonly conditions?: readonly {
      readonly type: string
      readonly status: string
      readonly message?: string
    }[]
  }
}

const crds = { group: 'apiextensions.k8s.io', version: 'v1', plural: 'customresourcedefinitions' }
const lookEveryMs = 250
const triesOfApply = 5

/**
 * Brings the cluster the CustomResourceDefinition of this release, unless it has a newer one, and waits until it is
 * served. `Misconfigured` where rights are missing or its names are taken, `Unavailable` where it is not served in time.
 */
export async function applyCrd(options: ApplyOptions): Promise<Applied> {
  const { kube, release, dryRun, signal } = options
  const crd = buildCrd(release)
  const { name } = crd.metadata
  for (let tries = 1; ; tries += 1) {
    const found = await withRights(kube.get<Crd>(crds, name, { signal }))
    const before = found ? releaseOf(found) : null
    if (before !== null && (compareReleases(before, release) ?? 0) > 0) return { outcome: 'left', before }
    try {
      // What was read is what is replaced: a newer release that comes meanwhile is seen, and stays.
      const resourceVersion = found?.metadata.resourceVersion
      const metadata = { ...crd.metadata, ...(resourceVersion !== undefined && { resourceVersion }) }
      const applied = await withRights(kube.apply<Crd>(crds, { ...crd, metadata }, { signal, dryRun }))
      if (!dryRun) await untilServed(options, name)
      return { outcome: outcomeOf(found, applied), before }
    } catch (error) {
      if (!(error instanceof Conflict) || tries === triesOfApply) throw error
    }
  }
}

/** Whoever may do all in a namespace may not do this. */
async function withRights<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    if (!(error instanceof Misconfigured)) throw error
    throw new Misconfigured(
      `${error.message}. The definition belongs to the whole cluster: let its administrator bring it`,
      { cause: error },
    )
  }
}

const releaseOf = ({ metadata }: Crd) => metadata.annotations?.[crdVersionAnnotation] ?? null

function outcomeOf(before: Crd | null, after: Crd): Applied['outcome'] {
  if (before === null) return 'created'
  const same =
    before.metadata.generation === after.metadata.generation && releaseOf(before) === releaseOf(after)
  return same ? 'unchanged' : 'updated'
}

async function untilServed({ kube, limitMs, signal }: ApplyOptions, name: string): Promise<void> {
  const end = performance.now() + limitMs
  for (;;) {
    const conditions = (await kube.get<Crd>(crds, name, { signal }))?.status?.conditions ?? []
    const condition = (type: string) => conditions.find(one => one.type === type)
    if (condition('Established')?.status === 'True') return
    const names = condition('NamesAccepted')
    if (names?.status === 'False') {
      throw new Misconfigured(
        `the API server does not serve ${name}: ${names.message}. Another CustomResourceDefinition has its names; remove that one first`,
      )
    }
    if (performance.now() > end) {
      throw new Unavailable(`the API server does not serve ${name} within ${limitMs / 1_000} s; try again`)
    }
    await sleep(lookEveryMs, undefined, { signal })
  }
}
