import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { InvalidInput, Misconfigured } from '#internal/errors/errors.ts'
import { readRunDefaults } from '#internal/etlschedule/objects/run-defaults.ts'
import { startScheduleController } from '#internal/etlschedule/reconcile/controller.ts'
import { fieldManager } from '#internal/etlschedule/resource/names.ts'
import { connectKube } from '#internal/kube/client.ts'
import { instanceName, runVitrineServer } from '../shared/service.ts'
import { controllerSettings } from './config.ts'
import type { RunDefaults } from '#internal/etlschedule/objects/run-defaults.ts'

await runVitrineServer('controller', controllerSettings, async server => {
  const { settings, opened, logger, metrics, readiness, liveness } = server
  const defaults = runDefaultsFrom(settings.VITRINE_RUN_DEFAULTS)
  const client = opened.use(await connectKube({ fieldManager, metrics, logger }))
  const controller = opened.use(
    startScheduleController({
      client,
      namespace: settings.VITRINE_NAMESPACE ?? client.namespace,
      defaults,
      lease: settings.VITRINE_LEASE,
      // A pod that starts anew keeps its name and its process id.
      identity: `${instanceName(settings)}_${randomUUID().slice(0, 8)}`,
      concurrency: settings.VITRINE_CONTROLLER_CONCURRENCY,
      metrics,
      logger,
    }),
  )
  readiness.add('kubernetes', () => controller.problem())
  liveness(() => controller.stuck())
})

function runDefaultsFrom(file: string): RunDefaults {
  try {
    return readRunDefaults(readFileSync(file, 'utf8'))
  } catch (error) {
    if (!(error instanceof InvalidInput || (error instanceof Error && 'code' in error))) throw error
    throw new Misconfigured(`VITRINE_RUN_DEFAULTS ${file} can't be used: ${error.message}`)
  }
}
