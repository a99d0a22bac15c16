import { Command } from 'commander'
import { z } from 'zod'
import { replayDeadLetters } from '#internal/load/replay.ts'
import { engineSettings, processSettings } from '../shared/engines-settings.ts'
import { runVitrineJob } from '../shared/job.ts'
import { openProgress } from '../shared/progress.ts'

const replaySettings = z.object({ ...processSettings.shape, ...engineSettings.shape })

/** `vitrine dead-letters replay`: a second chance for what could not be understood. */
export function deadLettersCommand(): Command {
  const replay = new Command('replay')
    .description(
      'give dead letters that can be understood by now back to the loader; a second run finds nothing new',
    )
    .action(() =>
      runVitrineJob('dead-letters', replaySettings, async ({ engines, opened, signal }) => {
        const progress = opened.use(openProgress())
        const counts = await replayDeadLetters({
          log: engines.log(),
          signal,
          onProgress: ({ replayed, left }) => progress.say(`${replayed} replayed, ${left} left`),
        })
        progress.end()
        process.stdout.write(`${JSON.stringify(counts)}\n`)
        return 0
      }),
    )
  return new Command('dead-letters').description('what the loader could not understand').addCommand(replay)
}
