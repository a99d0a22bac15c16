/** EtlSchedules that are accepted and that are refused, by the code and by the API server alike. */

export interface Sample {
  readonly name: string
  readonly manifest: Json
}

export interface BadSample extends Sample {
  /** What the refusal must contain: the field, and the way out. */
  readonly words: readonly string[]
}

type Json = { readonly [key: string]: unknown }

const spec = {
  pipeline: 'orders',
  schedule: '0 3 * * *',
  source: { secretRef: { name: 'shop-database', key: 'uri' } },
}

/** An EtlSchedule that holds what is needed and no more, with `change` in its spec. */
export function etlScheduleManifest(name: string, change: Json = {}) {
  return {
    apiVersion: 'vitrine.dev/v1alpha1',
    kind: 'EtlSchedule',
    metadata: { name },
    spec: { ...spec, ...change },
  }
}

const good = (name: string, change: Json): Sample => ({
  name,
  manifest: etlScheduleManifest('sample', change),
})

const bad = (name: string, change: Json, ...words: string[]): BadSample => ({ ...good(name, change), words })

const without = (field: keyof typeof spec) => ({ ...spec, [field]: undefined })

export const goodSamples: readonly Sample[] = [
  good('nothing but what is needed', {}),
  good('everything', {
    pipeline: 'products',
    timeZone: 'America/Argentina/Buenos_Aires',
    suspend: true,
    source: { secretRef: { name: 'shop.database', key: 'URI_2' }, query: 'SELECT * FROM catalogue' },
    window: '12h',
    fullEvery: '007d',
    guard: { minRows: 100, maxDropPercent: 50 },
    concurrencyPolicy: 'Replace',
    startingDeadlineSeconds: 10,
    activeDeadlineSeconds: 60,
    backoffLimit: 0,
    successfulRunsHistoryLimit: 0,
    failedRunsHistoryLimit: 0,
    resources: {
      requests: { cpu: 1, memory: '256Mi', 'ephemeral-storage': '100M' },
      limits: { cpu: '1.5', memory: '0.5Gi', 'ephemeral-storage': '1e9' },
    },
  }),
  good('a key left out', { source: { secretRef: { name: 'shop-database' } } }),
  good('every minute', { schedule: '* * * * *' }),
  good('lists, ranges and steps', { schedule: '0,30-45/5 */6 1-7,15 1-12/3 ?' }),
  good('names of months and days', { schedule: '0 9 * jan,Jul-SEP MON-fri' }),
  good('a step from a value on', { schedule: '5/20 3 * * *' }),
  good('spaces around and between', { schedule: '  0   3 * *  0 ' }),
  good('leading zeros', { schedule: '05 03 01 01 00' }),
  ...['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly', '@every 1h30m'].map(
    schedule => good(schedule, { schedule }),
  ),
  ...['UTC', 'Europe/Berlin', 'Etc/GMT+5', 'Asia/Kolkata', 'EST5EDT'].map(timeZone =>
    good(timeZone, { timeZone }),
  ),
  good('the longest window', { window: '3650d' }),
]

const namedTooLong: BadSample = {
  name: 'a name longer than that of a CronJob',
  manifest: etlScheduleManifest('n'.repeat(53)),
  words: ['metadata.name', 'at most 52 characters', 'choose a shorter one'],
}

