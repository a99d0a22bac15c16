import { stringify } from 'yaml'
import { calls, recommending, requests } from './requests.ts'

/** A rule: when it fires, how bad that is, and what is said then. */
interface Alert {
  readonly name: string
  readonly expr: string
  /** How long it must hold; at once where there is none. */
  readonly for?: string
  /** `critical` wakes somebody, `warning` is for the day, `info` explains other alerts. */
  readonly severity: 'critical' | 'warning' | 'info'
  readonly summary: string
  readonly description: string
}

/** Share of the requests of each job that got a 5xx. */
function failing(window: string): string {
  const count = (matchers: string) =>
    `sum by (namespace, job) (rate(${requests}_count{${matchers}}[${window}]))`
  return `${count(`http_response_status_code=~"5..",${calls}`)} / ${count(calls)}`
}

/** One failed request in a thousand is the budget of 30 days. */
const budget = 0.001

/**
 * Burns the budget of 30 days at `rate` times the even speed, over a long window so that it does not flap, and over a twelfth of it
 * so that it ends when the failures do: "The Site Reliability Workbook", chapter 5.
 */
const burning = (rate: number, long: string, short: string) =>
  `(${failing(short)} > ${rate} * ${budget} and ${failing(long)} > ${rate} * ${budget})`

/** A quantile of a histogram over five minutes. */
const quantile = (q: number, histogram: string, by: string, matchers = '') =>
  `histogram_quantile(${q}, sum by (${by}, le) (rate(${histogram}_bucket${matchers}[5m])))`

const needed = ['ingestor', 'loader', 'api']
const serviceOf = (names: string) =>
  `group by (namespace) (vitrine_build_info{service=~"vitrine-(${names})"})`
/** A namespace where others of them run, but not this one. */
const missing = (service: string) =>
  `label_replace(${serviceOf(needed.join('|'))} unless ${serviceOf(service)}, "service", "vitrine-${service}", "", "")`

const services: readonly Alert[] = [
  {
    name: 'VitrineServiceAbsent',
    expr: [...needed.map(missing), 'absent(vitrine_build_info)'].join(' or '),
    // Longer than a rolling update of one process takes.
    for: '3m',
    severity: 'critical',
    summary: '{{ or $labels.service "Vitrine" }} is not there',
    description: 'Prometheus has seen no process of {{ or $labels.service "Vitrine" }} for three minutes.',
  },
  {
    name: 'VitrineProcessDown',
    expr: 'up == 0 and on (namespace, job) group by (namespace, job) (vitrine_build_info)',
    for: '5m',
    severity: 'warning',
    summary: '{{ $labels.instance }} does not answer',
    description: 'Others of {{ $labels.job }} run, but this process has shown no metrics for five minutes.',
  },
  {
    name: 'VitrineNotReady',
    expr: 'vitrine_ready == 0',
    // An engine's own failover is over by then.
    for: '5m',
    severity: 'warning',
    summary: '{{ $labels.part }} of {{ $labels.instance }} is not ready',
    description: 'The part "{{ $labels.part }}" could not do its work for five minutes.',
  },
  {
    name: 'VitrineErrors',
    // 14.4: a fiftieth of the budget in an hour. 6: a twentieth in six.
    expr: `${burning(14.4, '1h', '5m')} or ${burning(6, '6h', '30m')}`,
    for: '2m',
    severity: 'critical',
    summary: '{{ $labels.job }} fails too many requests',
    description:
      '{{ $value | humanizePercentage }} of the requests to {{ $labels.job }} get a 5xx: the budget of a month, one in a thousand, is used up within days.',
  },
  {
    name: 'VitrineErrorsLinger',
    // 1: all of the budget in 30 days.
    expr: burning(1, '3d', '6h'),
    for: '15m',
    severity: 'warning',
    summary: '{{ $labels.job }} fails some requests all the time',
    description:
      '{{ $value | humanizePercentage }} of the requests to {{ $labels.job }} have got a 5xx over six hours, and too many over three days.',
  },
  {
    name: 'VitrineSlowAnswers',
    // A shop's page waits for them; five times what they take under full load.
    expr: `${quantile(0.99, requests, 'namespace, job', `{${recommending},http_response_status_code="200"}`)} > 0.25`,
    for: '10m',
    severity: 'warning',
    summary: 'Recommendations of {{ $labels.job }} are slow',
    description: 'One in a hundred took more than 250 ms, for ten minutes.',
  },
  {
    name: 'VitrineEventLoopBlocked',
    // Probes have a second to be answered.
    expr: 'nodejs_eventloop_lag_p99_seconds > 0.5 and on (namespace, job, instance) vitrine_build_info',
    for: '10m',
    severity: 'warning',
    summary: '{{ $labels.instance }} is held up',
    description: 'Its event loop was late by more than half a second, for ten minutes.',
  },
  {
    name: 'VitrineKeysRefused',
    // A visitor's typo is none a second; a shop's server with a key of yesterday is, and so is somebody who guesses.
    expr: 'sum by (namespace, job) (rate(vitrine_requests_refused_total{reason=~"unknown|expired"}[15m])) > 1',
    for: '15m',
    severity: 'info',
    summary: 'Somebody asks {{ $labels.job }} by keys that are no good',
    description: 'More than one request a second came with an unknown or expired key, for fifteen minutes.',
  },
]

