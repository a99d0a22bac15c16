import { writeFileSync } from 'node:fs'
import { encodeRunReport, toTime } from '#internal/etlschedule/run-report.ts'
import type { RunReport as TerminationReport } from '#internal/etlschedule/run-report.ts'
import type { RunReport } from '#internal/orders/store.ts'

/** Done, or another run does it. */
const done = 0
/** Another try may succeed with nobody changing anything. */
const tryAgain = 1
/** A person must look first. */
const giveUp = 2

export function exitCodeOf({ result, retryable }: Pick<RunReport, 'result' | 'retryable'>): number {
  if (result === 'Succeeded' || result === 'Skipped') return done
  return result === 'Failed' && retryable !== false ? tryAgain : giveUp
}

/** Where a run's container tells how it ended. */
export interface TerminationMessage {
  write(report: RunReport): void
  /** For a run that failed before it had a report, or may be killed before. */
  writeFailure(message: string): void
}

/** Writes to the file at `path`, each time in the place of what stood there; without a path, nothing. */
export function openTerminationMessage(path: string | undefined, startedAt: number): TerminationMessage {
  const put = (report: TerminationReport) => {
    if (!path) return
    try {
      writeFileSync(path, encodeRunReport(report))
    } catch (error) {
      process.stderr.write(`could not write the report to ${path}: ${(error as Error).message}\n`)
    }
  }
  return {
    write: report => put(toTerminationReport(report)),
    writeFailure(message) {
      const now = Date.now()
      put({
        result: 'Failed',
        startTime: toTime(startedAt),
        endTime: toTime(now),
        seconds: (now - startedAt) / 1_000,
        rowsRead: 0,
        rowsWritten: 0,
        rowsDeleted: 0,
        message,
      })
    },
  }
}

function toTerminationReport(report: RunReport): TerminationReport {
  const { pipeline, result, seconds, rowsRead, rowsWritten, rowsDeleted, watermark, message, traceId } =
    report
  return {
    pipeline,
    result,
    startTime: toTime(report.startedAt),
    endTime: toTime(report.finishedAt),
    seconds,
    rowsRead,
    rowsWritten,
    rowsDeleted,
    ...(watermark !== null && { watermark: toTime(Date.parse(watermark)) }),
    ...(message !== '' && { message }),
    ...(traceId !== undefined && { traceId }),
  }
}
