import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { InvalidInput, Misconfigured } from '#internal/errors/errors.ts'
import { nextTimes } from '#internal/etlschedule/clock/clock.ts'
import { parseCron } from '#internal/etlschedule/clock/cron.ts'
import { findZone } from '#internal/etlschedule/clock/zone.ts'
import { tryRun } from '#internal/etlschedule/local/attempts.ts'
import { follow } from '#internal/etlschedule/local/follow.ts'
import { readScheduleFile } from '#internal/etlschedule/local/schedule-file.ts'
import { runEnvironment } from '#internal/etlschedule/objects/run-environment.ts'
import { toTime } from '#internal/etlschedule/run-report.ts'
import { etlSettings } from '../shared/etl-settings.ts'
import type { Verdict } from '#internal/etlschedule/local/attempts.ts'
import type { EtlSchedule } from '#internal/etlschedule/resource/etl-schedule.ts'
import type { RunReport } from '#internal/orders/store.ts'
import type { Children, Ended } from './children.ts'

/** The EtlSchedules of a file, and whence their runs read. */
export interface Plan {
  readonly file: string
  /** Whether a Secret of the file leads to a shop of one's own. */
  readonly bringsShop: boolean
  readonly entries: readonly PlanEntry[]
}

interface PlanEntry {
  readonly schedule: EtlSchedule
  /** The URI that a Secret of the file gives. */
  readonly shopUrl: string | null
}

/** Reads a file of EtlSchedules and their Secrets; rejects as `Misconfigured` with what is wrong in it. */
export function readPlan(file: string): Plan {
  try {
    const found = readScheduleFile(readFileSync(file, 'utf8'))
    const entries = found.schedules.map(schedule => ({
      schedule,
      shopUrl: checkedUrl(
        schedule,
        found.secretValue(schedule.metadata.namespace, schedule.spec.source.secretRef),
      ),
    }))
    return { file, entries, bringsShop: entries.some(({ shopUrl }) => shopUrl !== null) }
  } catch (error) {
    if (error instanceof InvalidInput) throw new Misconfigured(`${file}: ${error.message}`)
    if (!(error instanceof Error && 'code' in error)) throw error
    throw new Misconfigured(`the file of schedules can't be read: ${error.message}`)
  }
}

function checkedUrl({ spec }: EtlSchedule, url: string | null): string | null {
  if (url === null) return null
  const { error } = etlSettings.shape.VITRINE_SHOP_URL.safeParse(url.trim())
  if (!error) return url.trim()
  const { name, key } = spec.source.secretRef
  throw new InvalidInput(`key ${key} of Secret ${name} ${error.issues[0]?.message}`)
}

/** Rejects as `Misconfigured` where neither the file nor the environment says which database a run reads. */
export function demandShops({ file, entries }: Plan): void {
  const without = entries.find(({ shopUrl }) => shopUrl === null)
  if (!without) return
  const { metadata, spec } = without.schedule
  throw new Misconfigured(
    `EtlSchedule ${metadata.name} reads the database that Secret ${spec.source.secretRef.name} leads to, and ${file} does not hold it; add the Secret to the file, or set VITRINE_SHOP_URL`,
  )
}

export interface ScheduledRuns {
  readonly plan: Plan
  readonly children: Children
  /** The shop's database for what the file has no Secret for. */
  readonly shopUrl: string
  readonly say: (text: string) => void
  readonly signal: AbortSignal
}

/** What this process was started with is no setting of the EtlSchedule's. */
const unset = { VITRINE_QUERY: '', VITRINE_GUARD_OVERRIDE: '', VITRINE_TERMINATION_MESSAGE: '' }

/** Starts the runs of the plan when they are due, one line for each that ends, until the signal aborts. */
export async function runScheduled({ plan, children, shopUrl, say, signal }: ScheduledRuns): Promise<void> {
  await Promise.all(
    plan.entries.map(async ({ schedule, shopUrl: own }) => {
      const { metadata, spec } = schedule
      const tell = (text: string) => say(`${toTime(Date.now())} ${metadata.name}: ${text}`)
      tell(outlook(schedule))
      if (spec.suspend) return
      const environment = { ...unset, ...runEnvironment(schedule), VITRINE_SHOP_URL: own ?? shopUrl }
      const attempt = async (limit: AbortSignal) => {
        const ended = await children.end(['run', spec.pipeline], { environment, signal: limit })
        return { verdict: verdictOf(ended), text: describe(ended) }
      }
      await follow({
        schedule,
        async run(stopped) {
          const outcome = await tryRun(spec, attempt, { sleep, signal: stopped })
          if (!signal.aborted) tell(outcome?.text ?? endedEarly(spec, stopped))
        },
        leftOut: (due, why) => tell(`the run of ${toTime(due)} was left out: ${why}`),
        now: Date.now,
        sleep,
        signal,
      })
    }),
  )
}

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal })
}

function outlook({ spec }: EtlSchedule): string {
  if (spec.suspend) return 'suspended, starts no runs'
  const [next] = nextTimes(parseCron(spec.schedule), findZone(spec.timeZone), Date.now(), 1)
  const when = `${spec.schedule} (${spec.timeZone})`
  return next === undefined ? `${when} is never due` : `${when}, next at ${toTime(next)}`
}

function verdictOf({ code }: Ended): Verdict {
  if (code === 0) return 'done'
  return code === 2 ? 'give-up' : 'again'
}

/** One line: the report that a run prints, or the last words of one that came to none. */
function describe({ code, printed, words }: Ended): string {
  const line = printed.trim().split('\n').at(-1)
  if (!line) return oneLine(`Failed: it ended with ${code ?? 'a signal'}: ${words}`)
  const { result, seconds, rowsRead, rowsWritten, rowsDeleted, message } = JSON.parse(line) as RunReport
  const rows = `${rowsRead} rows read, ${rowsWritten} written, ${rowsDeleted} deleted`
  return oneLine(`${result} in ${seconds.toFixed(1)} s, ${rows}${message === '' ? '' : `: ${message}`}`)
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}

function endedEarly({ activeDeadlineSeconds }: EtlSchedule['spec'], stopped: AbortSignal): string {
  return stopped.aborted
    ? 'stopped for the run that takes its place (concurrencyPolicy Replace)'
    : `Failed: ended after ${activeDeadlineSeconds} s (activeDeadlineSeconds)`
}