const refused = 'sum by (namespace) (rate(vitrine_views_refused_total[15m]))'
const accepted = 'sum by (namespace) (rate(vitrine_views_accepted_total[15m]))'

const views: readonly Alert[] = [
  {
    name: 'VitrineViewsRefused',
    // A few broken clients are usual; a tenth is a release of the shop.
    expr: `${refused} > 0.1 * (${refused} + ${accepted})`,
    for: '15m',
    severity: 'warning',
    summary: 'More than a tenth of the views are refused',
    description: 'Of the views that came in the last fifteen minutes more than one in ten was refused.',
  },
  {
    name: 'VitrineLogAppendFails',
    expr: 'sum by (namespace, job) (rate(vitrine_log_append_duration_seconds_count{outcome="failed"}[5m])) > 0.1',
    for: '5m',
    severity: 'critical',
    summary: '{{ $labels.job }} can not write to the event log',
    description: 'Appends to the event log have been failing for five minutes.',
  },
  {
    name: 'VitrineLoaderLag',
    // A backlog alone is no alert, since it may be shrinking; 50,000 records are some seconds of a loader's work.
    expr: 'sum by (namespace, topic, group) (vitrine_log_lag_records) > 50000 and sum by (namespace, topic, group) (deriv(vitrine_log_lag_records[15m])) > 0',
    for: '15m',
    severity: 'warning',
    summary: '{{ $labels.group }} falls behind on {{ $labels.topic }}',
    description: 'More than 50,000 records wait, and the number has grown for fifteen minutes.',
  },
  {
    name: 'VitrineDeadLetters',
    // The ingestor lets in nothing that the loader can not read: one is already a bug, or another's writer.
    expr: 'sum by (namespace, reason) (increase(vitrine_dead_letters_total[15m])) > 0',
    severity: 'warning',
    summary: 'Records are kept as dead letters: {{ $labels.reason }}',
    description: 'In the last fifteen minutes records could not be understood and were set aside.',
  },
  {
    name: 'VitrineViewToStoreSlow',
    expr: `${quantile(0.99, 'vitrine_view_to_store_seconds', 'namespace')} > 60`,
    for: '15m',
    severity: 'warning',
    summary: 'Views reach the store late',
    description:
      'One view in a hundred took more than a minute from its arrival until it was in the store, for fifteen minutes.',
  },
]

const recommendations: readonly Alert[] = [
  {
    name: 'VitrineViewToEffectSlow',
    // A visitor's next page should know of this one.
    expr: `${quantile(0.99, 'vitrine_view_to_effect_seconds', 'namespace, job')} > 1`,
    for: '15m',
    severity: 'warning',
    summary: 'Views count late in answers of {{ $labels.job }}',
    description:
      'One view in a hundred took more than a second until it counted in answers, for fifteen minutes.',
  },
  {
    name: 'VitrineDegradedAnswers',
    expr: 'sum by (namespace) (rate(vitrine_recommendations_total{state="degraded"}[5m])) > 0.05 * sum by (namespace) (rate(vitrine_recommendations_total[5m]))',
    for: '10m',
    severity: 'warning',
    summary: 'Recommendations are given without an engine',
    description: 'More than one list in twenty was marked degraded, for ten minutes.',
  },
  {
    name: 'VitrineIndexWarming',
    // A log of seven days is read in minutes.
    expr: 'vitrine_index_warm_ratio < 1',
    for: '30m',
    severity: 'warning',
    summary: '{{ $labels.instance }} still reads the views of before',
    description: 'Half an hour after its start it has not read all that the log held then.',
  },
  {
    name: 'VitrineTeacherMissing',
    // A lease changes hands within a minute.
    expr: 'max by (namespace) (vitrine_ranker_teaching) == 0 and max by (namespace) (vitrine_ranker_frozen) == 0',
    for: '30m',
    severity: 'info',
    summary: 'No api process teaches the ranker',
    description: 'For half an hour no process has held the lease by which one learns for all.',
  },
]

