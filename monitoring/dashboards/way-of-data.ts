import { dashboard, of, quantile, rate } from './parts.ts'

export const wayOfData = () =>
  dashboard({
    name: 'way-of-data',
    title: 'Way of the data',
    description:
      'From the shop into the log, and on into the store and into answers: how much, how late, and what is left behind.',
    rows: {
      'Into the log': [
        {
          title: 'Views taken',
          description: 'Views a second that are durable in the log.',
          unit: 'cps',
          lines: { accepted: `sum(${rate('vitrine_views_accepted_total')})` },
        },
        {
          title: 'Views refused',
          description: 'Views a second that were refused, by the rule that refused them.',
          unit: 'cps',
          lines: { '{{reason}}': `sum by (reason) (${rate('vitrine_views_refused_total')})` },
        },
        {
          title: 'Time of an append, p99',
          description: 'Until the log has made a batch of records durable.',
          unit: 's',
          lines: {
            '{{job}} {{outcome}}': quantile(0.99, 'vitrine_log_append_duration_seconds', ['job', 'outcome']),
          },
        },
        {
          title: 'Requests refused for their key',
          description: 'Requests a second without a key that is good for them, by reason.',
          unit: 'reqps',
          lines: { '{{reason}}': `sum by (reason) (${rate('vitrine_requests_refused_total')})` },
        },
      ],
      'On into the store': [
        {
          title: 'Lag',
          description: 'Records that the loader has not carried on yet.',
          unit: 'short',
          lines: { '{{group}} {{topic}}': `sum by (group, topic) (${of('vitrine_log_lag_records')})` },
        },
        {
          title: 'Views loaded',
          description: 'Views a second that were written to the store.',
          unit: 'cps',
          lines: { loaded: `sum(${rate('vitrine_views_loaded_total')})` },
        },
        {
          title: 'From arrival to the store',
          description: 'How late a view can be read from its history.',
          unit: 's',
          lines: {
            p50: quantile(0.5, 'vitrine_view_to_store_seconds'),
            p99: quantile(0.99, 'vitrine_view_to_store_seconds'),
          },
        },
        {
          title: 'Dead letters',
          description: 'Records a second that could not be understood and were set aside, by reason.',
          unit: 'cps',
          lines: { '{{reason}}': `sum by (reason) (${rate('vitrine_dead_letters_total')})` },
        },
      ],
      'Into answers': [
        {
          title: 'From arrival to effect',
          description: 'How late a view counts in recommendations.',
          unit: 's',
          lines: {
            p50: quantile(0.5, 'vitrine_view_to_effect_seconds'),
            p99: quantile(0.99, 'vitrine_view_to_effect_seconds'),
          },
        },
        {
          title: 'Read since the start',
          description:
            'How much of what was in the log at its start an api has read; below 1 it answers from the rest of the chain.',
          unit: 'percentunit',
          lines: { '{{instance}}': of('vitrine_index_warm_ratio') },
        },
      ],
    },
  })
