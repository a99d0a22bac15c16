import { engines } from './engines.ts'
import { etlRuns } from './etl-runs.ts'
import { overview } from './overview.ts'
import { recommendationsBoard } from './recommendations.ts'
import { wayOfData } from './way-of-data.ts'

/** Grafana's JSON of each dashboard, by the name of its file. */
export function dashboardFiles(): Record<string, string> {
  const built = [overview(), wayOfData(), recommendationsBoard(), etlRuns(), engines()]
  return Object.fromEntries(
    built.map(one => [`${one.uid?.replace('vitrine-', '')}.json`, `${JSON.stringify(one, null, 2)}\n`]),
  )
}
