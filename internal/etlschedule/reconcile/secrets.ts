import { setTimeout as sleep } from 'node:timers/promises'
import { Misconfigured } from '#internal/errors/errors.ts'
import type { KubeClient } from '#internal/kube/client.ts'
import type { KubeObject, Place } from '#internal/kube/objects.ts'
import type { Logger } from '#internal/telemetry/logger.ts'

/** What is known of a Secret's key; `hidden` where the controller has no right to look. */
export type KeyState = 'there' | 'no-secret' | 'no-key' | 'hidden'

export interface Secrets extends AsyncDisposable {
  /** Asks the API server for a Secret that nobody asked about lately. Rejects as {@link KubeClient.get}. */
  look(name: string, key: string, signal: AbortSignal): Promise<KeyState>
}

export interface SecretsOptions {
  readonly client: KubeClient
  readonly place: Place
  /** Whether anybody still asks about this Secret. */
  readonly isInUse: (name: string) => boolean
  /** Called when what is known of a Secret has changed since somebody looked. Must not throw. */
  readonly onChange: (name: string) => void
  readonly logger: Logger
  readonly times?: Partial<SecretTimes>
}

/** All in milliseconds. */
interface SecretTimes {
  /** How soon a Secret that lacks something is looked for again. */
  readonly missingMs: number
  /** How long what is known of any other holds. */
  readonly knownMs: number
  /** Between two questions of the same round. */
  readonly betweenMs: number
}

const defaultTimes: SecretTimes = { missingMs: 2_000, knownMs: 60_000, betweenMs: 100 }

/** The names of a Secret's keys; no value is kept. */
type Known = ReadonlySet<string> | 'missing' | 'hidden'

interface Entry {
  readonly known: Known
  readonly askedAt: number
  /** A key that somebody looked for in vain. */
  readonly wanting: boolean
}

interface SecretObject extends KubeObject {
  readonly data?: Readonly<Record<string, string>>
}

/**
 * Knows whether Secrets have the keys that EtlSchedules name. The right to read single Secrets is no right to watch
 * them, so they are asked for by name: once a name, however many name it, and a few a second at most.
 */
export function startSecrets(options: SecretsOptions): Secrets {
  const { client, place, isInUse, onChange, logger } = options
  const times = { ...defaultTimes, ...options.times }
  const entries = new Map<string, Entry>()
  const asking = new Map<string, Promise<Known>>()
  const stopping = new AbortController()

  async function read(name: string, signal: AbortSignal): Promise<Known> {
    try {
      const secret = await client.get<SecretObject>(place, name, { signal })
      return secret === null ? 'missing' : new Set(Object.keys(secret.data ?? {}))
    } catch (error) {
      if (error instanceof Misconfigured) return 'hidden'
      throw error
    }
  }

  /** Those who ask at once share the answer, which outlasts them. */
  function ask(name: string): Promise<Known> {
    const known = asking.get(name) ?? read(name, stopping.signal).finally(() => asking.delete(name))
    asking.set(name, known)
    return known
  }

  const isDue = ({ known, wanting, askedAt }: Entry) =>
    performance.now() - askedAt >= (known === 'missing' || wanting ? times.missingMs : times.knownMs)

  async function lookAgain(name: string, before: Entry): Promise<void> {
    const known = await ask(name)
    const changed = !sameKnown(known, before.known)
    entries.set(name, { known, askedAt: performance.now(), wanting: before.wanting && !changed })
    if (changed) onChange(name)
  }

  async function round(): Promise<void> {
    for (const [name, entry] of entries) {
      if (!isDue(entry)) continue
      if (!isInUse(name)) {
        entries.delete(name)
        continue
      }
      await lookAgain(name, entry)
      await sleep(times.betweenMs, undefined, { signal: stopping.signal })
    }
  }

  async function run(): Promise<void> {
    const { signal } = stopping
    while (!signal.aborted) {
      await sleep(times.missingMs / 2, undefined, { signal }).catch(() => {})
      await round().catch((error: unknown) => {
        if (!signal.aborted) logger.debug({ error }, 'could not look for Secrets; will look again')
      })
    }
  }

  const running = run()
  return {
    async look(name, key, signal) {
      signal.throwIfAborted()
      const entry = entries.get(name)
      const known = entry?.known ?? (await ask(name))
      const state = stateOf(known, key)
      const wanting = (entry?.wanting ?? false) || state === 'no-key'
      entries.set(name, { known, askedAt: entry?.askedAt ?? performance.now(), wanting })
      return state
    },
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await running
    },
  }
}

function stateOf(known: Known, key: string): KeyState {
  if (known === 'hidden') return 'hidden'
  if (known === 'missing') return 'no-secret'
  return known.has(key) ? 'there' : 'no-key'
}

function sameKnown(one: Known, other: Known): boolean {
  if (typeof one === 'string' || typeof other === 'string') return one === other
  return one.symmetricDifference(other).size === 0
}
