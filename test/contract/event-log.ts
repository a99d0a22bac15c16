import { describeAppending } from './event-log-appending.ts'
import { describeGroups } from './event-log-groups.ts'
import { describeReading } from './event-log-reading.ts'
import { prepareLog } from './event-log-rig.ts'
import type { LogUnderTest } from './event-log-rig.ts'

/** What every adapter of the event log must keep. */
export function describeEventLog(name: string, start: () => Promise<LogUnderTest | { skip: string }>): void {
  describe(`event log: ${name}`, function () {
    this.timeout(90_000)
    const rig = prepareLog(start)
    describeAppending(rig)
    describeGroups(rig)
    describeReading(rig)
  })
}
