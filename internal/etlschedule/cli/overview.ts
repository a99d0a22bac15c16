import { InvalidInput } from '#internal/errors/errors.ts'
import { parseEtlSchedule, parseWithoutSpec } from '../resource/etl-schedule.ts'
import type { EtlSchedule } from '../resource/etl-schedule.ts'
import type { Pipeline } from '../resource/spec.ts'
import type { Condition, EtlScheduleStatus, RunRecord } from '../resource/status.ts'

/** Why a schedule needs somebody's attention. */
export interface Problem {
  /** A condition's reason, or `InvalidSpec`, `NotVisited`. */
  readonly reason: string
  readonly message: string
}

/** How one EtlSchedule stands; the shape that `vitrine schedule list --json` prints for each. */
export interface Overview {
  readonly name: string
  readonly namespace: string
  /** `null`, and so are the next two, where the spec is one that this release refuses. */
  readonly pipeline: Pipeline | null
  readonly schedule: string | null
  readonly timeZone: string | null
  readonly suspended: boolean
  /** RFC 3339; empty while suspended. */
  readonly nextScheduleTimes: readonly string[]
  /** Runs under way, newest first. */
  readonly active: readonly RunRecord[]
  readonly lastRun: RunRecord | null
  readonly lastSuccessfulTime: string | null
  readonly missedRuns: number
  readonly problems: readonly Problem[]
}

/**
 * How an EtlSchedule from the API server stands. One whose spec this release refuses has an overview, too.
 *
 * @throws InvalidInput when its metadata or its status are of another release
 */
export function overviewOf(object: unknown): Overview {
  const { metadata, status } = parseWithoutSpec(object)
  const { spec, problem } = specOf(object)
  return {
    name: metadata.name,
    namespace: metadata.namespace,
    pipeline: spec?.pipeline ?? null,
    schedule: spec?.schedule ?? null,
    timeZone: spec?.timeZone ?? null,
    suspended: spec?.suspend ?? false,
    nextScheduleTimes: status.nextScheduleTimes,
    active: status.recentRuns.filter(({ result }) => result === 'Running'),
    lastRun: status.lastRun ?? null,
    lastSuccessfulTime: status.lastSuccessfulTime ?? null,
    missedRuns: status.missedRuns,
    problems: [...(problem ? [problem] : []), ...problemsOf(status)],
  }
}

function specOf(object: unknown): { spec?: EtlSchedule['spec']; problem?: Problem } {
  try {
    return { spec: parseEtlSchedule(object).spec }
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error
    return { problem: { reason: 'InvalidSpec', message: error.message } }
  }
}

const isTroubled = ({ type, status }: Condition) =>
  (['Ready', 'Healthy'].includes(type) && status === 'False') ||
  (['Overdue', 'Stalled'].includes(type) && status === 'True')

/** What its conditions say, each message once: Stalled often repeats Ready. */
function problemsOf({ observedGeneration, conditions }: EtlScheduleStatus): Problem[] {
  if (observedGeneration < 0) {
    return [{ reason: 'NotVisited', message: 'no controller has looked at it yet' }]
  }
  const problems = new Map<string, Problem>()
  for (const condition of conditions.filter(isTroubled)) {
    const { reason, message } = condition
    if (!problems.has(message)) problems.set(message, { reason, message })
  }
  return [...problems.values()]
}
