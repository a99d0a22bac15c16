import type { EtlSchedule } from '../resource/etl-schedule.ts'

/** What a run of an EtlSchedule takes from its environment, all but the URI of the shop's database. */
export function runEnvironment({ metadata, spec }: EtlSchedule): Readonly<Record<string, string>> {
  return {
    VITRINE_PIPELINE: spec.pipeline,
    VITRINE_SCHEDULE: metadata.name,
    VITRINE_TIME_ZONE: spec.timeZone,
    VITRINE_WINDOW: spec.window,
    VITRINE_FULL_EVERY: spec.fullEvery,
    VITRINE_GUARD_MIN_ROWS: String(spec.guard.minRows),
    VITRINE_GUARD_MAX_DROP_PERCENT: String(spec.guard.maxDropPercent),
    ...(spec.source.query !== undefined && { VITRINE_QUERY: spec.source.query }),
  }
}
