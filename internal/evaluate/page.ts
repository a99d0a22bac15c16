import { colours, pageStyle } from './page-style.ts'
import { axisOf, curvePlot, escapeHtml, logarithmicAxis, rowPlot } from './plots.ts'
import { isClear, percents, signed, summaryOf, threeDigits } from './report.ts'
import { segmentGroups } from './tally.ts'
import type { Measured, MethodResult } from './evaluation.ts'
import type { Report } from './report.ts'
import type { SegmentGroup } from './tally.ts'

/** The report as one HTML page that needs nothing else: no scripts, no fonts, no requests. */
export function renderPage(report: Report): string {
  const { methods, file } = report
  const title = `Which product comes next? ${file}`
  const sections = [
    answer(report),
    quality(methods),
    places(report),
    differences(methods),
    ...(Object.keys(segmentGroups) as SegmentGroup[]).map(group => segments(group, methods)),
    breadth(methods),
    latency(methods),
    numbers(methods),
    states(methods),
    words(report),
  ]
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${pageStyle}</style>
</head>
<body>
${sections.join('\n')}
</body>
</html>
`
}

const colourOf = (index: number) => index % colours

function answer(report: Report): string {
  const { methods, options } = report
  const items = methods.map(
    ({ name, hitRate }, index) =>
      `<li class="c${colourOf(index)}"><b>${(hitRate.value * 100).toFixed(0)} of 100</b>` +
      `<span>${escapeHtml(name)}, ${percents(hitRate.low)} to ${percents(hitRate.high)}</span></li>`,
  )
  return `<h1>Which product comes next?</h1>
<p class="lead">Visitors of ${escapeHtml(report.file)} looked at one product after another. Before each next one, every method
named ${options.limit} products. How often was the next one among them?</p>
<ul class="answer">${items.join('')}</ul>
${summaryOf(report)
  .map(sentence => `<p class="soft">${escapeHtml(sentence)}</p>`)
  .join('\n')}`
}

function section(title: string, caption: string, body: string): string {
  return `<h2>${escapeHtml(title)}</h2>\n<figure><figcaption>${escapeHtml(caption)}</figcaption>\n${body}\n</figure>`
}

function legend(methods: readonly MethodResult[]): string {
  const items = methods.map(
    ({ name }, index) => `<li class="c${colourOf(index)}"><i></i><span>${escapeHtml(name)}</span></li>`,
  )
  return `<ul class="legend">${items.join('')}</ul>`
}

/** A row a method, with its interval. */
function measuredPlot(
  title: string,
  methods: readonly MethodResult[],
  of: (method: MethodResult) => Measured | undefined,
  label: (value: number) => string,
  tick: (value: number) => string,
): string {
  const rows = methods.flatMap((method, index) => {
    const measured = of(method)
    if (!measured) return []
    const { value, low, high } = measured
    return [
      { label: method.name, points: [{ at: value, low, high, colour: colourOf(index) }], note: label(value) },
    ]
  })
  const values = rows.flatMap(({ points }) => points.flatMap(({ low, high }) => [low, high]))
  return rowPlot(title, rows, axisOf(values, tick))
}

/** As few digits as tell a tick from its neighbours. */
const fine = (value: number) => String(Number(value.toFixed(4)))
const wholePercents = (value: number) => `${Math.round(value * 100)} %`

function quality(methods: readonly MethodResult[]): string {
  return (
    section(
      'How often the next product is in the list',
      'Hit rate. The bar through each dot holds the true value with 95 % probability.',
      measuredPlot('Hit rate of each method', methods, ({ hitRate }) => hitRate, percents, wholePercents),
    ) +
    section(
      'How far up it stands',
      'MRR, the mean of 1 / place: 1 when the next product always comes first, 0.5 when always second. Few visitors look at the end of a list.',
      measuredPlot(
        'MRR of each method',
        methods,
        ({ mrr }) => mrr,
        value => value.toFixed(3),
        fine,
      ),
    )
  )
}

function places({ methods }: Report): string {
  const curves = methods.map(({ name, hitRateAt }, index) => ({
    label: name,
    colour: colourOf(index),
    values: hitRateAt,
  }))
  const axis = axisOf(
    curves.flatMap(({ values }) => values),
    wholePercents,
  )
  return section(
    'If the page shows fewer products',
    'How often the next product is among the first 1, 2, 3, … of the list: read off the curve at as many products as your page has room for.',
    legend(methods) + curvePlot('Hit rate by length of the list', curves, axis),
  )
}

function differences(methods: readonly MethodResult[]): string {
  const [first] = methods
  if (!first || methods.length < 2) return ''
  return section(
    `Against ${first.name}`,
    `Hit rate minus that of ${first.name}, on the same visits. A bar that does not touch the zero line is more than chance.`,
    measuredPlot(
      `Difference in hit rate to ${first.name}`,
      methods,
      ({ difference }) => difference?.hitRate,
      signed,
      fine,
    ),
  )
}

const segmentTitles: Readonly<Record<SegmentGroup, readonly [string, string]>> = {
  length: ['By how much of the visit is known', 'Hit rate after the visitor has looked at so many products.'],
  next: [
    'By whether the next product is new to the visitor',
    'Hit rate when the visitor returns to a product of this visit, and when the product is new in it.',
  ],
  fame: [
    'By how well known the next product is',
    'Hit rate when the next product is among the fifth that was viewed most before, among the rest, or was not viewed before at all.',
  ],
}

function segments(group: SegmentGroup, methods: readonly MethodResult[]): string {
  const found = (methods[0]?.segments ?? []).filter(segment => segment.group === group)
  const rows = found.map(({ name, questions }) => ({
    label: name,
    note: `${questions.toLocaleString('en-US')} times`,
    points: methods.flatMap(({ segments: all }, index) => {
      const same = all.find(segment => segment.group === group && segment.name === name)
      return same ? [{ at: same.hitRate, colour: colourOf(index) }] : []
    }),
  }))
  const axis = axisOf(
    rows.flatMap(({ points }) => points.map(({ at }) => at)),
    wholePercents,
  )
  const [title, caption] = segmentTitles[group]
  return section(title, caption, legend(methods) + rowPlot(title, rows, axis))
}

function breadth(methods: readonly MethodResult[]): string {
  const plot = (
    title: string,
    of: (method: MethodResult) => number,
    label: (value: number) => string,
    tick: (value: number) => string,
  ) => {
    const rows = methods.map((method, index) => ({
      label: method.name,
      points: [{ at: of(method), colour: colourOf(index) }],
      note: label(of(method)),
    }))
    return rowPlot(title, rows, axisOf([1], tick))
  }
  return (
    section(
      'How much of the catalogue is shown',
      'Coverage: the share of the products that were recommended to anybody at all.',
      plot('Coverage', ({ coverage }) => coverage, percents, wholePercents),
    ) +
    section(
      'How evenly it is shown',
      'Gini coefficient of how often each product was recommended: 0 when all products get the same, 1 when one gets everything.',
      plot(
        'Gini coefficient',
        ({ popularity }) => popularity.gini,
        value => value.toFixed(2),
        fine,
      ),
    )
  )
}

function latency(methods: readonly MethodResult[]): string {
  const least = 0.001
  const rows = methods.map(({ name, latencyMs }, index) => {
    const [low, high] = [Math.max(least, latencyMs.p50), Math.max(least, latencyMs.p99)]
    return {
      label: name,
      points: [{ at: low, low, high, colour: colourOf(index) }],
      note: `p99 ${latencyMs.p99.toFixed(2)}`,
    }
  })
  const axis = logarithmicAxis(
    rows.flatMap(({ points }) => points.flatMap(({ low, high }) => [low, high])),
    value => `${value} ms`,
  )
  return section(
    'How long an answer takes',
    'Milliseconds for one list, on the machine of this evaluation. The dot: half of the answers take no longer. The end of its bar: 99 of 100 take no longer.',
    rowPlot('Latency of each method', rows, axis),
  )
}

function numbers(methods: readonly MethodResult[]): string {
  const heads = [
    'method',
    'hit rate',
    'MRR',
    'NDCG',
    'coverage',
    'ARP',
    'Gini',
    'p50 ms',
    'p99 ms',
    'not full',
  ]
  const measured = ({ value, low, high }: Measured) =>
    `${value.toFixed(4)}<small>${low.toFixed(3)} to ${high.toFixed(3)}</small>`
  const rows = methods.map(method => {
    const { popularity, latencyMs } = method
    const cells = [
      escapeHtml(method.name),
      measured(method.hitRate),
      measured(method.mrr),
      measured(method.ndcg),
      method.coverage.toFixed(3),
      `${threeDigits(popularity.arp)}<small>${percents(popularity.arpShare)} of the top</small>`,
      popularity.gini.toFixed(3),
      latencyMs.p50.toFixed(3),
      latencyMs.p99.toFixed(3),
      String(method.lists.short),
    ]
    return `<tr>${cells.map(cell => `<td>${cell}</td>`).join('')}</tr>`
  })
  const head = heads.map(name => `<th scope="col">${name}</th>`).join('')
  return `<h2>All figures</h2>
<div class="table"><table><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></div>
${differenceTable(methods)}`
}

function differenceTable(methods: readonly MethodResult[]): string {
  const [first, ...others] = methods
  if (!first || others.length === 0) return ''
  const cell = (measured: Measured) =>
    `<td>${signed(measured.value)}${isClear(measured) ? ' *' : ''}<small>${signed(measured.low)} to ${signed(measured.high)}</small></td>`
  const rows = others.flatMap(({ name, difference }) =>
    difference
      ? [
          `<tr><td>${escapeHtml(name)}</td>${[difference.hitRate, difference.mrr, difference.ndcg].map(cell).join('')}</tr>`,
        ]
      : [],
  )
  return `<div class="table"><table><thead><tr><th scope="col">minus ${escapeHtml(first.name)}</th><th scope="col">hit rate</th><th scope="col">MRR</th><th scope="col">NDCG</th></tr></thead><tbody>${rows.join('')}</tbody></table></div>
<p class="soft">* more than chance alone would give. Intervals: 95 %, by drawing whole visits 1,000 times.</p>`
}

function states(methods: readonly MethodResult[]): string {
  return methods
    .flatMap(({ name, state }) =>
      state
        ? [
            `<h2>What ${escapeHtml(name)} has learned</h2><pre>${escapeHtml(JSON.stringify(state, null, 2))}</pre>`,
          ]
        : [],
    )
    .join('\n')
}

function words({ options }: Report): string {
  const terms: readonly (readonly [string, string])[] = [
    ['Visit', 'a run of one visitor’s views with less than 30 minutes between one and the next.'],
    ['Hit rate', `share of the questions whose next product is among the ${options.limit} recommended.`],
    ['MRR', 'mean reciprocal rank: the mean of 1 / place of the next product, 0 when it is not in the list.'],
    ['NDCG', 'like MRR, but a lower place costs less: the mean of 1 / log2(place + 1).'],
    [
      'ARP',
      'average recommendation popularity: how often, on average, the recommended products had been viewed before.',
    ],
    [
      '95 %',
      'another sample of visitors like these would give a value within these bounds 19 times out of 20.',
    ],
    ['vitrine', 'what Vitrine’s api answers, from the views alone: its weights are learned from them.'],
    ['popularity', 'the same most viewed products for everybody.'],
    ['co-visitation', 'products that others looked at in the same visit.'],
    ['vmis-knn', 'products of the past visits that are most like this one.'],
  ]
  const list = terms.map(([term, meaning]) => `<dt>${term}</dt><dd>${meaning}</dd>`).join('')
  return `<h2>What the words mean</h2>\n<dl>${list}</dl>
<p class="soft">A visitor can only look at what a shop shows: this tells which method foresees what visitors do anyway,
not how much more they would buy. For that, compare methods on live visitors.</p>`
}
