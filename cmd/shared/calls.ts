import { createApp } from '#internal/http/app.ts'
import { listen } from '#internal/http/listen.ts'
import { apiInfo, readErrorPages } from './documentation.ts'
import type { z } from 'zod'
import type { Route } from '#internal/http/route.ts'
import type { serverSettings } from './engines-settings.ts'
import type { Service } from './service.ts'

/** Answers a service's calls on the port of its settings, documentation and all, until the service stops. */
export async function answerCalls(
  { settings, opened, logger, metrics }: Service<z.output<typeof serverSettings>>,
  routes: readonly Route[],
): Promise<void> {
  const app = createApp({ routes, logger, metrics, info: apiInfo, errorPages: readErrorPages() })
  const server = await listen({
    app,
    host: settings.VITRINE_HOST,
    port: settings.VITRINE_PORT,
    portSetting: 'VITRINE_PORT',
    auth: settings.VITRINE_AUTH,
  })
  opened.use(server)
  logger.info({ url: server.url }, 'answering calls')
}
