import { answerCalls } from '../shared/calls.ts'
import { ingestorPart } from '../shared/parts.ts'
import { runVitrineService } from '../shared/service.ts'
import { ingestorSettings } from './config.ts'

await runVitrineService('ingestor', ingestorSettings, async service => {
  await answerCalls(service, ingestorPart(service, service.settings))
})
