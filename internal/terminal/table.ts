import { grid } from './text.ts'

export interface Column<T> {
  readonly head: string
  readonly cell: (item: T) => string
  readonly align?: 'left' | 'right'
  /** Where the table is too wide, columns go whole, the lowest number first; without one a column always stays. */
  readonly goes?: number
}

/** A table of whole cells that fits `width` characters as far as columns may go. */
export function table<T>(items: readonly T[], columns: readonly Column<T>[], width: number): string[] {
  const lines = grid(
    [columns.map(({ head }) => head), ...items.map(item => columns.map(({ cell }) => cell(item)))],
    columns.map(({ align = 'left' }) => align),
  )
  const [next] = columns
    .filter(({ goes }) => goes !== undefined)
    .sort((a, b) => Number(a.goes) - Number(b.goes))
  if (next === undefined || lines.every(({ length }) => length <= width)) return lines
  return table(
    items,
    columns.filter(column => column !== next),
    width,
  )
}
