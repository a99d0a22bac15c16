import { answerCalls } from '../shared/calls.ts'
import { apiPart } from '../shared/parts.ts'
import { instanceName, runVitrineService } from '../shared/service.ts'
import { apiSettings } from './config.ts'

await runVitrineService('api', apiSettings, async service => {
  const { settings } = service
  await answerCalls(service, apiPart(service, settings, { instance: instanceName(settings) }))
})
