import { dashboard, of, quantile, rate } from './parts.ts'

const bySchedule = (expression: string) => `max by (namespace, schedule) (${expression})`

export const etlRuns = () =>
  dashboard({
    name: 'etl-runs',
    title: 'ETL runs',
    description: 'Whether the runs of EtlSchedules start, end well, and bring what they should.',
    rows: {
      Runs: [
        {
          title: 'Last run was good',
          description: '1 where the last run of an EtlSchedule was good, 0 where it failed or was refused.',
          unit: 'bool',
          lines: { '{{namespace}} {{schedule}}': bySchedule(of('vitrine_etl_healthy')) },
        },
        {
          title: 'Age of the last good run',
          description: 'How old orders, rankings or the catalogue are.',
          unit: 's',
          lines: {
            '{{namespace}} {{schedule}}': `time() - ${bySchedule(of('vitrine_etl_last_success_timestamp_seconds'))}`,
          },
        },
        {
          title: 'Runs by result',
          description: 'Runs that ended, by result.',
          unit: 'short',
          lines: {
            '{{namespace}} {{schedule}} {{result}}': `sum by (namespace, schedule, result) (increase(${of('vitrine_etl_runs_total')}[$__rate_interval]))`,
          },
        },
        {
          title: 'Missed and overdue',
          description: 'Runs that did not start at their time, and whether one is due now.',
          unit: 'short',
          lines: {
            '{{namespace}} {{schedule}} missed': `sum by (namespace, schedule) (increase(${of('vitrine_etl_missed_runs_total')}[$__rate_interval]))`,
            '{{namespace}} {{schedule}} overdue': bySchedule(of('vitrine_etl_overdue')),
          },
        },
        {
          title: 'Rows of the last run',
          description: 'Rows that the last run read and wrote.',
          unit: 'short',
          lines: {
            '{{namespace}} {{schedule}} read': bySchedule(of('vitrine_etl_last_run_rows_read')),
            '{{namespace}} {{schedule}} written': bySchedule(of('vitrine_etl_last_run_rows_written')),
          },
        },
        {
          title: 'Time of the last run',
          description: 'How long the last run took that ended.',
          unit: 's',
          lines: { '{{namespace}} {{schedule}}': bySchedule(of('vitrine_etl_last_run_duration_seconds')) },
        },
        {
          title: 'Next run',
          description: 'Seconds until the next run is due; nothing while suspended.',
          unit: 's',
          lines: {
            '{{namespace}} {{schedule}}': `${bySchedule(of('vitrine_etl_next_run_timestamp_seconds'))} - time()`,
          },
        },
        {
          title: 'Under way, suspended, not ready',
          description:
            'Runs under way, and EtlSchedules that are suspended or whose CronJob is not as their spec says.',
          unit: 'short',
          lines: {
            '{{namespace}} {{schedule}} under way': bySchedule(of('vitrine_etl_active_runs')),
            '{{namespace}} {{schedule}} suspended': bySchedule(of('vitrine_etl_suspended')),
            '{{namespace}} {{schedule}} not ready': `1 - ${bySchedule(of('vitrine_etl_ready'))}`,
          },
        },
      ],
      'The controller': [
        {
          title: 'Who leads',
          description: 'One controller works, others stand by.',
          unit: 'bool',
          lines: { '{{instance}}': of('leader_election_master_status') },
        },
        {
          title: 'Silence of the API server',
          description: 'Since the API server last said something about each kind.',
          unit: 's',
          lines: { '{{resource}}': `max by (resource) (${of('vitrine_kube_watch_age_seconds')})` },
        },
        {
          title: 'Reconciliations',
          description: 'Looks at an EtlSchedule a second, by result.',
          unit: 'cps',
          lines: { '{{result}}': `sum by (result) (${rate('controller_runtime_reconcile_total')})` },
        },
        {
          title: 'Time of a reconciliation',
          description: 'How long one look at an EtlSchedule takes.',
          unit: 's',
          lines: { p99: quantile(0.99, 'controller_runtime_reconcile_time_seconds') },
        },
      ],
    },
  })
