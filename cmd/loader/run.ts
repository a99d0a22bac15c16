import { loaderPart } from '../shared/parts.ts'
import { runVitrineService } from '../shared/service.ts'
import { loaderSettings } from './config.ts'

await runVitrineService('loader', loaderSettings, async service => {
  loaderPart(service, service.settings)
})