const calledStore = (matchers = '') =>
  `sum by (namespace, job, operation) (rate(vitrine_store_request_duration_seconds_count${matchers}[5m]))`

const engines: readonly Alert[] = [
  {
    name: 'VitrineStoreFails',
    expr: `${calledStore('{outcome="failed"}')} > 0.05 * ${calledStore()}`,
    for: '10m',
    severity: 'warning',
    summary: 'The store fails at {{ $labels.operation }}',
    description: 'More than one call in twenty of {{ $labels.job }} failed, for ten minutes.',
  },
]

const etl: readonly Alert[] = [
  {
    name: 'VitrineEtlUnhealthy',
    expr: 'vitrine_etl_healthy == 0',
    for: '1m',
    severity: 'warning',
    summary: 'The last run of {{ $labels.schedule }} was not good',
    description: 'The EtlSchedule {{ $labels.schedule }} ({{ $labels.pipeline }}) failed or was refused.',
  },
  {
    name: 'VitrineEtlOverdue',
    expr: 'vitrine_etl_overdue == 1',
    for: '10m',
    severity: 'warning',
    summary: 'A run of {{ $labels.schedule }} has not started',
    description:
      'A run of the EtlSchedule {{ $labels.schedule }} is due and has not started for ten minutes.',
  },
  {
    name: 'VitrineEtlMissedRuns',
    expr: 'increase(vitrine_etl_missed_runs_total[1h]) > 0',
    severity: 'info',
    summary: 'Runs of {{ $labels.schedule }} were missed',
    description:
      'In the last hour runs of the EtlSchedule {{ $labels.schedule }} did not start at their time.',
  },
  {
    name: 'VitrineEtlNotReady',
    expr: 'vitrine_etl_ready == 0',
    for: '15m',
    severity: 'warning',
    summary: '{{ $labels.schedule }} has no CronJob as its spec says',
    description:
      'The controller could not bring the EtlSchedule {{ $labels.schedule }} about for fifteen minutes.',
  },
  {
    name: 'VitrineControllerIdle',
    // A killed leader is followed within 15 seconds.
    expr: 'sum by (namespace, name) (leader_election_master_status and on (namespace, job, instance) vitrine_build_info) == 0',
    for: '5m',
    severity: 'warning',
    summary: 'No controller leads',
    description: 'No process has held the Lease {{ $labels.name }} for five minutes.',
  },
  {
    name: 'VitrineWatchStale',
    // Each watch is begun anew every 30 to 40 seconds.
    expr: 'vitrine_kube_watch_age_seconds > 180',
    for: '5m',
    severity: 'warning',
    summary: 'The controller hears nothing of {{ $labels.resource }}',
    description: 'The API server has said nothing of {{ $labels.resource }} for more than three minutes.',
  },
]

/** Prometheus' rule file. */
export function alertsFile(): string {
  const groups = { services, views, recommendations, engines, etl }
  const file = {
    groups: Object.entries(groups).map(([name, alerts]) => ({
      name: `vitrine-${name}`,
      rules: alerts.map(rule),
    })),
  }
  return `# Generated by make generate. Each alert has a page in docs/runbooks.\n${stringify(file, { lineWidth: 0 })}`
}

function rule({ name, expr, for: held, severity, summary, description }: Alert): object {
  return {
    alert: name,
    expr,
    ...(held !== undefined && { for: held }),
    labels: { severity },
    annotations: { summary, description, runbook_url: `docs/runbooks/${name}.md` },
  }
}
