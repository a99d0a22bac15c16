import { z } from 'zod'
import { cron, timeZone } from './clock-fields.ts'
import { duration } from './duration-field.ts'
import { resources } from './resources-field.ts'
import { celKey, withRules } from './rules.ts'

const int32 = (minimum: number, maximum: number) => z.int32().min(minimum).max(maximum)

const secretRef = z.object({
  name: withRules(z.string().max(253).describe('Name of the Secret, in the namespace of the EtlSchedule.'), [
    {
      message: "must be a Secret's name: lower-case letters, digits, '-' and '.', such as shop-database",
      cel: "self.matches('^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$')",
      holds: name => /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(name),
    },
  ]),
  key: withRules(
    z
      .string()
      .max(253)
      .describe(
        'Key in the Secret whose value is the PostgreSQL URI, postgresql://user:password@host/database.',
      ),
    [
      {
        message: "must be a key of a Secret: letters, digits, '-', '_' and '.', such as uri",
        cel: "self.matches('^[-._a-zA-Z0-9]+$')",
        holds: key => /^[-._a-zA-Z0-9]+$/.test(key),
      },
    ],
  ).default('uri'),
})

const source = z.object({
  secretRef: secretRef.describe("Where the URI of the shop's database lies. A run reads it anew each time."),
  query: withRules(
    z
      .string()
      .max(16_384)
      .describe(
        'SQL for a shop whose tables differ: one SELECT that gives the columns that the pipeline reads. ' +
          "It runs read-only, with the rights of the Secret's user. Without it, the tables orders, order_items and products are read.",
      ),
    [
      {
        message: 'must be one SELECT statement; leave the field out to read the standard tables',
        cel: "self.matches(r'[^\\s;]')",
        holds: query => /[^\s;]/.test(query),
      },
    ],
  ).optional(),
})

const guard = z.object({
  minRows: int32(0, 1_000_000_000)
    .default(0)
    .describe('A run that reads fewer rows than this is refused. 0 refuses none.'),
  maxDropPercent: int32(0, 100)
    .default(100)
    .describe(
      'A run whose rows dropped by more than this share since the last good one is refused. 100 refuses none.',
    ),
})

/** What a user asks for. Times and durations stay the text that the user wrote. */
export const etlScheduleSpec = z.object({
  pipeline: z.enum(['orders', 'products']).meta({
    description: 'What a run copies: orders (order lines, rankings) or products (the catalogue).',
    [celKey]: [
      {
        rule: 'self == oldSelf',
        message: 'cannot be changed, since what earlier runs wrote belongs to it; make another EtlSchedule',
      },
    ],
  }),
  schedule: cron.describe(
    'When runs start, as a CronJob has it: minute, hour, day of month, month, day of week; or @hourly, @daily, @weekly, @monthly, @yearly, @every 90m.',
  ),
  timeZone: timeZone
    .default('Etc/UTC')
    .describe('Zone in which the schedule is read, and in which months begin, by its IANA name.'),
  suspend: z
    .boolean()
    .default(false)
    .describe('Starts no runs by the schedule while true. Runs on request still start; running ones go on.'),
  source: source.describe("The shop's database; only read."),
  window: duration('90d').describe(
    'How far back orders are read and kept up to date. Older ones stay as they are.',
  ),
  fullEvery: duration('24h').describe(
    'How often a run reads the whole window, so that what has gone at the source goes here. Runs between read only what has changed.',
  ),
  guard: guard
    .prefault({})
    .describe('When a run is too suspicious to publish: it ends Refused, and readers keep what they have.'),
  concurrencyPolicy: z
    .enum(['Forbid', 'Allow', 'Replace'])
    .default('Forbid')
    .describe(
      'What happens to a run that is due while another is running: left out (Forbid), started beside it (Allow: it ends Skipped), or started in its place (Replace).',
    ),
  startingDeadlineSeconds: withRules(
    int32(0, 31_536_000).describe(
      'How late a run may start, in seconds, when its time was missed; later it counts as missed. Without it, the newest missed run starts however late it is.',
    ),
    [
      {
        message:
          'must be at least 10, since Kubernetes looks at schedules every 10 seconds and would start no run; leave it out for no deadline',
        cel: 'self >= 10',
        holds: seconds => seconds >= 10,
      },
    ],
  ).optional(),
  activeDeadlineSeconds: int32(1, 604_800)
    .default(3_600)
    .describe('How long a run may take, its retries included, in seconds; then it is ended as Failed.'),
  backoffLimit: int32(0, 100)
    .default(2)
    .describe('How often a run is tried again after a failure that a retry may cure.'),
  successfulRunsHistoryLimit: int32(0, 100)
    .default(3)
    .describe('How many good runs keep their Job and its logs.'),
  failedRunsHistoryLimit: int32(0, 100)
    .default(3)
    .describe('How many failed runs keep their Job and its logs.'),
  resources: resources
    .optional()
    .describe("What a run's container asks for and may use; the install's default without it."),
})

export type EtlScheduleSpec = z.output<typeof etlScheduleSpec>
export type Pipeline = EtlScheduleSpec['pipeline']
export type Guard = EtlScheduleSpec['guard']
