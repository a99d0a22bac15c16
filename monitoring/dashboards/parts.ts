import {
  LegendDisplayMode,
  LegendPlacement,
  SortOrder,
  TooltipDisplayMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common'
import {
  DashboardBuilder,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus'
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/timeseries'
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard'

const datasource = { type: 'prometheus', uid: '${datasource}' }

/** One picture: what it shows, in which unit of Grafana's, and its lines, each by the legend of its series. */
export interface Picture {
  readonly title: string
  readonly description: string
  readonly unit: 'reqps' | 'cps' | 's' | 'bytes' | 'percentunit' | 'short' | 'bool'
  /** Legend to expression. */
  readonly lines: Readonly<Record<string, string>>
}

/** A dashboard from rows of pictures, two beside one another. */
export function dashboard(options: {
  name: string
  title: string
  description: string
  rows: Readonly<Record<string, readonly Picture[]>>
}): Dashboard {
  const { name, title, description, rows } = options
  const built = new DashboardBuilder(`Vitrine / ${title}`)
    .uid(`vitrine-${name}`)
    .description(description)
    .tags(['vitrine'])
    .readonly()
    .refresh('30s')
    .time({ from: 'now-1h', to: 'now' })
    .withVariable(new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'))
  const labels = ['namespace', 'job', 'instance'] as const
  for (const [n, label] of labels.entries()) {
    const before = labels.slice(0, n).map(one => `${one}=~"$${one}"`)
    built.withVariable(
      new QueryVariableBuilder(label)
        .label(label)
        .datasource(datasource)
        .query(`label_values(vitrine_build_info{${before.join(',')}}, ${label})`)
        .refresh(VariableRefresh.OnTimeRangeChanged)
        .multi(true)
        .includeAll(true)
        // Also where no Kubernetes gives a namespace; the other two every scrape has.
        .allValue(label === 'namespace' ? '.*' : '.+')
        .current({ text: 'All', value: '$__all' }),
    )
  }
  let id = 0
  for (const [row, pictures] of Object.entries(rows)) {
    built.withRow(new RowBuilder(row).id(++id))
    for (const picture of pictures) built.withPanel(panel(++id, picture))
  }
  return built.build()
}

function panel(id: number, { title, description, unit, lines }: Picture): PanelBuilder {
  const built = new PanelBuilder()
    .id(id)
    .title(title)
    .description(description)
    .unit(unit)
    .min(0)
    .datasource(datasource)
    .height(8)
    .span(12)
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending))
  for (const [legend, expression] of Object.entries(lines)) {
    built.withTarget(new DataqueryBuilder().expr(expression).legendFormat(legend).datasource(datasource))
  }
  return built
}

/** Series of the processes that the variables choose. */
export const of = (metric: string, matchers = '') =>
  `${metric}{namespace=~"$namespace",job=~"$job",instance=~"$instance"${matchers === '' ? '' : `,${matchers}`}}`

/** A counter's increase a second. */
export const rate = (counter: string, matchers = '') => `rate(${of(counter, matchers)}[$__rate_interval])`

/** A part of a whole, 0 where there is a whole and no part: a panel without a line says nothing. */
export const partOf = (whole: string, part: string) => `${part} or 0 * ${whole}`

/** A quantile of a histogram, by labels. */
export function quantile(q: number, histogram: string, by: readonly string[] = [], matchers = ''): string {
  return `histogram_quantile(${q}, sum by (${['le', ...by].join(', ')}) (${rate(`${histogram}_bucket`, matchers)}))`
}
