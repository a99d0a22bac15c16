/** What stands on a plot's axis. */
export interface Axis {
  readonly from: number
  readonly to: number
  readonly ticks: readonly { readonly at: number; readonly label: string }[]
  readonly logarithmic?: boolean
}

export interface Point {
  readonly at: number
  /** Which of the methods' colours. */
  readonly colour: number
  /** A whisker through the point. */
  readonly low?: number
  readonly high?: number
}

export interface Row {
  readonly label: string
  readonly points: readonly Point[]
  /** Stands at the end of the row. */
  readonly note?: string
}

export interface Curve {
  readonly label: string
  readonly colour: number
  /** One for each place, the first at place 1. */
  readonly values: readonly number[]
}

const width = 720
const left = 170
const right = 100
const rowHeight = 34
const top = 10

export function escapeHtml(text: string): string {
  const names: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
  return text.replace(/[&<>"]/g, character => names[character] as string)
}

/** An axis from 0 (or below, down to `from`) that holds all values, with a handful of round ticks. */
export function axisOf(values: readonly number[], label: (value: number) => string, from = 0): Axis {
  const least = Math.min(from, ...values)
  const most = Math.max(0, ...values)
  const step = roundStep((most - least || 1) / 5)
  const first = Math.floor(least / step + 1e-9)
  const last = Math.max(first + 1, Math.ceil(most / step - 1e-9))
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step)
  return { from: first * step, to: last * step, ticks: ticks.map(at => ({ at, label: label(at) })) }
}

/** An axis of powers of ten that holds all values, which must be above 0. */
export function logarithmicAxis(values: readonly number[], label: (value: number) => string): Axis {
  const first = Math.floor(Math.log10(Math.min(...values)))
  const last = Math.max(first + 1, Math.ceil(Math.log10(Math.max(...values))))
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index))
  return {
    from: 10 ** first,
    to: 10 ** last,
    logarithmic: true,
    ticks: ticks.map(at => ({ at, label: label(at) })),
  }
}

/** A dot plot: a row for each thing, its points along one axis. */
export function rowPlot(title: string, rows: readonly Row[], axis: Axis): string {
  const bottom = top + rows.length * rowHeight
  const x = scale(axis, left, width - right)
  const grid = axis.ticks.map(
    ({ at, label }) =>
      `<line class="${at === 0 ? 'zero' : 'grid'}" x1="${x(at)}" x2="${x(at)}" y1="${top}" y2="${bottom}"/>` +
      `<text class="tick" x="${x(at)}" y="${bottom + 18}" text-anchor="middle">${escapeHtml(label)}</text>`,
  )
  const body = rows.map(({ label, points, note }, index) => {
    const y = top + (index + 0.5) * rowHeight
    return (
      `<text x="${left - 12}" y="${y + 4}" text-anchor="end">${escapeHtml(label)}</text>` +
      points.map(point => dot(point, x, y)).join('') +
      (note === undefined
        ? ''
        : `<text class="note" x="${width - right + 12}" y="${y + 4}">${escapeHtml(note)}</text>`)
    )
  })
  return svg(title, bottom + 26, [...grid, ...body])
}

function dot({ at, colour, low, high }: Point, x: (value: number) => string, y: number): string {
  const whisker =
    low === undefined || high === undefined
      ? ''
      : `<line class="whisker c${colour}" x1="${x(low)}" x2="${x(high)}" y1="${y}" y2="${y}"/>`
  return `${whisker}<circle class="c${colour}" cx="${x(at)}" cy="${y}" r="5"/>`
}

/** Curves over the places of a list. */
export function curvePlot(title: string, curves: readonly Curve[], axis: Axis): string {
  const bottom = 280
  const places = Math.max(2, ...curves.map(({ values }) => values.length))
  const x = scale({ from: 1, to: places }, 60, width - 30)
  const y = scale(axis, bottom, top)
  const horizontal = axis.ticks.map(
    ({ at, label }) =>
      `<line class="${at === 0 ? 'zero' : 'grid'}" x1="60" x2="${width - 30}" y1="${y(at)}" y2="${y(at)}"/>` +
      `<text class="tick" x="52" y="${Number(y(at)) + 4}" text-anchor="end">${escapeHtml(label)}</text>`,
  )
  const step = Math.ceil(places / 10)
  const marks = Array.from({ length: places }, (_, index) => index + 1)
    .filter(place => place === 1 || place % step === 0)
    .map(
      place => `<text class="tick" x="${x(place)}" y="${bottom + 20}" text-anchor="middle">${place}</text>`,
    )
  const lines = curves.map(({ colour, values }) => {
    const points = values.map((value, index) => `${x(index + 1)},${y(value)}`).join(' ')
    return `<polyline class="curve c${colour}" points="${points}"/>`
  })
  return svg(title, bottom + 28, [...horizontal, ...marks, ...lines])
}

function svg(title: string, height: number, parts: readonly string[]): string {
  return (
    `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(title)}">` +
    `<title>${escapeHtml(title)}</title>${parts.join('')}</svg>`
  )
}

function scale(axis: Pick<Axis, 'from' | 'to' | 'logarithmic'>, start: number, end: number) {
  const measure = axis.logarithmic ? Math.log : (value: number) => value
  const from = measure(axis.from)
  const span = measure(axis.to) - from
  return (value: number): string => (start + ((measure(value) - from) / span) * (end - start)).toFixed(1)
}

/** The smallest of 1, 2, 5, 10, … times a power of ten that is at least the wish. */
function roundStep(wish: number): number {
  const power = 10 ** Math.floor(Math.log10(wish))
  const factor = [1, 2, 5, 10].find(candidate => candidate * power >= wish * (1 - 1e-9)) ?? 10
  return factor * power
}
