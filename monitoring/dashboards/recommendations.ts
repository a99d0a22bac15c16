import { recommending, requests } from '../requests.ts'
import { dashboard, of, quantile, rate } from './parts.ts'

export const recommendationsBoard = () =>
  dashboard({
    name: 'recommendations',
    title: 'Recommendations',
    description: 'What lists are made of, how fast, from how many views, and what the ranker has learned.',
    rows: {
      Lists: [
        {
          title: 'Lists by state',
          description: 'Lists a second: complete, warming, or degraded where an engine was away.',
          unit: 'reqps',
          lines: { '{{state}}': `sum by (state) (${rate('vitrine_recommendations_total')})` },
        },
        {
          title: 'Items by source',
          description:
            'Items a second by the step of the chain that brought them. More than a few from the catalogue means that little is known.',
          unit: 'cps',
          lines: { '{{source}}': `sum by (source) (${rate('vitrine_recommended_items_total')})` },
        },
        {
          title: 'Time of a list',
          description: 'Until a list was answered, over all routes that give recommendations.',
          unit: 's',
          lines: {
            p50: quantile(0.5, requests, [], recommending),
            p99: quantile(0.99, requests, [], recommending),
          },
        },
        {
          title: 'Histories by where they were read',
          description:
            'Histories a second that were told from memory, and those for which the store was asked.',
          unit: 'reqps',
          lines: { '{{from}}': `sum by (from) (${rate('vitrine_history_answers_total')})` },
        },
      ],
      'In memory': [
        {
          title: 'Views, sessions and products',
          description: 'What each api holds in memory.',
          unit: 'short',
          lines: {
            '{{instance}} views': of('vitrine_index_views'),
            '{{instance}} sessions': of('vitrine_index_sessions'),
            '{{instance}} products': of('vitrine_index_products'),
          },
        },
        {
          title: 'Memory of the index',
          description: 'Bytes of the index in each api; that of strings is estimated.',
          unit: 'bytes',
          lines: { '{{instance}}': of('vitrine_index_bytes') },
        },
        {
          title: 'Catalogue',
          description: 'Products of the catalogue in each api.',
          unit: 'short',
          lines: { '{{instance}}': of('vitrine_catalogue_products') },
        },
      ],
      'The ranker': [
        {
          title: 'Hit rate of the lessons',
          description:
            'Share of the last 10,000 lessons whose product stood among the first 20, by learned and by first weights.',
          unit: 'percentunit',
          lines: { '{{weights}}': `max by (weights) (${of('vitrine_ranker_hit_rate')})` },
        },
        {
          title: 'Reciprocal rank of the lessons',
          description: 'Mean of 1/place over the last 10,000 lessons, by learned and by first weights.',
          unit: 'percentunit',
          lines: { '{{weights}}': `max by (weights) (${of('vitrine_ranker_reciprocal_rank')})` },
        },
        {
          title: 'Version of the weights',
          description: 'All api processes should show the same within half a minute.',
          unit: 'short',
          lines: { '{{instance}}': of('vitrine_ranker_version') },
        },
        {
          title: 'Who teaches',
          description: 'One process learns for all, unless the weights are frozen.',
          unit: 'short',
          lines: {
            '{{instance}} teaches': of('vitrine_ranker_teaching'),
            '{{instance}} frozen': of('vitrine_ranker_frozen'),
          },
        },
        {
          title: 'Weights',
          description: 'The weights that answers are made with.',
          unit: 'short',
          lines: { '{{feature}}': `max by (feature) (${of('vitrine_ranker_weight')})` },
        },
        {
          title: 'Lessons',
          description: 'Views a second that the ranker learns from.',
          unit: 'cps',
          lines: { lessons: `sum(${rate('vitrine_ranker_lessons_total')})` },
        },
      ],
    },
  })
