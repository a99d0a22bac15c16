import { Command, InvalidArgumentError } from 'commander'
import { SingleBar } from 'cli-progress'
import { z } from 'zod'
import { sendViews, toLog, toUrl } from '#internal/ingest/send.ts'
import { runJob } from '#internal/process/run.ts'
import { intakeSettings } from '../ingestor/config.ts'
import { engineSettings, processSettings } from '../shared/engines-settings.ts'
import { runVitrineJob } from '../shared/job.ts'
import { createNewId } from '../shared/new-id.ts'
import { openIntake } from '../shared/parts.ts'
import { openProgress } from '../shared/progress.ts'
import { httpUrl } from './options.ts'
import { openRejects, openViews } from './send-files.ts'
import type { SendResult, Target } from '#internal/ingest/send.ts'

interface SendOptions {
  readonly url?: string
  readonly rate?: number
  readonly rejects?: string
}

const sendSettings = z.object({ ...processSettings.shape, ...engineSettings.shape, ...intakeSettings.shape })

function positive(text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new InvalidArgumentError('It must be a number above 0.')
  return value
}

/** `vitrine send`: a file of views, to a running Vitrine or straight to the log. */
export function sendCommand(): Command {
  return new Command('send')
    .description('send a file of views (NDJSON, a view a line), by HTTP or straight to the event log')
    .argument('<file>', 'the file; - is standard input')
    .option(
      '--url <url>',
      'a running Vitrine; without it the views go straight to the event log of the settings',
      httpUrl,
    )
    .option('--rate <n>', 'at most so many views a second', positive)
    .option('--rejects <file>', 'where refused lines go, each with its reason')
    .addHelpText(
      'after',
      '\nEvery line ends in the log or among the refused; sending a file again changes nothing. A service that wants a key\ngets the one in the environment variable VITRINE_KEY.',
    )
    .action(async (file: string, options: SendOptions) => {
      if (options.url !== undefined) {
        const target = toUrl(options.url, process.env['VITRINE_KEY'] || undefined)
        await runJob((opened, signal) => send(file, () => target, options, opened, signal))
      } else {
        await runVitrineJob('send', sendSettings, ({ settings, engines, opened, metrics, signal }) =>
          send(file, () => toLog(openIntake({ engines, metrics }, settings)), options, opened, signal),
        )
      }
    })
}

/** The target is opened after the files: a name mistyped is told before an engine is looked for. */
async function send(
  file: string,
  openTarget: () => Target,
  { rate, rejects: rejectsFile }: SendOptions,
  opened: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<number> {
  const { chunks, size } = await openViews(file, signal)
  const rejects = rejectsFile === undefined ? null : opened.use(await openRejects(rejectsFile, file))
  const target = openTarget()
  const show = opened.use(openShow(size))
  let read = 0
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      read += chunk.length
      yield chunk
    }
  }
  const result = await sendViews({
    input: counted(),
    target,
    now: Date.now,
    newId: createNewId(),
    ...(rate !== undefined && { rate }),
    onRejected: line => rejects?.write(line),
    onProgress: done => show.update(read, done),
    signal,
  })
  await rejects?.end()
  await show[Symbol.asyncDispose]()
  process.stdout.write(`${JSON.stringify(result)}\n`)
  const refused = Object.values(result.refused).reduce((sum, count) => sum + count, 0)
  if (refused > 0 && rejects === null) {
    process.stderr.write(`${refused} lines were refused; --rejects FILE keeps them with their reasons.\n`)
  }
  return 0
}

interface Show extends AsyncDisposable {
  update(readBytes: number, done: SendResult & { waiting: string | null }): void
}

/** A bar on a terminal when the size is known, else a line. */
function openShow(size: number | null): Show {
  const summary = ({ accepted, refused, waiting }: SendResult & { waiting: string | null }) => {
    const bad = Object.values(refused).reduce((sum, count) => sum + count, 0)
    return `${accepted} accepted, ${bad} refused${waiting === null ? '' : ` (waiting: ${waiting})`}`
  }
  if (size === null || !process.stderr.isTTY) {
    const progress = openProgress()
    return {
      update: (_, done) => progress.say(summary(done)),
      [Symbol.asyncDispose]: () => progress[Symbol.asyncDispose](),
    }
  }
  const bar = new SingleBar({
    format: '{bar} {percentage}% | {summary}',
    stream: process.stderr,
    hideCursor: true,
  })
  bar.start(size, 0, { summary: '' })
  return {
    update: (readBytes, done) => bar.update(readBytes, { summary: summary(done) }),
    async [Symbol.asyncDispose]() {
      bar.stop()
    },
  }
}
