import { Command, InvalidArgumentError, Option } from 'commander'
import { access, constants, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { parseTimestamp } from '#internal/domain/timestamp.ts'
import { InvalidInput, Misconfigured } from '#internal/errors/errors.ts'
import { createCoVisitation } from '#internal/evaluate/co-visitation.ts'
import { evaluate } from '#internal/evaluate/evaluation.ts'
import { renderPage } from '#internal/evaluate/page.ts'
import { createPopularity } from '#internal/evaluate/popularity.ts'
import { readViews } from '#internal/evaluate/read-views.ts'
import { cutSessions, splitSessions } from '#internal/evaluate/sessions.ts'
import { renderTable } from '#internal/evaluate/table.ts'
import { createVitrineMethod } from '#internal/evaluate/vitrine.ts'
import { createVmisKnn } from '#internal/evaluate/vmis-knn.ts'
import { splitLines } from '#internal/ingest/lines.ts'
import { runJob } from '#internal/process/run.ts'
import { openProgress } from '../shared/progress.ts'
import { openViews, refuseSameFile, unusable } from './send-files.ts'
import type { Evaluation } from '#internal/evaluate/evaluation.ts'
import type { Method } from '#internal/evaluate/method.ts'
import type { Material } from '#internal/evaluate/past.ts'
import type { ProtocolOptions } from '#internal/evaluate/protocol.ts'
import type { ReadViews } from '#internal/evaluate/read-views.ts'
import type { Report } from '#internal/evaluate/report.ts'
import type { Progress } from '../shared/progress.ts'

/** All that can be compared; the others are held against the first. */
const methods: Readonly<Record<string, () => Method>> = {
  vitrine: createVitrineMethod,
  popularity: createPopularity,
  'co-visitation': createCoVisitation,
  'vmis-knn': createVmisKnn,
}

interface EvaluateOptions extends Omit<ProtocolOptions, 'excludeSeen'> {
  readonly excludeSeen?: boolean
  readonly testShare: number
  readonly split?: number
  readonly methods: readonly string[]
  readonly json?: string
  readonly html?: string
}

function wholeNumber(most: number) {
  return (text: string): number => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= 1 && value <= most) return value
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${most}.`)
  }
}

function share(text: string): number {
  const value = Number(text)
  if (value > 0 && value < 1) return value
  throw new InvalidArgumentError('It must be between 0 and 1, such as 0.1.')
}

function time(text: string): number {
  const value = parseTimestamp(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text)
  if (value !== null) return value
  throw new InvalidArgumentError('It must be a day or a time, such as 2026-11-01 or 2026-11-01T10:00:00Z.')
}

function methodNames(text: string): string[] {
  const names = [...new Set(text.split(',').map(name => name.trim()))]
  const unknown = names.find(name => !Object.hasOwn(methods, name))
  if (unknown === undefined) return names
  throw new InvalidArgumentError(`There is no "${unknown}"; there are ${Object.keys(methods).join(', ')}.`)
}

/** `vitrine evaluate`: how good would recommendations have been, on a shop's own views? */
export function evaluateCommand(): Command {
  return new Command('evaluate')
    .description("how well each method foresees what a shop's visitors look at next, on its own views")
    .argument('<file>', 'views as `vitrine send` takes them (NDJSON, a view a line); - is standard input')
    .option('--limit <n>', 'how many products a list holds', wholeNumber(100), 20)
    .option('--test-share <share>', 'the newest part of the visits, to be asked about', share, 0.1)
    .option('--split <time>', 'ask about the visits that begin then or later, instead', time)
    .option('--max-steps <n>', 'stop after so many questions', wholeNumber(1e9))
    .option('--exclude-seen', 'ask only for products that are new in the visit')
    .addOption(
      new Option('--unknown <what>', 'a next product that nobody has viewed before: left out, or missed')
        .choices(['skip', 'count'])
        .default('count'),
    )
    .option('--no-learn', 'learn nothing after the split')
    .addOption(
      new Option(
        '--methods <names>',
        `which to compare, all with the first: ${Object.keys(methods).join(', ')}`,
      )
        .argParser(methodNames)
        .default(Object.keys(methods), 'all'),
    )
    .option('--json <file>', 'the figures as JSON; - is standard output, instead of the table')
    .option('--html <file>', 'the figures as a page with plots, to open in a browser')
    .addHelpText(
      'after',
      `
Examples:
  vitrine evaluate views.ndjson --html report.html
  vitrine evaluate views.ndjson --split 2026-11-01 --methods vitrine,popularity --json -`,
    )
    .action((file: string, options: EvaluateOptions) =>
      runJob((opened, signal) => run(file, options, opened.use(openProgress()), signal)),
    )
}

async function run(
  file: string,
  options: EvaluateOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<number> {
  const { json, html } = options
  for (const [option, output] of [
    ['--json', json],
    ['--html', html],
  ] as const) {
    if (output !== undefined && output !== '-') await checkOutput(option, output, file)
  }
  const read = await readFile(file, progress, signal)
  const report = await compare(file, read, options, progress, signal)
  progress.say(`${report.data.questions} questions asked of ${report.methods.length} methods`)
  progress.end()

  const text = `${JSON.stringify(report, null, 2)}\n`
  if (json !== undefined && json !== '-') await write('--json', json, text)
  if (html !== undefined) await write('--html', html, renderPage(report))
  process.stdout.write(json === '-' ? text : renderTable(report))
  return 0
}

async function readFile(file: string, progress: Progress, signal: AbortSignal): Promise<ReadViews> {
  const { chunks, size } = await openViews(file, signal)
  let bytes = 0
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      bytes += chunk.length
      const done = size === null ? `${(bytes / 1e6).toFixed(1)} MB` : `${percent(bytes / size)} %`
      progress.say(`reading ${file}: ${done}`)
      yield chunk
    }
  }
  const read = await readViews(splitLines(counted()), Date.now())
  if (read.views.length > 0) return read
  const reasons = Object.entries(read.refused).map(([reason, count]) => `${count} ${reason}`)
  throw new InvalidInput(
    `${file} holds no view to evaluate with: ${read.lines === 0 ? 'it is empty' : `of ${read.lines} lines, ${reasons.join(', ')}`}`,
  )
}

async function compare(
  file: string,
  read: ReadViews,
  options: EvaluateOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<Report> {
  const { views, lines, refused, repeats } = read
  const { limit, unknown, excludeSeen = false, learn, maxSteps, split, testShare } = options
  const sessions = cutSessions(views)
  const { at, asked } = splitSessions(sessions, split === undefined ? { share: testShare } : { at: split })
  const evaluation = await drain(
    { views, sessions, asked },
    options.methods.map(name => methods[name] as () => Method),
    { limit, unknown, excludeSeen, learn, ...(maxSteps !== undefined && { maxSteps }) },
    progress,
    signal,
  )
  return {
    file: file === '-' ? 'standard input' : file,
    input: { lines, refused, repeats },
    from: new Date(views.times[0] as number).toISOString(),
    to: new Date(views.times[views.length - 1] as number).toISOString(),
    split: new Date(at).toISOString(),
    ...evaluation,
  }
}

/** Lets signals and the progress line through between the steps. */
async function drain(
  material: Material,
  chosen: readonly (() => Method)[],
  options: ProtocolOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<Evaluation> {
  const work = evaluate(material, chosen, options, () => performance.now())
  for (;;) {
    const step = work.next()
    if (step.done) return step.value
    progress.say(`${step.value.doing}: ${percent(step.value.share)} %`)
    await setImmediate()
    signal.throwIfAborted()
  }
}

const percent = (value: number) => Math.min(100, Math.floor(value * 100))

/** Found out before the work, not after it. */
async function checkOutput(option: string, output: string, views: string): Promise<void> {
  await refuseSameFile(option, output, views).catch((error: unknown) => {
    // Views that can't be read are told of when they are opened.
    if (error instanceof Misconfigured) throw error
  })
  try {
    const existing = await stat(output).catch(() => null)
    if (existing?.isDirectory()) throw new Misconfigured(`${option} ${output} is a folder: name a file`)
    await access(existing ? output : dirname(output), constants.W_OK)
  } catch (error) {
    throw unusable(error, `${option} ${output} can't be written`)
  }
}

async function write(option: string, output: string, text: string): Promise<void> {
  try {
    await writeFile(output, text)
  } catch (error) {
    throw unusable(error, `${option} ${output} can't be written`)
  }
}
