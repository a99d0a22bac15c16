/** Series by name with labels, each with its values minute by minute in promtool's notation (`1+2x30`). */
type Series = Readonly<Record<string, string>>

/** What an alert is to tell from what: half an hour in which it must be firing at the end, and one in which it never may. */
export interface Situation {
  readonly fires: Series
  readonly silent: Series
}

const info = (service: string, labels = '') => `vitrine_build_info{service="vitrine-${service}"${labels}}`
const requests = (code: number) =>
  `http_server_request_duration_seconds_count{job="api",http_route="/v1/rankings/trending",http_response_status_code="${code}"}`
const probes =
  'http_server_request_duration_seconds_count{job="api",http_route="/readyz",http_response_status_code="503"}'
const view = {
  accepted: 'vitrine_views_accepted_total',
  refused: 'vitrine_views_refused_total{reason="in-the-future"}',
}
const controllers = {
  [info('controller', ',instance="a"')]: '1x40',
  [info('controller', ',instance="b"')]: '1x40',
}
const etl = 'schedule="orders",pipeline="orders"'

/** The processes of one namespace. */
const shop = (namespace: string, services: readonly string[]): Series =>
  Object.fromEntries(services.map(name => [info(name, `,namespace="${namespace}"`), '1x40']))

/** A histogram of which all values lie up to one bound. */
function within(name: string, labels: string, bound: string): Series {
  const bounds = ['0.1', '0.25', '0.5', '1', '5', '60', '300', '+Inf']
  return Object.fromEntries(
    bounds.map(le => {
      const isIn = le === '+Inf' || Number(le) >= Number(bound)
      return [`${name}_bucket{${labels}${labels === '' ? '' : ','}le="${le}"}`, isIn ? '0+60x40' : '0x40']
    }),
  )
}
const answers = (bound: string) =>
  within(
    'http_server_request_duration_seconds',
    'job="api",http_route="/v1/users/{id}/recommendations",http_response_status_code="200"',
    bound,
  )

