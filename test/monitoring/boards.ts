import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'

const folder = 'charts/vitrine/dashboards'

/** A dashboard, as far as tests look at it. */
export interface Board {
  readonly title: string
  readonly uid: string
  readonly description: string
  readonly editable: boolean
  readonly templating: { readonly list: readonly Variable[] }
  readonly panels: readonly Panel[]
}

export interface Panel {
  readonly type: string
  readonly title: string
  readonly description?: string
  readonly datasource?: { readonly uid: string }
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } }
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[]
}

export interface Variable {
  readonly name: string
  readonly type: string
  readonly multi?: boolean
  readonly allValue?: string
  readonly refresh?: number
  readonly datasource?: { readonly uid: string }
}

/** All dashboards of the chart. */
export async function readBoards(): Promise<Board[]> {
  const names = await readdir(folder)
  return Promise.all(names.map(async name => JSON.parse(await readFile(join(folder, name), 'utf8')) as Board))
}

export const panelsOf = ({ panels }: Board) => panels.filter(({ type }) => type !== 'row')

/** What dashboards ask for, each with where it is shown. */
export const targetsOf = (boards: readonly Board[]) =>
  boards.flatMap(board =>
    panelsOf(board).flatMap(({ title, targets = [] }) =>
      targets.map(({ expr, legendFormat }) => ({ where: `${board.title}: ${title}`, expr, legendFormat })),
    ),
  )
