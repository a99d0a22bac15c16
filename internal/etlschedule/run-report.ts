import { z } from 'zod'

/** What Kubernetes keeps of a container's termination message, in bytes. */
export const maxReportBytes = 4_096

const time = z.iso.datetime()
const count = z.int().min(0)

const runReport = z.object({
  pipeline: z.enum(['orders', 'products']).optional(),
  result: z.enum(['Succeeded', 'Failed', 'Refused', 'Skipped']),
  startTime: time,
  endTime: time,
  seconds: z.number().min(0),
  rowsRead: count,
  rowsWritten: count,
  rowsDeleted: count,
  watermark: time.optional(),
  /** For people: why it failed or was refused, what was left out. */
  message: z.string().max(maxReportBytes).optional(),
  traceId: z
    .string()
    .regex(/^[0-9a-f]{32}$/)
    .optional(),
})

/**
 * What a run tells at its end, as its container's termination message. Times are RFC 3339 in UTC with whole seconds, as
 * Kubernetes writes them; a run whose settings could not be read has no pipeline.
 */
export type RunReport = z.output<typeof runReport>

/** The report as JSON of at most {@link maxReportBytes}: a message that is too long for it ends in "…". */
export function encodeRunReport(report: RunReport): string {
  const whole = JSON.stringify(report)
  if (Buffer.byteLength(whole) <= maxReportBytes) return whole
  const characters = Array.from(report.message ?? '')
  const cutTo = (length: number) =>
    JSON.stringify({ ...report, message: `${characters.slice(0, length).join('')}…` })
  let [fits, tooLong] = [0, characters.length]
  while (tooLong - fits > 1) {
    const middle = Math.floor((fits + tooLong) / 2)
    if (Buffer.byteLength(cutTo(middle)) <= maxReportBytes) fits = middle
    else tooLong = middle
  }
  return cutTo(fits)
}

/** Reads a termination message; `null` when it is no report, such as the end of a log. */
export function decodeRunReport(text: string): RunReport | null {
  try {
    return runReport.parse(JSON.parse(text))
  } catch {
    return null
  }
}

/** Epoch milliseconds as Kubernetes writes times. */
export function toTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')
}
