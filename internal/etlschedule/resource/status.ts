import { z } from 'zod'
import { maxNameLength, maxRequestLength } from './names.ts'

const runNameLength = 63

const time = () =>
  z
    .string()
    .max(32)
    .refine(text => !Number.isNaN(Date.parse(text)), { error: 'must be a time such as 2026-11-01T10:00:00Z' })
    .meta({ format: 'date-time' })

const count = () => z.int().min(0).max(Number.MAX_SAFE_INTEGER)

/** What is known of a schedule, by the conventions of Kubernetes' own conditions. */
export const conditionTypes = ['Ready', 'Healthy', 'Overdue', 'Reconciling', 'Stalled'] as const

const condition = z
  .object({
    type: z
      .string()
      .min(1)
      .max(64)
      .describe(`Which condition: ${conditionTypes.join(', ')}.`),
    status: z.enum(['True', 'False', 'Unknown']).describe('Whether it holds.'),
    reason: z
      .string()
      .min(1)
      .max(128)
      .regex(/^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/)
      .describe('Why, in one word for programs.'),
    message: z.string().max(2_048).describe('Why, and what to do, in words.'),
    lastTransitionTime: time().describe('When the status last changed.'),
    observedGeneration: count().optional().describe('Generation of the spec that this was said of.'),
  })
  .describe('A fact about the EtlSchedule.')

/** A run of a schedule, whoever started it. */
const runRecord = z
  .object({
    name: z.string().min(1).max(runNameLength).describe("Name of the run's Job."),
    trigger: z
      .enum(['schedule', 'request', 'manual'])
      .describe('What started it: the schedule, a request by annotation, or a Job made by hand.'),
    result: z
      .enum(['Running', 'Succeeded', 'Failed', 'Refused', 'Skipped'])
      .describe(
        'How it ended. Refused: the guard found it suspicious. Skipped: another run was under way. Neither published anything.',
      ),
    scheduledTime: time().optional().describe('When it was due, if the schedule started it.'),
    startTime: time().describe('When its Job was made.'),
    endTime: time().optional().describe('When it ended.'),
    rowsRead: count().optional().describe("Rows read from the shop's database."),
    rowsWritten: count().optional().describe('Rows written to the store.'),
    rowsDeleted: count()
      .optional()
      .describe('Rows deleted from the store, since they are gone at the source.'),
    watermark: time().optional().describe("Up to when the shop's changes are known."),
    message: z.string().max(1_024).optional().describe('What it did, or why it failed and what to do.'),
    traceId: z.string().max(32).optional().describe('OpenTelemetry trace of the run.'),
  })
  .describe('A run.')

/** What the controller knows of an EtlSchedule; it alone writes it. */
export const etlScheduleStatus = z.object({
  observedGeneration: z
    .int()
    .min(-1)
    .max(Number.MAX_SAFE_INTEGER)
    .default(-1)
    .describe('Generation of the spec that the controller has acted on; -1 before its first visit.'),
  conditions: z
    .array(condition)
    .max(8)
    .default([])
    .meta({
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['type'],
      description:
        'Ready: the CronJob is as the spec says (nothing about runs). Healthy: the last run was good. ' +
        'Overdue: a run did not start at its time. Reconciling and Stalled are present only while true.',
    }),
  active: z
    .array(z.string().max(runNameLength).describe("Name of a run's Job."))
    .max(20)
    .default([])
    .describe('Runs under way, newest first.'),
  lastScheduleTime: time().optional().describe('When the last run that the schedule started was due.'),
  lastSuccessfulTime: time().optional().describe('When the last good run ended.'),
  nextScheduleTimes: z
    .array(time().describe('A time in UTC.'))
    .max(5)
    .default([])
    .describe('When the next runs are due; empty while suspended.'),
  missedRuns: count()
    .default(0)
    .describe('How many runs did not start at their time since the EtlSchedule was made.'),
  lastMissedTimes: z
    .array(time().describe('A time in UTC.'))
    .max(5)
    .default([])
    .describe('When the newest of the missed runs were due, newest first.'),
  missedCountedUntil: time()
    .optional()
    .describe(
      'Up to when missedRuns has been counted. What was due while suspended, or before the spec last changed, is not counted.',
    ),
  lastHandledRunRequest: z
    .string()
    .max(maxRequestLength)
    .optional()
    .describe('Value of the annotation vitrine.dev/run-requested-at that the last run on request answered.'),
  lastHandledGuardOverride: z
    .string()
    .max(maxRequestLength)
    .optional()
    .describe('Value of the annotation vitrine.dev/allow-refused-run that was last used up.'),
  cronJobName: z.string().max(maxNameLength).optional().describe('Name of the CronJob that starts the runs.'),
  lastRun: runRecord.optional().describe('The newest run that has ended, or else the one under way.'),
  recentRuns: z
    .array(runRecord)
    .max(10)
    .default([])
    .describe('The newest runs, newest first, each as lastRun.'),
})

export type EtlScheduleStatus = z.output<typeof etlScheduleStatus>
export type Condition = z.output<typeof condition>
export type ConditionType = (typeof conditionTypes)[number]
export type RunRecord = z.output<typeof runRecord>
export type RunResult = RunRecord['result']
/** What started a run. */
export type Trigger = RunRecord['trigger']
