import { followKeys } from '#internal/access/known-keys.ts'
import { createApp } from '#internal/http/app.ts'
import { isLoopback, listen } from '#internal/http/listen.ts'
import { apiInfo, readErrorPages } from './documentation.ts'
import type { z } from 'zod'
import type { Route } from '#internal/http/route.ts'
import type { serverSettings } from './engines-settings.ts'
import type { Service } from './service.ts'

/** Answers a service's calls on the port of its settings, documentation and all, until the service stops. */
export async function answerCalls(
  { settings, engines, opened, logger, metrics, readiness }: Service<z.output<typeof serverSettings>>,
  routes: readonly Route[],
): Promise<void> {
  const { VITRINE_HOST: host, VITRINE_AUTH: auth } = settings
  const keys =
    auth === 'keys' ? opened.use(followKeys({ store: engines.keys(), logger, now: Date.now })) : undefined
  if (keys) readiness.add('keys', () => keys.readiness())
  if (auth === 'none' && !isLoopback(host)) {
    logger.warn(
      { host },
      "whoever reaches this port may read and delete people's histories: VITRINE_AUTH=none",
    )
  }
  const app = createApp({
    routes,
    logger,
    metrics,
    ...(keys && { keys }),
    info: apiInfo,
    errorPages: readErrorPages(),
  })
  const server = await listen({
    app,
    host,
    port: settings.VITRINE_PORT,
    portSetting: 'VITRINE_PORT',
    auth,
    drainMs: settings.VITRINE_DRAIN_SECONDS * 1_000,
  })
  opened.use(server)
  logger.info({ url: server.url }, 'answering calls')
}
