import { describeForgetting } from './history-store-forgetting.ts'
import { describeHistoryLaws } from './history-store-laws.ts'
import { prepareStore } from './history-store-rig.ts'
import { describeTakeOver } from './history-store-take-over.ts'
import { describeViews } from './history-store-views.ts'
import type { StartStore } from './history-store-rig.ts'

/** What every adapter of the history must keep. */
export function describeHistoryStore(name: string, start: StartStore): void {
  describe(`history store on ${name}`, function () {
    this.timeout(process.env['VITRINE_SOAK'] ? 1_200_000 : 240_000)
    const rig = prepareStore(name, start)
    describeViews(rig)
    describeForgetting(rig)
    describeTakeOver(rig)
    describeHistoryLaws(rig)
  })
}
