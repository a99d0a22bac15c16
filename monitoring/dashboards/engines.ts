import { dashboard, of, partOf, quantile, rate } from './parts.ts'

const store = 'vitrine_store_request_duration_seconds'
const callsBy = (matchers = '') => `sum by (operation) (${rate(`${store}_count`, matchers)})`

export const engines = () =>
  dashboard({
    name: 'engines',
    title: 'Engines',
    description:
      'The store, the log and PostgreSQL, as Vitrine sees them; their own dashboards stand beside.',
    rows: {
      'The store': [
        {
          title: 'Calls',
          description: 'Calls of the store a second, by what was asked.',
          unit: 'reqps',
          lines: { '{{operation}}': callsBy() },
        },
        {
          title: 'Failures',
          description: 'Calls of the store a second that failed.',
          unit: 'reqps',
          lines: { '{{operation}}': partOf(callsBy(), callsBy('outcome="failed"')) },
        },
        {
          title: 'Time of a call, p99',
          description: 'One call in a hundred takes longer, by what was asked.',
          unit: 's',
          lines: { '{{operation}}': quantile(0.99, store, ['operation']) },
        },
        {
          title: 'Connections to Cassandra',
          description: 'Connections, and requests that wait on them; where the store is Cassandra.',
          unit: 'short',
          lines: { '{{instance}} {{state}}': of('vitrine_cassandra_connections') },
        },
      ],
      'The log, and PostgreSQL': [
        {
          title: 'Appends',
          description: 'Batches a second that the log made durable, and those that failed.',
          unit: 'cps',
          lines: {
            '{{job}} {{outcome}}': `sum by (job, outcome) (${rate('vitrine_log_append_duration_seconds_count')})`,
          },
        },
        {
          title: 'Connections to PostgreSQL',
          description: 'Connections that are busy or idle, and callers that wait for one.',
          unit: 'short',
          lines: { '{{pool}} {{state}}': `sum by (pool, state) (${of('vitrine_postgres_connections')})` },
        },
      ],
    },
  })