export const badSamples: readonly BadSample[] = [
  namedTooLong,
  {
    name: 'a name in capitals',
    manifest: etlScheduleManifest('Orders'),
    words: ['metadata.name', 'lower', "'-'"],
  },
  bad('no pipeline', without('pipeline'), 'spec.pipeline'),
  bad('an unknown pipeline', { pipeline: 'users' }, 'spec.pipeline', 'orders', 'products'),
  bad('no schedule', without('schedule'), 'spec.schedule'),
  bad('an empty schedule', { schedule: '' }, 'spec.schedule', 'five'),
  bad('four fields', { schedule: '* * * *' }, 'spec.schedule', 'five', 'day'),
  bad('six fields', { schedule: '0 0 0 * * *' }, 'spec.schedule', 'five', 'day'),
  bad('words instead of fields', { schedule: 'every tuesday' }, 'spec.schedule', 'five'),
  bad('two expressions in one', { schedule: '0 3 * * *; 0 15 * * *' }, 'spec.schedule', 'five'),
  bad('a zone in the schedule', { schedule: 'TZ=UTC 0 3 * * *' }, 'spec.schedule', 'time zone', 'timeZone'),
  bad(
    'a zone in the schedule, otherwise',
    { schedule: 'CRON_TZ=Europe/Berlin 0 3 * * *' },
    'spec.schedule',
    'timeZone',
  ),
  bad('minute 60', { schedule: '60 * * * *' }, 'spec.schedule', 'minute', '59'),
  bad('hour 24', { schedule: '0 24 * * *' }, 'spec.schedule', 'hour', '23'),
  bad('day 0', { schedule: '0 0 0 * *' }, 'spec.schedule', 'day of month', '31'),
  bad('day 32', { schedule: '0 0 32 * *' }, 'spec.schedule', 'day of month', '31'),
  bad('month 13', { schedule: '0 0 * 13 *' }, 'spec.schedule', 'month', '12'),
  bad('Sunday as 7', { schedule: '0 0 * * 7' }, 'spec.schedule', 'day of week', '6'),
  bad('the last day as L', { schedule: '0 0 L * *' }, 'spec.schedule', 'day of month'),
  bad('the next weekday as W', { schedule: '0 0 15W * *' }, 'spec.schedule', 'day of month'),
  bad('the first Monday as 1#1', { schedule: '0 0 * * 1#1' }, 'spec.schedule', 'day of week'),
  bad('a letter for a minute', { schedule: 'a * * * *' }, 'spec.schedule', 'minute'),
  bad('a negative minute', { schedule: '-5 * * * *' }, 'spec.schedule', 'minute'),
  bad('a step of zero', { schedule: '*/0 * * * *' }, 'spec.schedule', 'minute', 'step'),
  bad('a range that ends before it begins', { schedule: '0 22-2 * * *' }, 'spec.schedule', 'begin', 'before'),
  bad(
    'a range of days that ends before it begins',
    { schedule: '0 0 * * FRI-MON' },
    'spec.schedule',
    'begin',
    'before',
  ),
  bad('a month where a day of week belongs', { schedule: '0 0 * * JAN' }, 'spec.schedule', 'day of week'),
  bad('an unknown macro', { schedule: '@fortnightly' }, 'spec.schedule', '@daily', '@every'),
  bad('a macro that Kubernetes lacks', { schedule: '@reboot' }, 'spec.schedule', '@daily', '@every'),
  bad('every nothing', { schedule: '@every never' }, 'spec.schedule', '@every', '90m'),
  bad('a zone that does not exist', { timeZone: 'Mars/Olympus' }, 'spec.timeZone', 'IANA', 'Europe/Berlin'),
  bad('a zone in small letters', { timeZone: 'europe/berlin' }, 'spec.timeZone', 'Europe/Berlin'),
  bad('the zone of the machine', { timeZone: 'Local' }, 'spec.timeZone', 'IANA', 'Europe/Berlin'),
  bad('an empty zone', { timeZone: '' }, 'spec.timeZone', 'IANA', 'Europe/Berlin'),
  bad('an offset for a zone', { timeZone: '+02:00' }, 'spec.timeZone', 'IANA', 'Europe/Berlin'),
  bad('a path for a zone', { timeZone: '../Europe/Berlin' }, 'spec.timeZone', 'IANA', 'Europe/Berlin'),
  bad(
    'an absolute path for a zone',
    { timeZone: '/Europe/Berlin' },
    'spec.timeZone',
    'IANA',
    'Europe/Berlin',
  ),
  bad('no source', without('source'), 'spec.source'),
  bad('no Secret', { source: {} }, 'spec.source.secretRef'),
  bad(
    'a Secret without a name',
    { source: { secretRef: { name: '' } } },
    'spec.source.secretRef.name',
    "Secret's name",
  ),
  bad(
    'a Secret of another namespace',
    { source: { secretRef: { name: 'shop/database' } } },
    'spec.source.secretRef.name',
    "Secret's name",
  ),
  bad(
    'a key with a space',
    { source: { secretRef: { name: 'a', key: 'the uri' } } },
    'spec.source.secretRef.key',
    'key of a Secret',
  ),
  bad(
    'an empty query',
    { source: { ...spec.source, query: ' ;\n' } },
    'spec.source.query',
    'SELECT',
    'leave the field out',
  ),
  bad(
    'a query of a book',
    { source: { ...spec.source, query: `SELECT '${'a'.repeat(16_384)}'` } },
    'spec.source.query',
    '16384',
  ),
  bad('a window of none', { window: '0d' }, 'spec.window', 'above zero', '90d'),
  bad('an empty window', { window: '' }, 'spec.window', '90d'),
  bad('a negative window', { window: '-1d' }, 'spec.window', '90d'),
  bad('a window without a unit', { window: '90' }, 'spec.window', '90d'),
  bad('a window in weeks', { window: '2w' }, 'spec.window', '90d'),
  bad('a window of two units', { window: '1d12h' }, 'spec.window', '90d'),
  bad('a window of eleven years', { window: '4015d' }, 'spec.window', 'at most 3650d'),
  bad('a number for a window', { window: 90 }, 'spec.window', 'string'),
  bad('full runs every nothing', { fullEvery: '0h' }, 'spec.fullEvery', 'above zero'),
  bad('fewer rows than none', { guard: { minRows: -1 } }, 'spec.guard.minRows', '0'),
  bad('a drop of more than all', { guard: { maxDropPercent: 101 } }, 'spec.guard.maxDropPercent', '100'),
  bad(
    'an unknown policy',
    { concurrencyPolicy: 'Queue' },
    'spec.concurrencyPolicy',
    'Forbid',
    'Allow',
    'Replace',
  ),
  bad(
    'a deadline before which no run starts',
    { startingDeadlineSeconds: 9 },
    'spec.startingDeadlineSeconds',
    'at least 10',
    'leave it out',
  ),
  bad('a negative deadline to start', { startingDeadlineSeconds: -1 }, 'spec.startingDeadlineSeconds', '0'),
  bad('no time to run', { activeDeadlineSeconds: 0 }, 'spec.activeDeadlineSeconds', '1'),
  bad('half a second to run', { activeDeadlineSeconds: 1.5 }, 'spec.activeDeadlineSeconds', 'int'),
  bad('negative retries', { backoffLimit: -1 }, 'spec.backoffLimit', '0'),
  bad(
    'a negative history of good runs',
    { successfulRunsHistoryLimit: -1 },
    'spec.successfulRunsHistoryLimit',
    '0',
  ),
  bad(
    'a negative history of failed runs',
    { failedRunsHistoryLimit: -1 },
    'spec.failedRunsHistoryLimit',
    '0',
  ),
  bad('a history of millions', { failedRunsHistoryLimit: 5_000_000 }, 'spec.failedRunsHistoryLimit', '100'),
  bad('a word for suspend', { suspend: 'yes' }, 'spec.suspend', 'boolean'),
  bad(
    'memory that is no quantity',
    { resources: { limits: { memory: '1 GB' } } },
    'spec.resources.limits.memory',
    'quantity',
    '512Mi',
  ),
  bad(
    'negative processor time',
    { resources: { requests: { cpu: -1 } } },
    'spec.resources.requests.cpu',
    'quantity',
    '500m',
  ),
  bad(
    'more asked for than allowed',
    { resources: { requests: { memory: '1Gi' }, limits: { memory: '512Mi' } } },
    'spec.resources',
    'requests.memory must not be above limits.memory',
  ),
]

/** Fields that no EtlSchedule has: refused where unknown fields are, as by `kubectl apply`. */
export const unknownFieldSamples: readonly BadSample[] = [
  bad('an unknown field', { schedul: '0 3 * * *' }, 'spec.schedul', 'unknown field'),
  bad(
    'an unknown field of the source',
    { source: { ...spec.source, table: 'orders' } },
    'spec.source.table',
    'unknown field',
  ),
  bad(
    'an unknown field of the resources',
    { resources: { limits: { 'nvidia.com/gpu': 1 } } },
    'nvidia.com/gpu',
    'unknown field',
  ),
]
