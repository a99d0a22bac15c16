import { setTimeout as sleep } from 'node:timers/promises'
import { Command } from 'commander'
import { z } from 'zod'
import { ensureFirstKey } from '#internal/access/first-key.ts'
import { connectKube } from '#internal/kube/client.ts'
import { durationForm } from '#internal/domain/duration.ts'
import { Conflict, Unavailable } from '#internal/errors/errors.ts'
import { engineSettings, processSettings } from '../shared/engines-settings.ts'
import { runVitrineJob } from '../shared/job.ts'
import { durationOption } from './options.ts'
import type { KeyPlace } from '#internal/access/first-key.ts'
import type { KubeClient } from '#internal/kube/client.ts'
import type { KubeObject } from '#internal/kube/objects.ts'

const initSettings = z.object({ ...processSettings.shape, ...engineSettings.shape })

/** `vitrine init`: schemas and topics, and the first key of an install. */
export function initCommand(): Command {
  return new Command('init')
    .description('make schemas and topics on the engines, or bring them up to date; harmless when repeated')
    .option(
      '--first-key <secret>',
      "a Secret of the pod's namespace: the key in it is let in for all that a shop's pages ask, and where there is none one is made",
    )
    .option(
      '--patience <duration>',
      `wait so long for engines that are away, ${durationForm} (default: not at all)`,
      durationOption,
    )
    .action(({ firstKey, patience = 0 }: { firstKey?: string; patience?: number }) =>
      runVitrineJob('init', initSettings, async ({ engines, settings, opened, metrics, logger, signal }) => {
        const giveUpAt = performance.now() + patience
        const patiently = (work: () => Promise<void>) => untilDone(work, giveUpAt, signal)
        if (firstKey !== undefined) {
          await patiently(() => engines.initKeys())
          const kube = opened.use(await connectKube({ fieldManager: 'vitrine-init', metrics, logger }))
          const place = secretPlace(kube, firstKey)
          const isNew = await ensureFirstKey({ place, store: engines.keys(), now: Date.now })
          process.stderr.write(`The key in ${place.name} ${isNew ? 'is let in now' : 'is let in already'}.\n`)
        }
        await patiently(() => engines.init())
        const { VITRINE_EVENT_LOG: log, VITRINE_STORE: store } = settings
        process.stderr.write(`Ready: event log on ${log}, store on ${store}.\n`)
        return 0
      }),
    )
}

const lookAgainMs = 2_000

/** Tries again while an engine is away, until `giveUpAt` (a `performance.now()`), and tells of each cause once. */
async function untilDone(work: () => Promise<void>, giveUpAt: number, signal: AbortSignal): Promise<void> {
  let told = ''
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof Unavailable) || performance.now() + lookAgainMs > giveUpAt) throw error
      if (error.message !== told) process.stderr.write(`waiting: ${(told = error.message)}\n`)
    }
    await sleep(lookAgainMs, undefined, { signal })
  }
}

interface Secret extends KubeObject {
  readonly data?: Readonly<Record<string, string>>
}

const entry = 'key'

function secretPlace(kube: KubeClient, name: string): KeyPlace {
  const { namespace } = kube
  const secrets = { group: '', version: 'v1', plural: 'secrets', namespace }
  return {
    name: `the Secret ${namespace}/${name}`,
    async read() {
      const secret = await kube.get<Secret>(secrets, name)
      if (secret === null) return null
      return Buffer.from(secret.data?.[entry] ?? '', 'base64').toString()
    },
    async create(text) {
      try {
        const secret = {
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { name, namespace },
          stringData: { [entry]: text },
        }
        await kube.create(secrets, secret as KubeObject)
        return true
      } catch (error) {
        if (error instanceof Conflict) return false
        throw error
      }
    },
  }
}
