import { createFakeLog } from '#internal/eventlog/fake-log.ts'
import { describeEventLog } from './event-log.ts'

describeEventLog('fake', async () => {
  const world = createFakeLog()
  return { open: world.open, close: async () => world[Symbol.asyncDispose]() }
})
