import { createApp } from '#internal/http/app.ts'
import { listen } from '#internal/http/listen.ts'
import { apiInfo, readErrorPages } from '../shared/documentation.ts'
import { apiPart } from '../shared/parts.ts'
import { instanceName, runVitrineService } from '../shared/service.ts'
import { apiSettings } from './config.ts'

await runVitrineService('api', apiSettings, async service => {
  const { settings, opened, logger, metrics } = service
  const routes = apiPart(service, settings, { instance: instanceName(settings) })
  const app = createApp({ routes, logger, metrics, info: apiInfo, errorPages: readErrorPages() })
  const server = await listen({
    app,
    host: settings.VITRINE_HOST,
    port: settings.VITRINE_PORT,
    portSetting: 'VITRINE_PORT',
    auth: settings.VITRINE_AUTH,
  })
  opened.use(server)
  logger.info({ url: server.url }, 'answering')
})
