import { table } from '#internal/terminal/table.ts'
import { wrap } from '#internal/terminal/text.ts'
import { inWords, relative } from '#internal/terminal/times.ts'
import type { Column } from '#internal/terminal/table.ts'
import type { RunRecord } from '../resource/status.ts'
import type { Overview } from './overview.ts'

interface View {
  /** Epoch milliseconds. */
  readonly now: number
  /** Characters a line. */
  readonly width: number
}

/** EtlSchedules by name: how the last run ended, when the next is due, and below the table what is wrong. */
export function renderSchedules(overviews: readonly Overview[], { now, width }: View): string {
  const columns: readonly Column<Overview>[] = [
    { head: 'NAME', cell: ({ name }) => name },
    { head: 'PIPELINE', cell: ({ pipeline }) => pipeline ?? '?', goes: 1 },
    {
      head: 'LAST RUN',
      cell: overview => started(newestRun(overview), now),
      goes: 3,
    },
    { head: 'RESULT', cell: overview => newestRun(overview)?.result ?? '' },
    { head: 'ROWS', cell: overview => figure(newestRun(overview)?.rowsRead), align: 'right', goes: 2 },
    { head: 'NEXT', cell: overview => next(overview, now) },
  ]
  const byName = overviews.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  const notes = byName.flatMap(({ name, problems }) => problems.map(({ message }) => `${name}: ${message}`))
  return page(table(byName, columns, width), notes, width)
}

/** Runs, newest first, and below the table what those said that did not simply succeed. */
export function renderRuns(runs: readonly RunRecord[], { now, width }: View): string {
  const columns: readonly Column<RunRecord>[] = [
    { head: 'RUN', cell: ({ name }) => name },
    { head: 'STARTED', cell: ({ startTime }) => relative(Date.parse(startTime), now), goes: 6 },
    { head: 'TOOK', cell: run => took(run, now), align: 'right', goes: 3 },
    { head: 'BY', cell: ({ trigger }) => trigger, goes: 2 },
    { head: 'RESULT', cell: ({ result }) => result },
    { head: 'READ', cell: ({ rowsRead }) => figure(rowsRead), align: 'right', goes: 5 },
    { head: 'WRITTEN', cell: ({ rowsWritten }) => figure(rowsWritten), align: 'right', goes: 4 },
    { head: 'DELETED', cell: ({ rowsDeleted }) => figure(rowsDeleted), align: 'right', goes: 1 },
  ]
  const notes = runs.flatMap(({ name, result, message }) =>
    message === undefined || result === 'Succeeded' ? [] : [`${name}: ${message}`],
  )
  return page(table(runs, columns, width), notes, width)
}

/** How a run ended, in one sentence: `Succeeded in 12 s: 1,203 rows read, 2,218 written, 0 deleted`. */
export function sayRun(run: RunRecord, now: number): string {
  const { result, rowsRead, rowsWritten, rowsDeleted, message } = run
  const rows = [
    [rowsRead, 'rows read'],
    [rowsWritten, 'written'],
    [rowsDeleted, 'deleted'],
  ] as const
  const figures = rows.flatMap(([count, what]) => (count === undefined ? [] : [`${figure(count)} ${what}`]))
  const said = [figures.join(', '), message ?? ''].filter(text => text !== '')
  return [`${result} ${result === 'Running' ? 'for' : 'in'} ${took(run, now)}`, ...said].join(': ')
}

function page(lines: readonly string[], notes: readonly string[], width: number): string {
  const said = notes.flatMap(note => wrap(note.replace(/\s+/g, ' ').trim(), width))
  return [...lines, ...(said.length > 0 ? ['', ...said] : [])].join('\n')
}

/** One under way shows before one that has ended. */
const newestRun = ({ active, lastRun }: Overview) => active[0] ?? lastRun

const started = (run: RunRecord | null, now: number) =>
  run ? relative(Date.parse(run.startTime), now) : 'never'

function next({ suspended, nextScheduleTimes: [time] }: Overview, now: number): string {
  if (suspended) return 'suspended'
  return time === undefined ? '' : relative(Date.parse(time), now)
}

const took = ({ startTime, endTime }: RunRecord, now: number) =>
  inWords((endTime === undefined ? now : Date.parse(endTime)) - Date.parse(startTime))

const figure = (count: number | undefined) => count?.toLocaleString('en-US') ?? ''
