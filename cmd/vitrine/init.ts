import { Command } from 'commander'
import { z } from 'zod'
import { engineSettings, processSettings } from '../shared/engines-settings.ts'
import { runVitrineJob } from '../shared/job.ts'

const initSettings = z.object({ ...processSettings.shape, ...engineSettings.shape })

/** `vitrine init`: schemas and topics. */
export function initCommand(): Command {
  return new Command('init')
    .description('make schemas and topics on the engines, or bring them up to date; harmless when repeated')
    .action(() =>
      runVitrineJob('init', initSettings, async ({ engines, settings }) => {
        await engines.init()
        const { VITRINE_EVENT_LOG: log, VITRINE_STORE: store } = settings
        process.stderr.write(`Ready: event log on ${log}, store on ${store}.\n`)
        return 0
      }),
    )
}
