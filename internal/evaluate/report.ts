import type { Evaluation } from './evaluation.ts'

/** An evaluation with where its views came from: what is printed, and written as JSON. */
export interface Report extends Evaluation {
  readonly file: string
  readonly input: {
    readonly lines: number
    /** Lines left out, by reason. */
    readonly refused: Readonly<Record<string, number>>
    /** Views that were there already, with the same message id and time. */
    readonly repeats: number
  }
  /** Times in RFC 3339: of the first and the last view, and where the past ends. */
  readonly from: string
  readonly to: string
  readonly split: string
}

/** "12,345" */
export function wholes(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 0 })
}

/** Three digits are enough: "1,234", "66.8", "0.57". */
export function threeDigits(value: number): string {
  return value >= 100 ? wholes(value) : value.toPrecision(3)
}

/** "66.6 %" */
export function percents(value: number): string {
  return `${(value * 100).toFixed(1)} %`
}

/** "+0.012" */
export function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`
}

/** "2026-11-01 10:00 UTC" */
function moment(time: string): string {
  return `${time.slice(0, 16).replace('T', ' ')} UTC`
}

/** Is a difference beyond what chance alone gives? Its interval does not hold zero. */
export function isClear({ low, high }: { low: number; high: number }): boolean {
  return low > 0 || high < 0
}

/** The sentences that say what was done with which views. */
export function summaryOf(report: Report): string[] {
  const { data, options, input } = report
  const refused = Object.entries(input.refused)
  const left = [
    ...refused.map(([reason, lines]) => `${wholes(lines)} ${reason}`),
    ...(input.repeats > 0 ? [`${wholes(input.repeats)} repeated`] : []),
  ]
  return [
    `${wholes(data.views)} views by ${wholes(data.users)} users of ${wholes(data.products)} products, from ${moment(report.from)} to ${moment(report.to)}${left.length > 0 ? ` (left out: ${left.join(', ')})` : ''}.`,
    `${wholes(data.pastViews)} views of visits that began before ${moment(report.split)} are the past. Of the later visits, ${wholes(data.askedSessions)} gave ${wholes(data.questions)} questions: what is looked at next? Lists hold ${options.limit} products${options.excludeSeen ? ', none of them seen in the visit' : ''}.`,
    options.learn
      ? 'Each view is learned from as soon as it was asked about, as in a running service.'
      : 'Nothing is learned after the past.',
  ]
}