export const situations: Readonly<Record<string, Situation>> = {
  VitrineServiceAbsent: {
    fires: {
      ...shop('berlin', ['ingestor', 'loader', 'api']),
      ...shop('paris', ['ingestor', 'loader']),
    },
    silent: {
      ...shop('berlin', ['ingestor', 'loader', 'api']),
      ...shop('paris', ['ingestor', 'loader', 'api', 'controller']),
      [info('up', ',namespace="trial"')]: '1x40',
    },
  },
  VitrineProcessDown: {
    fires: {
      'up{job="api",instance="a"}': '1x40',
      'up{job="api",instance="b"}': '0x40',
      [info('api', ',job="api",instance="a"')]: '1x40',
    },
    silent: {
      'up{job="api",instance="a"}': '1x40',
      'up{job="api",instance="b"}': '0x3 1x40',
      [info('api', ',job="api",instance="a"')]: '1x40',
      'up{job="of others"}': '0x40',
    },
  },
  VitrineNotReady: {
    fires: { 'vitrine_ready{part="store"}': '1x20 0x20' },
    silent: { 'vitrine_ready{part="store"}': '1x10 0x3 1x30' },
  },
  VitrineErrors: {
    fires: { [requests(200)]: '0+58x40', [requests(500)]: '0+2x40' },
    silent: { [requests(200)]: '0+599x40', [requests(500)]: '0+1x40', [probes]: '0+60x40' },
  },
  VitrineErrorsLinger: {
    fires: { [requests(200)]: '0+498x40', [requests(500)]: '0+1x40' },
    silent: { [requests(200)]: '0+1999x40', [requests(500)]: '0+1x40', [probes]: '0+60x40' },
  },
  VitrineSlowAnswers: { fires: answers('0.5'), silent: answers('0.1') },
  VitrineEventLoopBlocked: {
    fires: { 'nodejs_eventloop_lag_p99_seconds{job="api"}': '0.8x40', [info('api', ',job="api"')]: '1x40' },
    silent: {
      'nodejs_eventloop_lag_p99_seconds{job="api"}': '0.02x10 0.8x3 0.02x30',
      [info('api', ',job="api"')]: '1x40',
      'nodejs_eventloop_lag_p99_seconds{job="of others"}': '0.8x40',
    },
  },
  VitrineViewsRefused: {
    fires: { [view.accepted]: '0+60x40', [view.refused]: '0+20x40' },
    silent: { [view.accepted]: '0+60x40', [view.refused]: '0+2x40' },
  },
  VitrineLogAppendFails: {
    fires: { 'vitrine_log_append_duration_seconds_count{job="ingestor",outcome="failed"}': '0+60x40' },
    silent: { 'vitrine_log_append_duration_seconds_count{job="ingestor",outcome="appended"}': '0+600x40' },
  },
  VitrineLoaderLag: {
    fires: {
      'vitrine_log_lag_records{topic="product-views",group="vitrine-loader",partition="0"}': '60000+1000x40',
    },
    silent: {
      'vitrine_log_lag_records{topic="product-views",group="vitrine-loader",partition="0"}':
        '900000-20000x40',
    },
  },
  VitrineDeadLetters: {
    fires: { 'vitrine_dead_letters_total{reason="not-json"}': '0x20 1x20' },
    silent: { 'vitrine_dead_letters_total{reason="not-json"}': '7x40' },
  },
  VitrineViewToStoreSlow: {
    fires: within('vitrine_view_to_store_seconds', '', '300'),
    silent: within('vitrine_view_to_store_seconds', '', '1'),
  },
  VitrineViewToEffectSlow: {
    fires: within('vitrine_view_to_effect_seconds', 'job="api"', '5'),
    silent: within('vitrine_view_to_effect_seconds', 'job="api"', '0.1'),
  },
  VitrineDegradedAnswers: {
    fires: {
      'vitrine_recommendations_total{state="complete"}': '0+60x40',
      'vitrine_recommendations_total{state="degraded"}': '0+6x40',
    },
    silent: {
      'vitrine_recommendations_total{state="complete"}': '0+600x40',
      'vitrine_recommendations_total{state="degraded"}': '0+6x40',
    },
  },
  VitrineIndexWarming: {
    fires: { vitrine_index_warm_ratio: '0.4x40' },
    silent: { vitrine_index_warm_ratio: '0.1+0.1x9 1x30' },
  },
  VitrineStoreFails: {
    fires: {
      'vitrine_store_request_duration_seconds_count{job="api",operation="history.latest",outcome="done"}':
        '0+60x40',
      'vitrine_store_request_duration_seconds_count{job="api",operation="history.latest",outcome="failed"}':
        '0+9x40',
    },
    silent: {
      'vitrine_store_request_duration_seconds_count{job="api",operation="history.latest",outcome="done"}':
        '0+60x40',
      'vitrine_store_request_duration_seconds_count{job="api",operation="history.latest",outcome="failed"}':
        '0+1x40',
    },
  },
  VitrineTeacherMissing: {
    fires: {
      'vitrine_ranker_teaching{instance="a"}': '0x40',
      'vitrine_ranker_frozen{instance="a"}': '0x40',
    },
    silent: {
      'vitrine_ranker_teaching{instance="a"}': '0x40',
      'vitrine_ranker_teaching{instance="b"}': '1x40',
      'vitrine_ranker_frozen{instance="a"}': '0x40',
    },
  },
  VitrineKeysRefused: {
    fires: { 'vitrine_requests_refused_total{job="api",reason="unknown"}': '0+120x40' },
    silent: { 'vitrine_requests_refused_total{job="api",reason="missing"}': '0+120x40' },
  },
  VitrineEtlUnhealthy: {
    fires: { [`vitrine_etl_healthy{${etl}}`]: '1x20 0x20' },
    silent: { [`vitrine_etl_healthy{${etl}}`]: '1x40' },
  },
  VitrineEtlOverdue: {
    fires: { [`vitrine_etl_overdue{${etl}}`]: '0x20 1x20' },
    silent: { [`vitrine_etl_overdue{${etl}}`]: '0x10 1x5 0x30' },
  },
  VitrineEtlMissedRuns: {
    fires: { [`vitrine_etl_missed_runs_total{${etl}}`]: '0x20 3x20' },
    silent: { [`vitrine_etl_missed_runs_total{${etl}}`]: '3x40' },
  },
  VitrineEtlNotReady: {
    fires: { [`vitrine_etl_ready{${etl}}`]: '0x40' },
    silent: { [`vitrine_etl_ready{${etl}}`]: '0x5 1x40' },
  },
  VitrineControllerIdle: {
    fires: {
      'leader_election_master_status{name="vitrine-controller",instance="a"}': '0x40',
      'leader_election_master_status{name="vitrine-controller",instance="b"}': '0x40',
      ...controllers,
    },
    silent: {
      'leader_election_master_status{name="vitrine-controller",instance="a"}': '0x40',
      'leader_election_master_status{name="vitrine-controller",instance="b"}': '1x40',
      ...controllers,
      'leader_election_master_status{name="of others",instance="c"}': '0x40',
    },
  },
  VitrineWatchStale: {
    fires: { 'vitrine_kube_watch_age_seconds{resource="cronjobs"}': '0+60x40' },
    silent: { 'vitrine_kube_watch_age_seconds{resource="cronjobs"}': '35x40' },
  },
}
